package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
)

// holdable are the statuses in which a person may hold a run: it waits, and
// nothing is on its way. docs/STATES.md lists them.
var holdable = []integration.Status{integration.Waiting, integration.AwaitingRetry, integration.RateLimitRetry}

// UnfitError says why an act of a person cannot be done to a run as it is. It
// is integration.ErrConflict.
type UnfitError struct {
	RunID string
	Why   string // without the id, so that many can be counted by it
}

// Error names the run and the reason.
func (e *UnfitError) Error() string { return "run " + e.RunID + " is " + e.Why }

// Unwrap lets errors.Is find the sentinel.
func (e *UnfitError) Unwrap() error { return integration.ErrConflict }

func unfit(r *integration.Run, format string, args ...any) error {
	return &UnfitError{r.ID, fmt.Sprintf(format, args...)}
}

// CanHold tells whether a run of this status can be held.
func CanHold(s integration.Status) bool { return slices.Contains(holdable, s) }

// Hold keeps a run that waits from being sent until Release. Its status stays;
// a newer version of the Bill is held too. A run that is settled or on its way, or that a
// newer version takes the place of, is integration.ErrConflict. The caller writes the audit
// trail.
func (e *Engine) Hold(ctx context.Context, runID, reason string) (integration.Run, error) {
	if strings.TrimSpace(reason) == "" {
		return integration.Run{}, ErrReason
	}
	return e.withBillLocked(ctx, runID, func(r *integration.Run) error {
		switch {
		case r.HeldByHand() && !r.WaitsForPlan() && !r.Proposed():
			return unfit(r, "held already")
		case !CanHold(r.Status):
			return unfit(r, "%s, and only a run that waits can be held", r.Status)
		}
		r.Plan, r.PlanHash = "", "" // a plan that let it go ends without it
		r.Outcome, r.Cause, r.Error = integration.Held, "held_by_hand", reason
		r.Advice = "release it when it may go, or settle it by hand"
		return nil
	})
}

// Release lets a held run go on where it was, with a new time budget.
func (e *Engine) Release(ctx context.Context, runID string) (integration.Run, error) {
	r, err := e.withBillLocked(ctx, runID, func(r *integration.Run) error {
		if r.WaitsForPlan() {
			return unfit(r, "waiting for a plan: make one, have it approved and apply it")
		}
		if r.Proposed() {
			return unfit(r, "waiting for the Bill's approval in m3ter: nobody here can give it")
		}
		if !r.HeldByHand() {
			return unfit(r, "%s and not held by a person", r.Status)
		}
		r.Outcome, r.Cause, r.Error, r.Advice = "", "", "", ""
		r.Started, r.Next = time.Time{}, time.Time{}
		return nil
	})
	if err == nil {
		e.Wake()
	}
	return r, err
}

// onItsWay is why a run cannot be changed whose Bill a task has in hand.
const onItsWay = "on its way to the destination; wait until that ends"

// changeTries is how often a run is changed that others change as well.
const changeTries = 3

// withBillLocked changes a run that no task has in hand, and keeps tasks off its Bill
// meanwhile: a task that had read the run before would write over the change. A run that
// would be held is superseded if there is a newer version, which came while it was on its
// way: as no task tries what is held, it would wait for ever.
func (e *Engine) withBillLocked(ctx context.Context, runID string, change func(*integration.Run) error) (integration.Run, error) {
	r, err := e.o.Ledger.Run(ctx, runID)
	if err != nil {
		return r, fmt.Errorf("run %s: %w", runID, err)
	}
	if !e.takeSoon(ctx, r.EntityID) {
		return r, unfit(&r, onItsWay)
	}
	defer e.giveBack(r.EntityID)
	var over error
	for n := 1; ; n++ {
		if r, err = e.o.Ledger.Run(ctx, runID); err != nil { // as it is now that no task here changes it
			return r, fmt.Errorf("run %s: %w", runID, err)
		}
		if err := change(&r); err != nil {
			return r, err
		}
		if over, err = e.outlived(ctx, &r); err != nil {
			return r, err
		}
		err := e.o.Ledger.SaveRun(ctx, r, nil)
		if err == nil {
			break
		}
		if n == changeTries || !errors.Is(err, integration.ErrConflict) {
			return r, err
		} // a process elsewhere was faster: what it made of the run counts
	}
	e.o.OnRun(r)
	e.moved(r.IntegrationID)
	e.through(ctx, r.IntegrationID)
	return r, over
}

// outlived supersedes a run that would be held though a newer version of its Bill is known;
// over says so.
func (e *Engine) outlived(ctx context.Context, r *integration.Run) (over, err error) {
	if !r.HeldByHand() {
		return nil, nil
	}
	by, newer, err := e.newer(ctx, *r)
	if err != nil || !newer {
		return nil, err
	}
	supersede(r, by, e.o.Now())
	return unfit(r, "superseded by version %d of the Bill, in run %s", by.BillVersion, by.ID), nil
}
