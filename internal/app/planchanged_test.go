package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// recalculated is a Bill in a version more, with another amount on its first line.
func recalculated(t *testing.T, raw []byte, version int) []byte {
	t.Helper()
	var b map[string]any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if err := dec.Decode(&b); err != nil {
		t.Fatal(err)
	}
	b["version"] = version
	b["purchaseOrderNumber"] = fmt.Sprintf("PO-%d", version)
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What has changed since a plan was approved is refused by its name, and nothing
// else is.
func TestWhatChangedSinceIsRefusedByName(t *testing.T) {
	t.Parallel()
	w, in, people, ids := worldByPlan(t)
	bills := w.differing(t, 6)
	w.handOver(t, in.ID, bills)
	approved := func() (plan.Plan, service.PlanAct) {
		t.Helper()
		p := w.planOf(t, people[0], in.ID)
		q := service.PlanAct{PlanID: p.ID}
		p, err := people[1].ApprovePlan(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return p, q
	}
	refuses := func(q service.PlanAct, cause, text string) {
		t.Helper()
		_, err := people[0].ApplyPlan(t.Context(), q, nil)
		if got, said := refusal(t, err); got != cause || !strings.Contains(said, text) {
			t.Fatalf("%v, want %s %q", err, cause, text)
		}
	}

	// A setting.
	p, q := approved()
	changed := in
	changed.ConfigData = in.ConfigData.Clone()
	changed.ConfigData.Set("netsuiteSendDueDate", true)
	changed, err := w.app.Update(t.Context(), changed)
	if err != nil {
		t.Fatal(err)
	}
	refuses(q, "plan_settings_changed", "Send Due Date: yes, was no")
	changed.ConfigData = in.ConfigData
	if _, err = w.app.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	w.quiet(t, in.ID)

	// The digest that was read, the content, the signature, the approval.
	refuses(service.PlanAct{PlanID: p.ID, Digest: "0123"}, "plan_differs", "its digest is "+p.Digest)
	whole, err := w.app.wholePlan(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for what, forge := range map[string]func(*plan.Plan){
		"its content":   func(p *plan.Plan) { p.Expires = p.Expires.AddDate(1, 0, 0) },
		"its signature": func(p *plan.Plan) { p.Expires, p.Digest = p.Expires.AddDate(1, 0, 0), "" },
		"its approval":  func(p *plan.Plan) { d := *p.Decision; d.By.ID = "key:somebody"; p.Decision = &d },
	} {
		forged := whole
		forge(&forged)
		if forged.Digest == "" {
			forged.Digest, _ = forged.Content()
		}
		w.forge(t, forged)
		refuses(q, "plan_tampered", what)
	}
	// A state that nobody's decision stands behind: nothing is applied, or carried out.
	forged := whole
	for _, forged.State = range []plan.State{plan.Approved, plan.Applying} {
		forged.Decision = nil
		w.forge(t, forged)
		refuses(q, "plan_tampered", "its approval")
		if err := w.app.carryOutPlan(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		if r, err := w.app.store.Run(t.Context(), p.Bills[1].Run); err != nil || r.Plan != "" || !r.WaitsForPlan() {
			t.Fatalf("%s: %v %+v", forged.State, err, r)
		}
	}
	w.forge(t, whole)

	// The approver edits the settings after all; the approver's key is revoked.
	edited, err := people[1].Integration(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people[1].Update(t.Context(), edited.Integration); err != nil {
		t.Fatal(err)
	}
	refuses(q, "plan_same_person", "controller has edited the settings")
	edited, _ = w.app.Integration(t.Context(), in.ID)
	if _, err := w.app.Update(t.Context(), edited.Integration); err != nil {
		t.Fatal(err)
	}

	// A Bill, a mapping, a hold, an act by hand: by Bill, and the rest goes out.
	w.handOver(t, in.ID, [][]byte{recalculated(t, bills[0], 7)})
	mapped := mappingOf(t, p.Bills[1], bills[1])
	if _, err := w.app.PutMapping(t.Context(), mapped); err != nil {
		t.Fatal(err)
	}
	if n, err := w.app.HoldRuns(t.Context(), []string{p.Bills[2].Run}, "the customer disputes it"); err != nil || n.Done != 1 {
		t.Fatal(n, err)
	}
	if _, err := w.app.SkipRun(t.Context(), p.Bills[3].Run, "written off"); err != nil {
		t.Fatal(err)
	}
	got, err := people[0].ApplyPlan(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	goes := 0
	for i, want := range []string{"version 7", "item.id: 199 → 102", "disputes", "settled already", "", ""} {
		if want == "" && strings.Contains(string(bills[i]), mapped.M3terID) {
			want = "item.id: 199 → 102"
		}
		if want == "" {
			goes++
		}
		if b := got.Bills[i]; (b.Refused == "") != (want == "") || !strings.Contains(b.Refused, want) {
			t.Errorf("Bill %d: %q, want %q", i, b.Refused, want)
		}
	}
	if got = w.over(t, p.ID); got.State != plan.Applied || got.Done != goes || got.Refused != 6-goes || goes == 0 {
		t.Fatal(got.State, got.Done, got.Refused)
	}
	w.quiet(t, in.ID)
	if n := len(w.sb.Stats().CreatesByExternalID); n != goes {
		t.Fatalf("%d documents", n)
	}

	_, q = approved()
	if err := w.app.RevokeAPIKey(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	refuses(q, "plan_approver_gone", "controller")
}

// differing are Bills of which the last has nothing of the second one's product.
func (w *world) differing(t *testing.T, n int) [][]byte {
	t.Helper()
	out := w.seedBills(n)
	mapped := mappingOf(t, plan.Bill{Ref: "the second"}, out[1])
	out[n-1] = []byte(strings.ReplaceAll(string(out[n-1]), mapped.M3terID, "22222222-3333-4444-8555-666666666666"))
	return out
}

// mappingOf gives another item to what the first line of a Bill is about.
func mappingOf(t *testing.T, b plan.Bill, raw []byte) integration.ExternalMapping {
	t.Helper()
	var doc struct {
		Lines []struct {
			Product string `json:"productId"`
		} `json:"lineItems"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(doc.Lines, func(l struct {
		Product string `json:"productId"`
	}) bool {
		return l.Product != ""
	})
	if i < 0 {
		t.Fatalf("%s has no line of a product", b.Ref)
	}
	return integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "item", ExternalID: sandbox.ItemCommitment,
		M3terEntity: "Product", M3terID: doc.Lines[i].Product}
}

// What changes between a plan's apply and a document's turn is held, and told by the
// plan: the last comparison is just before the document is sent.
func TestWhatChangesOnTheWayIsHeld(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	bills := w.differing(t, 4)
	w.handOver(t, in.ID, bills)
	p := w.planOf(t, people[0], in.ID)
	w.applyOnly(t, people, p)
	mapped := mappingOf(t, p.Bills[1], bills[1])
	if _, err := w.app.PutMapping(t.Context(), mapped); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	got := w.over(t, p.ID)
	for i, b := range got.Bills {
		if other := strings.Contains(string(bills[i]), mapped.M3terID); other != (b.Refused != "") {
			t.Errorf("Bill %d: %q, %s", i, b.Refused, b.Status)
		}
	}
	if n := len(w.sb.Stats().CreatesByExternalID); n == 0 || n != got.Done || got.Refused == 0 {
		t.Fatalf("%d documents, %d done, %d refused", n, got.Done, got.Refused)
	}
	r, err := w.app.store.Run(t.Context(), p.Bills[1].Run)
	if err != nil || r.Cause != integration.CausePlanDiffers || !r.WaitsForPlan() || r.Plan != "" {
		t.Fatalf("%v %+v", err, r)
	}
}

// What a person holds after a plan let it go leaves the plan, which ends without it; once
// it is released it waits for another plan.
func TestWhatIsHeldOnTheWayLeavesThePlan(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	w.handOver(t, in.ID, w.seedBills(2))
	p := w.planOf(t, people[0], in.ID)
	w.applyOnly(t, people, p)
	held := p.Bills[1].Run
	if got, err := people[0].HoldRuns(t.Context(), []string{held}, "disputed"); err != nil || got.Done != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	w.close(t)
	w.open(t)
	if got := w.over(t, p.ID); got.State != plan.Applied || got.Done != 1 || got.Refused != 1 || got.Bills[1].Refused != "disputed" {
		t.Fatalf("%s, %d done, %d refused: %q", got.State, got.Done, got.Refused, got.Bills[1].Refused)
	}
	if got, err := w.app.ReleaseRuns(t.Context(), []string{held}); err != nil || got.Done != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	w.quiet(t, in.ID)
	if r, err := w.app.store.Run(t.Context(), held); err != nil || !r.WaitsForPlan() || r.Plan != "" {
		t.Errorf("%v %+v", err, r)
	}
	if n := len(w.sb.Stats().CreatesByExternalID); n != 1 {
		t.Errorf("%d documents", n)
	}
}

// forge writes the head of a plan as somebody does who can write to the store.
func (w *world) forge(t *testing.T, p plan.Plan) {
	t.Helper()
	p.Bills, p.Need = nil, ""
	raw, err := json.Marshal(p)
	if err == nil {
		err = w.app.store.SetMeta(t.Context(), planHeads+p.ID, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
}
