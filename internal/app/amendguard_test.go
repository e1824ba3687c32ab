package app

import (
	"fmt"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
)

// Of a Bill whose documents said already what it says nothing was sent: what stands is
// no drift from that, and where one of them is deleted the others are there yet.
func TestWhatSaidItAlreadyIsNoDrift(t *testing.T) {
	t.Parallel()
	w, in, account := final(t, sandbox.Options{})
	w.send(t, in, changing(account, 2, "APPROVED", "130", "20"))
	r := w.send(t, in, changing(account, 3, "APPROVED", "130", "20"))
	if r.Outcome != integration.Unchanged || r.Proof != integration.Proven || !r.AmountTotal().Equal(decimal.MustParse("150")) {
		t.Fatalf("%s %s over %s: %s", r.Outcome, r.Proof, r.AmountTotal(), r.Error)
	}
	w.close(t)
	w.guard = time.Millisecond
	w.open(t)
	w.comes(t, "it is seen", func() bool { return w.runOf(t, r.ID).Watch.Stamp != "" })
	if now := w.runOf(t, r.ID); now.Proof != integration.Proven || len(w.told(t)) > 0 {
		t.Fatalf("%s: %s", now.Proof, now.Error)
	}
	w.byHand(t, "deletes", fmt.Sprintf(`{"transaction":%q}`, r.ExternalID))
	w.comes(t, "it is told", func() bool { return w.runOf(t, r.ID).Proof == integration.Drift })
	if now := w.runOf(t, r.ID); now.Cause != integration.CauseDeleted || !now.AmountTotal().Equal(decimal.MustParse("120")) {
		t.Errorf("%s, and %s is there", now.Cause, now.AmountTotal())
	}
}
