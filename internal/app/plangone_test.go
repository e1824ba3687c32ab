package app

import (
	"encoding/json"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/plan"
)

// A plan has what an update empties, as it is sent: else no plan ever lets it go.
func TestAPlanHasWhatAnUpdateEmpties(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	first := recalculated(t, w.seedBills(1)[0], 2)
	w.handOver(t, in.ID, [][]byte{first})
	if p := w.agreed(t, people, w.planOf(t, people[0], in.ID)); p.Done != 1 || p.Refused+p.Failed != 0 {
		t.Fatalf("%+v", p.Bills)
	}

	var b map[string]any
	if err := json.Unmarshal(recalculated(t, first, 3), &b); err != nil {
		t.Fatal(err)
	}
	delete(b, "purchaseOrderNumber")
	second, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	w.handOver(t, in.ID, [][]byte{second})
	p := w.agreed(t, people, w.planOf(t, people[0], in.ID))
	if len(p.Bills) != 1 || p.Bills[0].Action != plan.Update || !strings.Contains(string(p.Bills[0].Body), `"otherRefNum":null`) ||
		!strings.Contains(strings.Join(p.Bills[0].Warnings, "\n"), "it is emptied") {
		t.Errorf("%+v", p.Bills)
	}
	r, err := w.app.store.Run(t.Context(), p.Bills[0].Run)
	if err != nil || p.Refused != 0 || p.Done != 1 || r.Outcome != integration.Updated {
		t.Errorf("%d done, %d refused; %v, %s: %s", p.Done, p.Refused, err, r.Standing(), r.Error)
	}
}
