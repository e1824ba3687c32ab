package storetest

import (
	"fmt"
	"slices"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Documents are found and counted by how far they are paid, also once that has
// changed, and not any more once a newer version has delivered.
func payments(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	var runs []integration.Run
	for i := range 3 {
		n := newRun(in, fmt.Sprint("b", i), 1)
		n.Run.DocumentDate = fmt.Sprintf("2026-07-%02d", 10+i)
		r := b.add(n)[0]
		r.Status, r.Outcome, r.Proof = integration.Complete, integration.Created, integration.Proven
		b.save(r, nil)
		runs = append(runs, r)
	}
	see := func(r integration.Run, p integration.Payment) {
		t.Helper()
		w := integration.Watch{Payment: p, Due: decimal.MustParse("1.50"), Stamp: "1", Since: b.clock.now(), Rests: !p.Owes()}
		if err := b.SaveWatch(t.Context(), r.ID, w); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, f integration.RunFilter, want ...integration.Run) {
		t.Helper()
		p, err := b.Runs(t.Context(), f, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		ids := func(rs []integration.Run) (out []string) {
			for _, r := range rs {
				out = append(out, r.ID)
			}
			slices.Sort(out)
			return out
		}
		if got := ids(p.Runs); !slices.Equal(got, ids(want)) {
			t.Errorf("%s: %v, want %v", when, got, ids(want))
		}
		sum, err := b.Sum(t.Context(), f)
		n := 0
		for _, p := range f.Payments {
			n += sum.ByPayment[p]
		}
		if err != nil || len(f.Payments) > 0 && n != len(want) {
			t.Errorf("%s: %v are counted, want %d: %v", when, sum.ByPayment, len(want), err)
		}
	}
	unpaid := integration.RunFilter{IntegrationID: in, Payments: []integration.Payment{integration.Unpaid, integration.Overdue}}
	see(runs[0], integration.Unpaid)
	see(runs[1], integration.Overdue)
	see(runs[2], integration.Paid)
	want("seen", unpaid, runs[0], runs[1])
	see(runs[0], integration.Paid)
	want("paid", unpaid, runs[1])
	want("by date", integration.RunFilter{IntegrationID: in, DatedBefore: "2026-07-12"}, runs[0], runs[1])
	old := unpaid
	old.DatedBefore = "2026-07-11"
	want("unpaid and old", old)
	see(runs[0], integration.Overdue)
	want("unpaid and old, anew", old, runs[0])
	next := b.add(newRun(in, "b1", 2))[0]
	want("a newer version waits", unpaid, runs[0], runs[1])
	next.Status, next.Outcome, next.Proof = integration.Complete, integration.Updated, integration.Proven
	b.save(next, nil)
	want("a newer version is in", unpaid, runs[0])
	rests, watched := true, false
	see(next, integration.Paid)
	want("at rest", integration.RunFilter{IntegrationID: in, Rests: &rests}, runs[1], runs[2], next)
	complete := []integration.Status{integration.Complete}
	want("not at rest", integration.RunFilter{IntegrationID: in, Rests: &watched, Statuses: complete}, runs[0])
	paid := []integration.Payment{integration.Paid}
	want("paid", integration.RunFilter{IntegrationID: in, Payments: paid}, runs[2], next)
	want("paid and at rest", integration.RunFilter{IntegrationID: in, Payments: paid, Rests: &rests}, runs[2], next)
	want("paid and not at rest", integration.RunFilter{IntegrationID: in, Payments: paid, Rests: &watched})
	see(next, integration.Overdue)
	want("owed again", integration.RunFilter{IntegrationID: in, Rests: &rests}, runs[1], runs[2])
	b.checkClean()
}
