package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/integration"
)

// ErrReason is returned when a person settles a run without saying why.
var ErrReason = errors.New("say why: an act by hand needs a reason")

// Skip settles a failed or held run whose Bill shall not be sent, and accepts for by
// the document of one that was delivered as it stands, or its absence: what differs
// stays with the run, and is told again only once it is something else.
func (e *Engine) Skip(ctx context.Context, runID, reason, by string) (integration.Run, error) {
	r, err := e.o.Ledger.Run(ctx, runID)
	if err != nil {
		return r, fmt.Errorf("run %s: %w", runID, err)
	}
	if differed(r) {
		return e.accept(ctx, runID, reason, by)
	}
	return e.settleManually(ctx, runID, "skipped_by_hand", reason, func(r *integration.Run) { r.Outcome = integration.Skipped })
}

// differed tells whether a document is known not to be as it was sent, accepted or not.
func differed(r integration.Run) bool {
	return r.Status == integration.Complete && (r.Proof == integration.Drift || r.Proof == integration.Accepted)
}

func (e *Engine) accept(ctx context.Context, runID, reason, by string) (integration.Run, error) {
	if strings.TrimSpace(reason) == "" {
		return integration.Run{}, ErrReason
	}
	return e.withBillLocked(ctx, runID, func(r *integration.Run) error {
		switch {
		case r.Proof == integration.Accepted:
			return unfit(r, "accepted already: %s", r.ProofNote)
		case !differed(*r):
			return unfit(r, "%s, and its document is as it was sent by now", r.Status)
		}
		r.Proof, r.ProofNote, r.ProofBy, r.Advice, r.Modified = integration.Accepted, reason, by, "", e.o.Now()
		return nil
	})
}

// settleManually completes a run that failed or is held; one that is under way or
// complete is integration.ErrConflict. The caller writes the audit trail.
func (e *Engine) settleManually(ctx context.Context, runID, cause, reason string, set func(*integration.Run)) (integration.Run, error) {
	if strings.TrimSpace(reason) == "" {
		return integration.Run{}, ErrReason
	}
	return e.withBillLocked(ctx, runID, func(r *integration.Run) error {
		if err := mayEnd(r); err != nil {
			return err
		}
		now := e.o.Now()
		r.Status, r.Cause, r.Error, r.Advice = integration.Complete, cause, reason, ""
		r.InFlight, r.Completed, r.Next = false, now, time.Time{}
		set(r)
		return nil
	})
}

// mayEnd tells whether a person may settle a run.
func mayEnd(r *integration.Run) error {
	if !r.Status.Failed() && !r.HeldByHand() {
		return unfit(r, "%s, and only a run that failed or is held is settled by hand", r.Status)
	}
	return nil
}
