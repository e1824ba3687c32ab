package app

import (
	"encoding/json"
	"slices"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/plan"
)

// A line about another Bill names that one's document once it went through here.
// When both are in one plan, that is after the approval: what was approved is sent.
func TestABillThatCreditsAnotherOfItsPlanIsSent(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	bills := w.seedBills(2)
	var first, second map[string]any
	for i, b := range []*map[string]any{&first, &second} {
		if err := json.Unmarshal(recalculated(t, bills[i], 2), b); err != nil {
			t.Fatal(err)
		}
	}
	second["lineItems"].([]any)[0].(map[string]any)["referencedBillId"] = first["id"]
	var err error
	if bills[1], err = json.Marshal(second); err != nil {
		t.Fatal(err)
	}
	w.handOver(t, in.ID, bills)
	p := w.planOf(t, people[0], in.ID)
	at := slices.IndexFunc(p.Bills, func(b plan.Bill) bool { return b.ID == first["id"] })
	if len(p.Bills) != 2 || at < 0 {
		t.Fatalf("%+v", p.Bills)
	}
	w.applyOnly(t, people, p)
	r, err := w.app.store.Run(t.Context(), p.Bills[at].Run) // the one that is credited goes first
	if err != nil {
		t.Fatal(err)
	}
	r.Status, r.Outcome, r.ExternalID, r.Completed = integration.Complete, integration.Created, "4711", r.Modified
	if err := w.app.store.SaveRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	got := w.over(t, p.ID)
	r, err = w.app.store.Run(t.Context(), p.Bills[1-at].Run)
	if err != nil || got.Refused != 0 || got.Done != 2 || r.Outcome != integration.Created || r.PayloadHash != p.Bills[1-at].Hash {
		t.Errorf("%d done, %d refused; %v, %s: %s", got.Done, got.Refused, err, r.Standing(), r.Error)
	}
}
