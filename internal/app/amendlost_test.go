package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/suitetalk"
)

// TestAnAmendmentIsSeenByWhoeverUpdates: an amendment counts for every later version,
// whatever became of the runs, the settings and the integration that posted it.
func TestAnAmendmentIsSeenByWhoeverUpdates(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *world, in integration.Integration) integration.Integration{
		"a lost store": func(t *testing.T, w *world, _ integration.Integration) integration.Integration {
			w.close(t)
			w.dir = t.TempDir()
			w.open(t)
			in := w.create(t, "anew", amending("whenFinal", "HOLD"))
			w.connect(t, in)
			return in
		},
		"deleted runs": func(t *testing.T, w *world, in integration.Integration) integration.Integration {
			if err := w.app.Purge(t.Context(), time.Now().Add(48*time.Hour)); err != nil {
				t.Fatal(err)
			}
			if left := w.runs(t, integration.RunFilter{IntegrationID: in.ID}); len(left) > 0 {
				t.Fatalf("%d runs are left", len(left))
			}
			in.ConfigData = amending("whenFinal", "HOLD")
			if _, err := w.app.Update(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			return in
		},
		"another integration": func(t *testing.T, w *world, _ integration.Integration) integration.Integration {
			in := w.create(t, "beside", amending("whenFinal", "HOLD"))
			w.connect(t, in)
			return in
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, in, account := final(t, sandbox.Options{})
			w.send(t, in, changing(account, 2, "APPROVED", "130", "20"))
			held := w.documents()
			in = change(t, w, in)
			r := w.send(t, in, changing(account, 3, "APPROVED", "90", "20"))
			if r.Status != integration.Errored || r.Outcome != integration.Held {
				t.Errorf("%s %s %s: %s", r.Status, r.Outcome, r.Cause, r.Error)
			}
			if got := w.documents(); got != held {
				t.Errorf("NetSuite held %s, and now %s", held, got)
			}
		})
	}
}

// TestHalfAnAmendmentKeepsItsIntegration: between the two documents of an amendment the
// customer owes the Bill twice, so who would make the second is not deleted.
func TestHalfAnAmendmentKeepsItsIntegration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "amending", amending("revenueManagement", "true"))
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID
	w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
	if _, err := w.sb.NetSuite().Pay("m3b-b-amend", decimal.D{}); err != nil {
		t.Fatal(err)
	}
	second, err := fault.Parse("locked@2,3")
	if err == nil {
		err = w.sb.SetFaults(second)
	}
	if err == nil {
		_, err = w.app.Submit(t.Context(), in.ID, changing(account, 2, "APPROVED", "90", "50"), "file")
	}
	if err != nil {
		t.Fatal(err)
	}
	w.until(t, func(context.Context) any {
		if got := w.documents(); !strings.HasSuffix(got, "CustInvc m3d- 199:30.00") {
			return got
		}
		return nil
	})
	var refused *integration.Failure
	if _, err := w.app.Delete(t.Context(), in.ID); !errors.Is(err, integration.ErrConflict) || !errors.As(err, &refused) ||
		!strings.Contains(refused.Message, "Bill b-amend") || !strings.Contains(refused.Advice, "skip") {
		t.Errorf("with half an amendment the integration is deleted: %v", err)
	}
	w.settled(t, in.ID)
	if got := w.sum(); !got.Equal(decimal.MustParse("140")) {
		t.Errorf("the documents come to %s, the Bill to 140", got)
	}
	if _, err := w.app.Delete(t.Context(), in.ID); err != nil {
		t.Error(err)
	}
}

// TestWhatLookingAgainDoesNotChangeIsHeld: a run is not sent round for ever by what
// every look shows alike.
func TestWhatLookingAgainDoesNotChangeIsHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act           func(w *world) error
		charge, cause string
	}{
		"the other kind": {func(*world) error { return nil }, "-130", "other_kind_exists"},
		"a period that the role does not see": {func(w *world) error {
			err := w.sb.NetSuite().SetPeriod(time.Now().UTC().Format(time.DateOnly), suitetalk.Closed)
			return errors.Join(err, w.sb.NetSuite().Deny("accountingPeriod"))
		}, "130", "period_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			in := w.create(t, "amending", amending("whenFinal", "HOLD", "whenIssued", "AS_FINAL"))
			w.connect(t, in)
			account := w.sb.World().Accounts[0].ID
			w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
			if err := c.act(w); err != nil {
				t.Fatal(err)
			}
			held := w.documents()
			r := w.send(t, in, changing(account, 2, "APPROVED", c.charge, "20"))
			if !r.Status.Failed() || r.Cause != c.cause {
				t.Errorf("%s %s %s: %s", r.Status, r.Outcome, r.Cause, r.Error)
			}
			if got := w.documents(); got != held {
				t.Errorf("NetSuite held %s, and now %s", held, got)
			}
		})
	}
}

// TestABillThatCameToNothingIsNotForgotten: what an earlier version made counts, though
// its run was deleted.
func TestABillThatCameToNothingIsNotForgotten(t *testing.T) {
	t.Parallel()
	for forget, want := range map[bool]integration.Outcome{false: integration.Skipped, true: integration.Held} {
		w := newWorld(t, sandbox.Options{})
		in := w.create(t, "zero", amending("zeroBills", "SKIP"))
		w.connect(t, in)
		account := w.sb.World().Accounts[0].ID
		if forget {
			w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
			if err := w.app.Purge(t.Context(), time.Now().Add(48*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if r := w.send(t, in, changing(account, 2, "APPROVED", "0", "0")); r.Outcome != want {
			t.Errorf("deleted %t: %s %s %s: %s", forget, r.Status, r.Outcome, r.Cause, r.Error)
		}
	}
}
