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

// MarkSent settles a failed or held run whose Bill a person has put into the
// destination. externalID is the record's internal id there.
func (e *Engine) MarkSent(ctx context.Context, runID, externalID, reason string) (integration.Run, error) {
	externalID = strings.TrimSpace(externalID)
	if externalID == "" {
		return integration.Run{}, fmt.Errorf("mark run %s as sent: give the internal id of the record", runID)
	}
	return e.byHand(ctx, runID, "marked_sent", reason, func(r *integration.Run) {
		r.Outcome, r.ExternalID = integration.Adopted, externalID
	})
}

// Skip settles a failed or held run whose Bill shall not be sent.
func (e *Engine) Skip(ctx context.Context, runID, reason string) (integration.Run, error) {
	return e.byHand(ctx, runID, "skipped_by_hand", reason, func(r *integration.Run) { r.Outcome = integration.Skipped })
}

// byHand completes a run that failed or is held; one that is under way or
// complete is integration.ErrConflict. The caller writes the audit trail.
func (e *Engine) byHand(ctx context.Context, runID, cause, reason string, set func(*integration.Run)) (integration.Run, error) {
	if strings.TrimSpace(reason) == "" {
		return integration.Run{}, ErrReason
	}
	return e.aside(ctx, runID, func(r *integration.Run) error {
		if !r.Status.Failed() && !r.HeldByHand() {
			return unfit(r, "%s, and only a run that failed or is held is settled by hand", r.Status)
		}
		now := e.o.Now()
		r.Status, r.Cause, r.Error, r.Advice = integration.Complete, cause, reason, ""
		r.InFlight, r.Completed, r.Next = false, now, time.Time{}
		set(r)
		return nil
	})
}
