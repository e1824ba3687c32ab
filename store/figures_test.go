package store

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// docs/ACCOUNTING.md's five Bills add up to the sums it shows.
func TestMoneyOfTheDocumentation(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	d := decimal.MustParse
	version := func(id string, n int64, amount, retryOf string) integration.Run {
		x := newRun(in, id, n)
		x.Run.AmountIn, x.Run.ReplayedFrom = d(amount), retryOf
		return b.add(x)[0]
	}
	end := func(r integration.Run, s integration.Status, o integration.Outcome, out, excluded, rounding string) {
		r.Status, r.Outcome, r.AmountOut, r.AmountExcluded, r.Rounding = s, o, d(out), d(excluded), d(rounding)
		b.save(r, nil)
	}
	end(version("A", 1, "500.004", ""), integration.Complete, integration.Created, "480", "20", "0.004")
	end(version("B", 1, "100", ""), integration.Complete, integration.Created, "100", "0", "0")
	end(version("B", 2, "120", ""), integration.Complete, integration.Updated, "120", "0", "0")
	end(version("C", 1, "100", ""), integration.Complete, integration.Created, "100", "0", "0")
	c2 := version("C", 2, "130", "")
	end(c2, integration.Errored, "", "0", "0", "0")
	end(version("C", 2, "130", c2.ID), integration.Errored, "", "0", "0", "0")
	drifted := version("D", 1, "80", "")
	drifted.Proof = integration.Drift
	end(drifted, integration.Complete, integration.Created, "75", "0", "0")
	end(version("E", 1, "60", ""), integration.Complete, integration.Skipped, "0", "0", "0")
	got, err := b.Totals(t.Context(), in)
	want := integration.Money{In: d("890.004"), Out: d("775"), Open: d("35"), Excluded: d("80"), Rounding: d("0.004")}
	if m := got.Money["USD"]; err != nil || !m.Plus(want.Neg()).IsZero() {
		t.Errorf("%+v, want %+v; %v", m, want, err)
	}
	runs := 0
	for _, n := range got.ByStatus {
		runs += n
	}
	text, err := os.ReadFile("../docs/ACCOUNTING.md")
	row := fmt.Sprintf("| **all** | %d runs | **890.004** | **775.00** | **35.00** | **80.00** | **0.004** |", runs)
	if err != nil || !strings.Contains(string(text), row) {
		t.Errorf("docs/ACCOUNTING.md does not show %s; %v", row, err)
	}
	b.checkClean()
}

// A run that counts although another stands for its Bill is found, and mended
// together with the sums.
func TestCheckFindsWhatCountsTwice(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	r.Status, r.Outcome, r.AmountOut = integration.Complete, integration.Created, r.AmountIn
	b.save(r, nil)
	b.add(newRun(in, "b1", 2))
	k, _ := parseKey(r.ID)
	err := b.write(t.Context(), func(x *tx) error {
		old, err := x.mustRun(k)
		if err != nil || old.Counted != integration.CountedNot {
			t.Errorf("the older version counts as %q: %v", old.Counted, err)
		}
		twice := old
		twice.Counted = integration.CountedWhole
		x.countRun(k, &old, -1)
		x.countRun(k, &twice, 1)
		return x.Put(bRuns, k[:], packRun(twice))
	})
	if err != nil {
		t.Fatal(err)
	}
	if rep, err := b.Check(t.Context(), true, nil); err != nil || rep.Found == 0 || rep.Found != rep.Repaired {
		t.Errorf("%+v, %v", rep, err)
	}
	b.checkClean()
	got, err := b.Totals(t.Context(), in)
	if m := got.Money["USD"]; err != nil || !m.In.Equal(r.AmountIn) || !m.Out.Equal(r.AmountIn) || !m.Open.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
}
