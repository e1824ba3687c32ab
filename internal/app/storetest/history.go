package storetest

import (
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/app"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
)

// history is what happened to some Bills, told without any rule of the ledger:
// m3ter's newest version, NetSuite's document, and what became of the last run.
type history struct {
	s     app.Store
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
			parts.Add(integration.Run{Status: s, Currency: c}, part.ByStatus[s], m)
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

// Histories takes Bills through any history of versions, retries, skips and
// failures: each counts once, in its newest version, with what NetSuite holds now.
func Histories(t *testing.T, place func(t *testing.T) Place) {
	rapid.Check(t, func(rt *rapid.T) {
		c, p := newClock(), place(t)
		s, err := p.Open(store.Options{Now: c.now})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		h := &history{s: s, clock: c, bills: map[string]*billStory{}}
		rt.Repeat(map[string]func(*rapid.T){
			"Version": h.Version, "Deliver": h.Deliver, "Prove": h.Prove, "Arrive": h.Arrive, "Fail": h.Fail, "Retry": h.Retry,
			"Skip": h.Skip, "": h.Check,
		})
		rep, err := p.Check(s)
		if err != nil || rep.Found != 0 || rep.Runs != h.runs {
			rt.Fatalf("check: %+v, %v", rep, err)
		}
	})
}
