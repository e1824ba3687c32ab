package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"billferry/internal/integration"
)

// errNotCalled is what a call gives that was not made after all.
var errNotCalled = errors.New("nothing was sent")

// line is where a call waits for its slot.
type line bool

const (
	inTurn line = false
	ahead  line = true // of all who wait
)

// call makes a call with a slot of the account, which it gives back whatever
// happens: a panic would else take it for ever. The error is that of ctx while
// there was no slot, or what do gives; errNotCalled says nothing of the account.
func (g *governor) call(ctx context.Context, at line, do func() error) error {
	ticket, err := g.slot(ctx, at)
	if err != nil {
		return err
	}
	a, after := unclear, time.Duration(0)
	defer func() { g.release(ticket, a, after) }()
	switch err = do(); {
	case err == nil:
		a = served
		g.hear()
	case !errors.Is(err, errNotCalled):
		f := failure(err)
		a, after = answerOf(f), f.After
		if !slices.Contains(silentCauses, f.Cause) {
			g.hear()
		}
	}
	return err
}

// hear notes that the account answered, if only to refuse.
func (g *governor) hear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = g.now()
}

// answerOf tells what a failure says about the pace.
func answerOf(f *integration.Failure) answer {
	switch f.Class {
	case integration.ClassLoad:
		return refused
	case integration.ClassTransient, integration.ClassAuth:
		return unclear
	}
	return served
}
