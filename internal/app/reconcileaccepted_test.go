package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
)

// A department that a rule has filled and a person changed is found with both sides,
// whatever the rules are by now; a text that the proof leaves out is not.
func TestAMonthHasTheFieldsOfRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	values := maps.Clone(defaultItem)
	values.Set("billferry.fields", []any{map[string]any{"to": "department", "value": "1"}, map[string]any{"to": "line.class", "value": "2"}})
	values.Set("billferry.proof.ignore", []any{"memo", "line.description"})
	in := w.create(t, "NetSuite US", values)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	r := w.reconcile(t, in, month())
	if r.Verdict != reconcile.Equal || len(r.NotCompared) > 0 {
		t.Fatal(r.Verdict, r.NotCompared, found(r))
	}
	w.set(t, in, "billferry.fields", []any{})
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"department":{"id":"2"},"memo":"goodwill"}}`, r.Rows[0].Doc))
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, r.Rows[1].Doc))
	bill := r.Rows[0].Bill
	r = w.reconcile(t, in, month())
	if got := fmt.Sprint(found(r)); got != "[changed]" {
		t.Fatal(got)
	}
	if b := r.Breaks[0]; b.Bill != bill || !slices.Equal(b.Facts, []reconcile.Fact{{Name: "department", Ours: "1", Theirs: "2"}}) ||
		!strings.Contains(b.Text, "department 2 instead of 1") {
		t.Errorf("%+v", b)
	}
}

// What a person accepts with a run is resolved when its month is reconciled, with who
// and why, and counts as accepted; what becomes of the document after that is open.
func TestWhatWasAcceptedWithARunIsResolved(t *testing.T) {
	t.Parallel()
	w, in, later := guarded(t, sandbox.Options{})
	w.comes(t, "all are seen", func() bool {
		return !slices.ContainsFunc(w.runs(t, integration.RunFilter{IntegrationID: in.ID}), func(r integration.Run) bool {
			return r.Delivered() && r.Watch.Stamp == ""
		})
	})
	docs := w.reconcile(t, in, month()).Rows
	runs := map[string]integration.Run{}
	for _, r := range w.runs(t, integration.RunFilter{IntegrationID: in.ID}) {
		runs[r.EntityID] = r
	}
	later()
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, docs[0].Doc))
	w.byHand(t, "deletes", fmt.Sprintf(`{"transaction":%q}`, docs[1].Doc))
	w.byHand(t, "voids", fmt.Sprintf(`{"transaction":%q}`, docs[2].Doc))
	w.comes(t, "three are told", func() bool { return len(w.told(t)) == 3 })
	w.comes(t, "all are seen as they are", func() bool {
		r := w.runOf(t, runs[docs[0].Bill].ID)
		return r.Watch.Stamp != runs[docs[0].Bill].Watch.Stamp
	})
	want := map[string]decimal.D{} // that counts as accepted, by currency
	for i, d := range docs[:3] {
		if _, err := w.app.SkipRun(t.Context(), runs[d.Bill].ID, "agreed with the customer"); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			want[d.Currency] = want[d.Currency].Add(d.Total).Sub(d.Excluded).Sub(d.Rounding)
		}
	}
	r := w.reconcile(t, in, month())
	if r.Verdict != reconcile.Equal || len(r.Breaks) != 3 {
		t.Fatal(r.Verdict, found(r), len(r.Breaks))
	}
	for _, b := range r.Breaks {
		if x := b.Resolution; x == nil || x.As != reconcile.AsAccepted || x.By != w.app.who || x.Reason != "agreed with the customer" ||
			x.At.IsZero() {
			t.Errorf("%s: %+v", b.Code, b.Resolution)
		}
		if _, err := w.app.UndoBreak(t.Context(), b.ID); err == nil || !strings.Contains(err.Error(), "retry the run") {
			t.Errorf("%s: %v", b.Code, err)
		}
	}
	got := map[string]decimal.D{}
	for _, x := range r.Totals {
		got[x.Currency] = got[x.Currency].Add(x.Accepted)
	}
	for c, sum := range want {
		if !got[c].Equal(sum) {
			t.Errorf("%s %s are accepted, not %s", got[c], c, sum)
		}
	}
	later()
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"worse"}}`, docs[0].Doc))
	if r = w.reconcile(t, in, month()); fmt.Sprint(found(r)) != "[changed]" {
		t.Error(found(r))
	}
}
