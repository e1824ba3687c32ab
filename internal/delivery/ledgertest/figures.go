package ledgertest

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// taxOn is what a destination adds that takes a fifth.
func taxOn(out decimal.D) decimal.D { return out.Mul(decimal.New(2, -1)) }

// countsOnce: through versions and retries the runs of a Bill add up to the
// money of its newest version, and to what the destination holds now.
func countsOnce(t *testing.T, l delivery.Ledger, in string) {
	version := func(n int64, amount string) integration.Run {
		t.Helper()
		x := newRun(in, "b1", n)
		x.Run.AmountIn = decimal.MustParse(amount)
		return add(t, l, x)[0].Run
	}
	settle := func(r integration.Run, s integration.Status, o integration.Outcome, out string) integration.Run {
		t.Helper()
		r.Status, r.Outcome = s, o
		if r.Delivered() {
			r.ExternalID, r.AmountOut = "77", decimal.MustParse(out)
			r.AmountTax = taxOn(r.AmountOut)
		}
		save(t, l, r, nil)
		return r
	}
	want := func(when, in2, out, open, excluded string) {
		t.Helper()
		page, err := l.Runs(t.Context(), integration.RunFilter{IntegrationID: in, BillID: "b1"}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var m integration.Money
		for _, r := range page.Runs {
			m = m.Plus(r.Figures())
		}
		w := integration.Money{In: decimal.MustParse(in2), Out: decimal.MustParse(out), Open: decimal.MustParse(open),
			Excluded: decimal.MustParse(excluded), Tax: taxOn(decimal.MustParse(out))}
		if !m.Plus(w.Neg()).IsZero() {
			t.Errorf("%s: %+v, want %+v", when, m, w)
		}
	}
	unproven := func(when, out string) {
		t.Helper()
		page, err := l.Runs(t.Context(), integration.RunFilter{IntegrationID: in, BillID: "b1"}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var m integration.Money
		for _, r := range page.Runs {
			m = m.Plus(r.Figures())
		}
		if !m.Unproven.Equal(decimal.MustParse(out)) {
			t.Errorf("%s: unproven are %s of %+v, want %s", when, m.Unproven, m, out)
		}
	}
	r1 := version(1, "100")
	want("a version waits", "100", "0", "100", "0")
	r1.Proof = integration.Pending
	r1 = settle(r1, integration.Complete, integration.Created, "100")
	unproven("it is created", "100")
	stale := version(2, "120")
	unproven("a newer one waits", "100")
	r1.Proof = integration.Proven
	save(t, l, r1, nil)
	unproven("the first is proven", "0")
	want("a newer one waits", "120", "100", "20", "0")
	settle(stale, integration.Errored, "", "")
	want("it fails", "120", "100", "20", "0")
	again := newRun(in, "b1", 2)
	again.Run.ReplayedFrom, again.Run.AmountIn = stale.ID, stale.AmountIn
	r2 := add(t, l, again)[0].Run
	want("it is retried", "120", "100", "20", "0")
	r2.Proof = integration.Drift
	r2 = settle(r2, integration.Complete, integration.Created, "90")
	want("NetSuite changes it", "120", "90", "30", "0")
	again.Run.ReplayedFrom = r2.ID
	r3 := add(t, l, again)[0].Run
	want("that is retried", "120", "90", "30", "0")
	settle(r3, integration.Complete, integration.Updated, "120")
	want("it is updated", "120", "120", "0", "0")
	r4 := version(3, "150")
	r4.Status, r4.InFlight = integration.Started, true
	save(t, l, r4, nil)
	r5 := version(4, "170")
	want("a version is on its way, a newer one waits", "170", "120", "50", "0")
	settle(r4, integration.Complete, integration.Updated, "150")
	want("the first has arrived", "170", "150", "20", "0")
	r5.AmountOut, r5.AmountTax = decimal.D{}, decimal.D{} // as one has it who read it before
	settle(r5, integration.Complete, integration.Skipped, "")
	want("a person skips the newer one", "170", "150", "0", "20")
	version(5, "0")
	if r := read(t, l, r5.ID); r.Outcome != integration.Skipped {
		t.Errorf("the skipped run became %s/%s", r.Status, r.Outcome)
	}
	r6 := version(6, "10")
	r6.Cause = integration.CauseVoided
	settle(r6, integration.Errored, "", "")
	want("the document turns out to be voided", "10", "0", "10", "0")
}
