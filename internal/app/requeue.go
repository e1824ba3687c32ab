package app

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"billferry/internal/delivery"
	"billferry/store"
)

// requeueWait is how long who changed something waits for the runs that it
// frees. A few are done by then; many go on without the caller.
const requeueWait = time.Second

// requeuer works off the notes of what changes have freed (delivery.Requeue).
type requeuer struct {
	wake    chan struct{} // 1 deep
	mu      sync.Mutex
	waiting []chan struct{} // closed after the next time that it is done
	later   *time.Timer     // of requeueLater
	pause   time.Duration   // how long it waits; importPause but in tests
}

// importPause is how long after a call of an import the next has come, if the
// caller is still there.
const importPause = 20 * time.Second

// noting gives a context with which a change is committed together with its
// entry of the audit trail and the note of what it may have freed, if any.
func (a *App) noting(ctx context.Context, who, what, detail string, q *delivery.Requeue) (context.Context, error) {
	ctx, _ = store.WithAudit(ctx, who, what, detail)
	if q == nil {
		return ctx, nil
	}
	key, value, err := q.Note()
	if err != nil {
		return ctx, err
	}
	return store.WithNote(ctx, key, value), nil
}

// requeue has the notes worked off. What was changed is committed: whatever
// becomes of this, it is no failure of the change.
func (a *App) requeue(ctx context.Context) {
	if a.running == nil { // nobody else does it
		if err := a.workOff(ctx); err != nil {
			a.log.Warn("what was changed is kept; runs that it frees are re-queued when billferry runs", "error", err)
		}
		return
	}
	done := make(chan struct{})
	a.requeues.mu.Lock()
	a.requeues.waiting = append(a.requeues.waiting, done)
	a.requeues.mu.Unlock()
	a.kickRequeue()
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(requeueWait):
	}
}

// requeueLater has the notes worked off once it was not called for a while: a file
// of many calls goes through the runs that wait once, though its caller may leave.
func (a *App) requeueLater() {
	if a.running == nil {
		return // whoever runs next does it
	}
	a.requeues.mu.Lock()
	defer a.requeues.mu.Unlock()
	if a.requeues.later != nil {
		a.requeues.later.Stop()
	}
	a.requeues.later = time.AfterFunc(cmp.Or(a.requeues.pause, importPause), a.kickRequeue)
}

// kickRequeue has the notes worked off soon.
func (a *App) kickRequeue() {
	select {
	case a.requeues.wake <- struct{}{}:
	default:
	}
}

// workOff does what notes ask for.
func (a *App) workOff(ctx context.Context) error {
	return errors.Join(a.store.EndDeleted(ctx), a.engine.WorkOffNotes(ctx))
}

// workOffNotes works off notes until ctx ends: those left from before first.
func (a *App) workOffNotes(ctx context.Context) {
	for wait := time.Second; ; {
		a.requeues.mu.Lock()
		waiting := a.requeues.waiting
		a.requeues.waiting = nil
		a.requeues.mu.Unlock()
		err := a.workOff(ctx)
		for _, w := range waiting {
			close(w)
		}
		var again <-chan time.Time
		if err != nil && ctx.Err() == nil {
			left, _ := a.engine.Requeueing()
			a.log.Error("runs could not be re-queued; it is tried again", "wait", wait.String(), "left", left, "error", err)
			again = time.After(wait)
			wait = min(2*wait, time.Minute)
		} else {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
			return
		case <-a.requeues.wake:
		case <-again:
		}
	}
}
