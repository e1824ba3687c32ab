package app

import (
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
)

// TestAmendmentsReconcile: the documents of an amended Bill are all ours, and the
// month is equal to the last unit; also when an amendment is in another period.
func TestAmendmentsReconcile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "amending", amending())
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID
	w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
	if _, err := w.sb.NetSuite().Pay("m3b-b-amend", decimal.D{}); err != nil {
		t.Fatal(err)
	}
	today := time.Now().UTC()
	month := today.Format("2006-01")
	for i, charge := range []string{"130", "90", "90"} {
		if r := w.send(t, in, changing(account, i+2, "APPROVED", charge, "20")); !r.Status.Settled() || r.Status.Failed() {
			t.Fatalf("%+v", r)
		}
		equal(t, w.reconcile(t, in, month), 1, "0")
	}
	if err := w.sb.NetSuite().SetPeriod(today.Format(time.DateOnly), suitetalk.Closed); err != nil {
		t.Fatal(err)
	}
	w.send(t, in, changing(account, 5, "APPROVED", "95", "20"))
	equal(t, w.reconcile(t, in, month), 1, "5")
}

// equal wants a month without a break, of that many Bills, and that much in others.
func equal(t *testing.T, r reconcile.Report, bills int, elsewhere string) {
	t.Helper()
	for _, b := range r.Breaks {
		t.Errorf("%s: %s", b.Code, b.Text)
	}
	if r.Bills != bills || len(r.Totals) != 1 || !r.Totals[0].OtherPeriod.Equal(decimal.MustParse(elsewhere)) {
		t.Errorf("%d Bills, sums %+v", r.Bills, r.Totals)
	}
}
