package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// history is what happened to some Bills, told without any rule of the ledger:
// m3ter's newest version, NetSuite's document, and what became of the last run.
type history struct {
	s     *Store
	clock *clock
	bills map[string]*billStory
	runs  int
}

type billStory struct {
	version         int64
	in, excl, round decimal.D         // of the newest version
	out             decimal.D         // in NetSuite
	proof           integration.Proof // of that document
	run             integration.Run
	late            *integration.Run // of the version before, on its way
	delivered       bool             // the newest run has
	skipped         bool
}

func cents(t *rapid.T, name string) decimal.D {
	return decimal.New(int64(rapid.IntRange(-5000, 50000).Draw(t, name)), -2)
}

func (h *history) add(t *rapid.T, id string, b *billStory, from string) {
	n := newRun("int-"+id[:1], id, b.version)
	n.Run.AmountIn, n.Run.Currency, n.Run.ReplayedFrom, n.Run.AccountID = b.in, "USD", from, "acc-"+id
	if id[0] == 'b' {
		n.Run.Currency = "EUR"
	}
	added, err := h.s.AddRuns(t.Context(), []delivery.NewRun{n})
	if err != nil || !added[0].Added {
		t.Fatalf("%v %v", added, err)
	}
	b.run, b.delivered, b.skipped = added[0].Run, false, false
	h.runs++
}

func (h *history) save(t *rapid.T, r integration.Run) {
	if err := h.s.SaveRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
}

var storyBills = []string{"a1", "b1"}

// pick draws a Bill whose newest run is as asked for.
func (h *history) pick(t *rapid.T, ok func(*billStory) bool) *billStory {
	ids := rapid.Permutation(storyBills).Draw(t, "bill first")
	for _, id := range ids {
		if b := h.bills[id]; b != nil && ok(b) {
			return b
		}
	}
	t.Skip("no such Bill")
	return nil
}

// Version: m3ter calculates the Bill anew, while the one before may be on its way.
func (h *history) Version(t *rapid.T) {
	id := rapid.SampledFrom(storyBills).Draw(t, "bill")
	b := h.bills[id]
	if b == nil {
		b = &billStory{}
		h.bills[id] = b
	}
	if b.late != nil {
		t.Skip("one on its way at a time")
	}
	if b.run.ID != "" && !b.run.Status.Settled() && rapid.Bool().Draw(t, "on its way") {
		b.run.Status, b.run.InFlight = integration.Started, true
		h.save(t, b.run)
		late := b.run
		b.late = &late
	}
	b.version++
	b.in, b.excl, b.round = cents(t, "in"), cents(t, "excluded"), decimal.New(int64(rapid.IntRange(-9, 9).Draw(t, "rounding")), -3)
	h.clock.advance(1)
	h.add(t, id, b, "")
}

func (h *history) deliver(t *rapid.T, r *integration.Run, b *billStory, out decimal.D) {
	r.Status, r.InFlight, r.ExternalID = integration.Complete, false, "77"
	r.Outcome = rapid.SampledFrom([]integration.Outcome{integration.Created, integration.Updated, integration.Unchanged,
		integration.Adopted}).Draw(t, "outcome")
	r.AmountExcluded, r.Rounding, r.AmountOut = b.excl, b.round, out
	r.Proof = integration.Pending
	b.out, b.proof = out, r.Proof
}

// Deliver: the newest run reaches NetSuite, which sometimes changes the figure.
func (h *history) Deliver(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool { return b.late == nil && !b.run.Status.Settled() })
	h.deliver(t, &b.run, b, b.in.Sub(b.excl).Sub(b.round))
	h.save(t, b.run)
	b.delivered = true
}

// Prove: what the newest run has delivered is read back, or cannot be, or is
// another figure there.
func (h *history) Prove(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool { return b.delivered && b.run.Proof == integration.Pending })
	b.run.Proof = rapid.SampledFrom([]integration.Proof{integration.Proven, integration.NotPosted, integration.Unread,
		integration.Drift}).Draw(t, "proof")
	if b.run.Proof == integration.Drift {
		b.out = cents(t, "held")
		b.run.AmountOut = b.out
	}
	b.proof = b.run.Proof
	h.save(t, b.run)
}

