package service

import "context"

type verbatimKey struct{}

// WithVerbatim marks calls of clients of m3ter's surface: a mapping is kept as
// it was sent, and that the destination has no such record is noted in it
// instead of refused.
func WithVerbatim(ctx context.Context) context.Context {
	return context.WithValue(ctx, verbatimKey{}, true)
}

// Verbatim tells whether a call is one of those.
func Verbatim(ctx context.Context) bool { return ctx.Value(verbatimKey{}) != nil }
