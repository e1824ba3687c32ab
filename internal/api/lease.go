package api

import (
	"context"
	"errors"
	"time"

	"billferry/internal/integration"
)

// leaseCheck is how often a request that goes on asks whether its key is still
// there: so long after revoking it, at most, it hears more.
const leaseCheck = 2 * time.Second

// lease returns a context that ends when the caller's token ends or its key is
// revoked. A stream is let in once and would go on for days otherwise. The
// caller of lease calls cancel.
func (g *authenticator) lease(ctx context.Context, who caller) (leased context.Context, cancel context.CancelFunc) {
	ctx, cancel = context.WithCancel(ctx)
	go func() {
		defer cancel()
		over, check := time.NewTimer(who.Ends.Sub(g.now())), time.NewTicker(leaseCheck)
		defer over.Stop()
		defer check.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-over.C:
				return
			case <-check.C:
				// A store that cannot be read now says nothing of the key.
				if _, err := g.keys.Key(ctx, who.ID); errors.Is(err, integration.ErrNotFound) {
					return
				}
			}
		}
	}()
	return ctx, cancel
}