// Arrive: what was on its way when the newer version came has arrived, or not.
func (h *history) Arrive(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool { return b.late != nil })
	if rapid.Bool().Draw(t, "arrived") {
		h.deliver(t, b.late, b, cents(t, "of the version before"))
	} else {
		b.late.Status = integration.Errored
	}
	h.save(t, *b.late)
	b.late = nil
}

// Fail: the newest run fails, or NetSuite says that the document is voided.
func (h *history) Fail(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool { return b.late == nil && !b.run.Status.Settled() })
	b.run.Status, b.run.Cause = integration.Errored, "item_missing"
	if rapid.Bool().Draw(t, "voided") {
		b.run.Cause, b.out, b.proof = integration.CauseVoided, decimal.D{}, ""
	}
	h.save(t, b.run)
}

// Retry: what failed, drifted or was skipped is sent again.
func (h *history) Retry(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool {
		return b.late == nil && (b.run.Status.Failed() || b.skipped || b.run.Proof == integration.Drift || b.run.Proof == integration.Unread)
	})
	h.add(t, b.run.EntityID, b, b.run.ID)
}

// Skip: a person says that it shall not be sent.
func (h *history) Skip(t *rapid.T) {
	b := h.pick(t, func(b *billStory) bool { return b.late == nil && b.run.Status.Failed() })
	b.run.Status, b.run.Outcome, b.run.Cause = integration.Complete, integration.Skipped, "skipped_by_hand"
	h.save(t, b.run)
	b.skipped = true
}

func (h *history) want() map[string]integration.Money {
	want := map[string]integration.Money{}
	for id, b := range h.bills {
		currency := "USD"
		if id[0] == 'b' {
			currency = "EUR"
		}
		m := integration.Money{In: b.in, Out: b.out}
		switch {
		case b.delivered:
			m.Excluded, m.Rounding = b.excl, b.round
			m.Open = b.in.Sub(b.out).Sub(b.excl).Sub(b.round) // only NetSuite's change
		case b.skipped:
			m.Excluded = b.in.Sub(b.out)
		default:
			m.Open = b.in.Sub(b.out)
		}
		switch b.proof {
		case integration.Pending, integration.Unread:
			m.Unproven = b.out
		case integration.NotPosted:
			m.Unposted = b.out
		}
		want[currency] = want[currency].Plus(m)
	}
	return want
}

// Check: figures are the same whichever way they are summed, and add up.
func (h *history) Check(t *rapid.T) {
	parts := integration.NewTotals()
	sums := map[string]integration.Totals{"parts": parts}
	sum := func(name string, f integration.RunFilter) integration.Totals {
		got, err := h.s.Sum(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			sums[name] = got
		}
		return got
	}
	sum("all", integration.RunFilter{})
	sum("walked", integration.RunFilter{Text: "INVOICE"})
	for _, s := range integration.Statuses {
		part := sum("", integration.RunFilter{Statuses: []integration.Status{s}})
		for c, m := range part.Money {
			parts.Add(s, "", c, part.ByStatus[s], m)
		}
	}
	for name, got := range sums {
		for c, want := range h.want() {
			m := got.Money[c]
			if !m.Plus(want.Neg()).IsZero() {
				t.Fatalf("%s, %s: %+v, want %+v", name, c, m, want)
			}
			if !m.Out.Add(m.Open).Add(m.Excluded).Add(m.Rounding).Equal(m.In) {
				t.Fatalf("%s, %s does not add up: %+v", name, c, m)
			}
		}
	}
}

// Through any history of versions, retries, skips and failures each Bill counts
// once: in its newest version, with what NetSuite holds now.
func TestMoneyCountsABillOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newClock()
		s, err := Open(filepath.Join(t.TempDir(), "x.db"), Options{Now: c.now, noSync: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		h := &history{s: s, clock: c, bills: map[string]*billStory{}}
		rt.Repeat(map[string]func(*rapid.T){
			"Version": h.Version, "Deliver": h.Deliver, "Prove": h.Prove, "Arrive": h.Arrive, "Fail": h.Fail, "Retry": h.Retry,
			"Skip": h.Skip, "": h.Check,
		})
		rep, err := s.Check(rt.Context(), false, nil)
		if err != nil || rep.Found != 0 || rep.Runs != h.runs {
			rt.Fatalf("check: %+v, %v", rep, err)
		}
	})
}

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
