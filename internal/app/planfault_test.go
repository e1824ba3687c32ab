package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// A plan that cannot be read, its head or its Bills, is named, and holds up no other.
func TestAPlanThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	// Before the plans are there: the program follows those itself.
	for _, key := range []string{planHeads + "p-broken", billsKey("p-newest", 0)} {
		if err := w.app.store.SetMeta(t.Context(), key, []byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	now := w.app.now()
	for i, p := range []plan.Plan{{ID: "p-newest", State: plan.Applying}, {ID: "p-old", State: plan.Proposed},
		{ID: "p-older", State: plan.Approved}} {
		p.Created = now.Add(-time.Duration(i+1) * plan.Life)
		p.Expires = p.Created.Add(plan.Life)
		if err := w.app.savePlan(t.Context(), "", p); err != nil {
			t.Fatal(err)
		}
	}
	under, err := w.app.followOnce(t.Context(), newFollower())
	if !under || err == nil || !strings.Contains(err.Error(), "p-broken") || !strings.Contains(err.Error(), "plan p-newest") {
		t.Errorf("%v, %v", under, err)
	}
	for _, id := range []string{"p-old", "p-older"} {
		if p, err := w.app.planHead(t.Context(), id); err != nil || p.State != plan.Expired {
			t.Errorf("%s is %s, %v", id, p.State, err)
		}
	}
	if plans, err := w.app.Plans(t.Context(), ""); err == nil || len(plans) != 3 {
		t.Errorf("%d plans, %v", len(plans), err)
	}
}

// runReads is a store that tells which runs were read.
type runReads struct {
	CheckedStore
	read []string
}

func (c *runReads) Run(ctx context.Context, id string) (integration.Run, error) {
	c.read = append(c.read, id)
	return c.CheckedStore.Run(ctx, id)
}

// While a plan of thousands of Bills is under way, a look at it reads those runs alone
// that have changed since the last, and all where that is not known.
func TestALookAtAPlanReadsWhatChanged(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	w.handOver(t, in.ID, w.seedBills(4))
	p := w.planOf(t, people[0], in.ID)
	st := &runReads{CheckedStore: w.app.store}
	a := newApp(w.app.cfg, nil)
	a.store = st
	all := []string{}
	for _, b := range p.Bills {
		all = append(all, b.Run)
	}
	changes := make(chan service.Change, 4)
	for _, try := range []struct {
		heard []service.Change
		read  []string
	}{
		{nil, nil},
		{[]service.Change{{Kind: "run", ID: all[2]}, {Kind: "event", ID: all[1]}}, all[2:3]},
		{[]service.Change{{Kind: "run"}}, all},
		{[]service.Change{{Kind: "event"}, {Kind: "event"}, {Kind: "event"}, {Kind: "event"}}, all}, // one was lost
	} {
		f := newFollower()
		f.all, f.plans[p.ID], st.read = false, &followed{state: p.State, left: slices.Clone(p.Bills)}, nil
		for _, c := range try.heard {
			service.Offer(changes, c)
		}
		a.plansHeard(changes, f)
		if err := a.followPlan(t.Context(), p.ID, f); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(st.read, try.read) {
			t.Errorf("after %v are read %v, not %v", try.heard, st.read, try.read)
		}
	}
}
