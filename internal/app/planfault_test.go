package app

import (
	"strings"
	"testing"
	"time"

	"billferry/internal/plan"
	"billferry/internal/sandbox"
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
	under, err := w.app.followOnce(t.Context(), map[string]*followed{})
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
