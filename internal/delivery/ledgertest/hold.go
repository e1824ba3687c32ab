package ledgertest

import (
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// holds: a held run is not due until it is released, and the hold is the
// Bill's: the next version has it too, and only where that is not settled.
func holds(t *testing.T, l delivery.Ledger, in string) {
	first := add(t, l, newRun(in, "b1", 1))[0].Run
	first.Outcome, first.Cause, first.Error = integration.Held, "held_by_hand", "credit check"
	save(t, l, first, nil)
	due := func(want int) {
		t.Helper()
		one, next, err := l.DueFor(t.Context(), in, epoch.AddDate(1, 0, 0), 10)
		if err != nil || len(one) != want || !next.IsZero() {
			t.Errorf("%d runs of the integration are due, not %d, next %s: %v", len(one), want, next, err)
		}
	}
	due(0)
	second := add(t, l, newRun(in, "b1", 2))[0].Run
	if r := read(t, l, first.ID); r.Outcome != integration.Superseded {
		t.Errorf("the held version is %s/%s", r.Status, r.Outcome)
	}
	if r := read(t, l, second.ID); r.Status != integration.Waiting || r.Outcome != integration.Held || r.Error != "credit check" {
		t.Errorf("the next version is %s/%s: %s", r.Status, r.Outcome, r.Error)
	}
	due(0)
	second.Outcome, second.Cause, second.Error = "", "", ""
	save(t, l, second, nil)
	due(1)
}
