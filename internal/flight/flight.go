// Package flight lets many who ask for one thing at once share one call, and
// keeps answers for a time.
package flight

import (
	"context"

	"golang.org/x/sync/singleflight"
)

// Group shares calls by key. The zero value is ready.
type Group[V any] struct{ g singleflight.Group }

// outcome is how a call ended.
type outcome[V any] struct {
	v        V
	err      error
	panicked any
}

// Do answers what fn answers, or another call of the same key that is under way.
// Who waits for another's call may give up (ctx); the call goes on. A panic of
// fn is one of everybody who waits for it, and of nobody later.
func (g *Group[V]) Do(ctx context.Context, key string, fn func() (V, error)) (V, error) {
	ch := g.g.DoChan(key, func() (any, error) {
		var o outcome[V]
		func() {
			defer func() { o.panicked = recover() }()
			o.v, o.err = fn()
		}()
		return o, nil
	})
	select {
	case r := <-ch:
		o := r.Val.(outcome[V])
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.v, o.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}
