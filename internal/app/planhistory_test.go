package app

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// histories is how many random histories there are, of so many steps each.
var histories = flag.Int("app.histories", 8, "random histories of plans")

const steps = 40

// Whatever people do between making a plan and applying it: what is sent is what an
// applied plan has, which another identity approved, to the byte; and each Bill of
// such a plan was sent so or was refused by name.
func TestJustWhatAPlanHasIsSent(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	t.Cleanup(func() {
		if sent.Load() == 0 {
			t.Error("nothing was ever sent")
		}
	})
	for seed := range uint64(*histories) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := &history{world: newWorld(t, sandbox.Options{Clean: true}), t: t, r: rand.New(rand.NewPCG(seed, 20)), version: 100}
			h.in = h.create(t, "NetSuite US", byPlan())
			h.connect(t, h.in)
			h.bills = h.seedBills(12)
			for range steps {
				h.step()
				h.quiet(t, h.in.ID)
			}
			sent.Add(h.check())
		})
	}
}

// history is a random history of one integration.
type history struct {
	*world
	t       *testing.T
	r       *rand.Rand
	in      integration.Integration
	bills   [][]byte
	version int
	people  []service.Service
	plans   []string
	said    []string
}

// must ends the test unless an act worked or was refused as it may be.
func (h *history) must(what string, err error) {
	h.t.Helper()
	h.said = append(h.said, fmt.Sprintf("%s: %v", what, err))
	var f *integration.Failure
	if err != nil && !errors.Is(err, integration.ErrConflict) && !(errors.As(err, &f) && f.Advice != "") {
		h.t.Fatalf("%v", h.said)
	}
}

func (h *history) step() {
	ctx, t := h.t.Context(), h.t
	t.Helper()
	if h.people == nil {
		h.people, _ = h.world.people(t, "clerk", "controller")
	}
	one := h.bills[h.r.IntN(len(h.bills))]
	act := service.PlanAct{}
	if len(h.plans) > 0 {
		act.PlanID, act.Reason = h.plans[max(0, len(h.plans)-1-h.r.IntN(5)/4)], "as it happens"
	}
	who := h.people[h.r.IntN(2)]
	run := h.anyRun()
	switch n := h.r.IntN(30); {
	case n >= 20 && act.PlanID != "": // as it is meant to go
		_, err := h.people[1].ApprovePlan(ctx, act)
		h.must("approve", err)
		if h.r.IntN(4) > 0 {
			_, err = who.ApplyPlan(ctx, act, nil)
			h.must("apply "+act.PlanID, err)
		}
	case n < 4:
		_, err := h.app.Submit(ctx, h.in.ID, one, "poll")
		h.must("submit", err)
	case n < 6:
		h.version++
		_, err := h.app.Submit(ctx, h.in.ID, recalculated(t, one, h.version), "poll")
		h.must("recalculate", err)
	case n < 9:
		p, err := who.MakePlan(ctx, service.PlanRequest{IntegrationID: h.in.ID}, nil)
		if h.must("plan", err); err == nil {
			h.plans = append(h.plans, p.ID)
		}
	case n < 12 && act.PlanID != "":
		_, err := who.ApprovePlan(ctx, act)
		h.must("approve", err)
	case n < 15 && act.PlanID != "":
		_, err := who.ApplyPlan(ctx, act, nil)
		if h.must("apply "+act.PlanID, err); err == nil && h.r.IntN(3) > 0 {
			h.over(t, act.PlanID)
		}
	case n == 15:
		m := mappingOf(t, plan.Bill{Ref: "one"}, one)
		m.ExternalID = []string{sandbox.ItemDefault, sandbox.ItemCommitment}[h.r.IntN(2)]
		_, err := h.app.PutMapping(ctx, m)
		if errors.Is(err, integration.ErrExists) {
			err = nil
		}
		h.must("map", err)
	case n == 16:
		in, err := h.app.Integration(ctx, h.in.ID)
		if err == nil {
			in.ConfigData.Set("netsuiteSendDueDate", !in.ConfigData.Bool("netsuiteSendDueDate"))
			_, err = h.app.Update(ctx, in.Integration)
		}
		h.must("settings", err)
	case n == 17 && run != "":
		_, err := h.app.HoldRuns(ctx, []string{run}, "disputed")
		h.must("hold", err)
	case n == 18 && run != "":
		_, err := h.app.ReleaseRuns(ctx, []string{run})
		h.must("release", err)
	case n == 19:
		_, err := h.app.Retry(ctx, service.RetryRequest{Filter: &integration.RunFilter{IntegrationID: h.in.ID}})
		h.must("retry", err)
		h.close(t)
		h.open(t)
		h.people = nil
	}
}

// anyRun is a run of the integration, "" without one.
func (h *history) anyRun() string {
	page, err := h.app.Runs(h.t.Context(), integration.RunFilter{IntegrationID: h.in.ID}, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(page.Runs) == 0 {
		return ""
	}
	return page.Runs[h.r.IntN(len(page.Runs))].ID
}

// check holds what was sent beside the plans.
func (h *history) check() int64 {
	t, ctx := h.t, h.t.Context()
	t.Helper()
	planned := map[string]string{} // run -> the document that an applied plan has of it
	for _, id := range h.plans {
		p, err := h.app.Plan(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if p.Applied == nil {
			continue
		}
		if !p.State.Over() {
			p = h.over(t, id)
		}
		if p.Decision == nil || p.Decision.By.ID == p.Author.ID || p.Decision.By.ID == p.Editor {
			t.Errorf("plan %s by %s: %+v", id, p.Author.ID, p.Decision)
		}
		for _, b := range p.Bills {
			if !b.Sent() {
				continue
			}
			r, err := h.app.store.Run(ctx, b.Run)
			switch {
			case err != nil:
				t.Fatal(err)
			case b.Refused == "" && r.Plan != id:
				t.Errorf("%s was neither sent by plan %s nor refused: %s %s\n%v", b.Ref, id, r.Standing(), r.Error, h.said)
			case b.Refused == "":
				planned[b.Run] = b.Hash
			}
		}
	}
	page, err := h.app.Runs(ctx, integration.RunFilter{IntegrationID: h.in.ID}, "", 500)
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]bool{}
	for _, r := range page.Runs {
		d, err := h.app.Run(ctx, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		writes := slices.ContainsFunc(d.Attempts, func(a integration.Attempt) bool {
			return slices.ContainsFunc(a.Exchanges, integration.Exchange.Writes)
		})
		if want := planned[r.ID]; (writes || r.Sent()) && (want == "" || want != r.PayloadHash) {
			t.Errorf("%s %s went out as %s, and the plan has %q\n%v", r.BillRef, r.ID, r.PayloadHash, want, h.said)
		}
		if r.Sent() {
			sent[r.EntityID] = true
		}
	}
	if s := h.sb.Stats(); len(s.CreatesByExternalID) != len(sent) || s.DuplicateCreates != 0 {
		t.Errorf("%d documents of %d Bills, %d twice\n%v", len(s.CreatesByExternalID), len(sent), s.DuplicateCreates, h.said)
	}
	return int64(len(sent))
}
