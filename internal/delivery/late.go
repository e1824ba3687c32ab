package delivery

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"billferry/internal/integration"
)

// lateAtOnce is how many runs are made due at once, so that they share commits.
const lateAtOnce = 64

// requeueLate makes due what is put off farther than any wait is long: it was written
// while the clock was ahead, which has been set back since. It is called at the
// start and when the clock goes back; due sees to what is left while a queue is
// idle. The time budget of such a run begins anew, as it was counted from then.
func (e *Engine) requeueLate(ctx context.Context) error {
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return err
	}
	for _, in := range ins {
		_, next, err := e.o.Ledger.DueFor(ctx, in.ID, e.o.Now().Add(farthest), 1)
		if err != nil {
			return err
		}
		if next.IsZero() {
			continue // nothing lies beyond: most often there is nothing to read
		}
		ids, err := e.late(ctx, in.ID)
		if err != nil {
			return err
		}
		var n atomic.Int64
		var all errgroup.Group
		all.SetLimit(lateAtOnce)
		for _, id := range ids {
			all.Go(func() error {
				done, err := e.makeDue(ctx, id)
				if done {
					n.Add(1)
				}
				return err
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
		e.log.Warn("runs were put off while the clock was ahead; they go on now", "integration", in.ID, "runs", n.Load())
	}
	return nil
}

// late lists the runs of an integration that are put off that far.
func (e *Engine) late(ctx context.Context, integrationID string) (ids []string, err error) {
	f := integration.RunFilter{IntegrationID: integrationID, Statuses: []integration.Status{integration.AwaitingRetry, integration.RateLimitRetry}}
	for token := ""; ; {
		p, err := e.o.Ledger.Runs(ctx, f, token, page)
		if err != nil {
			return nil, err
		}
		for i := range p.Runs {
			if e.isLate(&p.Runs[i]) {
				ids = append(ids, p.Runs[i].ID)
			}
		}
		if token = p.Next; token == "" {
			return ids, nil
		}
	}
}

func (e *Engine) isLate(r *integration.Run) bool {
	return !r.Status.Settled() && r.Status != integration.Started && r.Next.Sub(e.o.Now()) > farthest
}

// errNotLate leaves a run as it is.
var errNotLate = errors.New("it is not put off any more")

// makeDue changes one of them while nobody else has its Bill in hand: what a
// person has just done to it stays.
func (e *Engine) makeDue(ctx context.Context, id string) (done bool, err error) {
	_, err = e.withBillLocked(ctx, id, func(r *integration.Run) error {
		if !e.isLate(r) {
			return errNotLate
		}
		r.Next = time.Time{}
		if now := e.o.Now(); r.Started.After(now) {
			r.Started = now
		}
		return nil
	})
	switch unfit := (*UnfitError)(nil); {
	case errors.As(err, &unfit), errors.Is(err, errNotLate), errors.Is(err, integration.ErrConflict), errors.Is(err, integration.ErrNotFound):
		return false, nil // a task has it, and writes it; or it was settled or purged
	}
	return err == nil, err
}
