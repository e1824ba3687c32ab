package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// What waited for a plan and cannot be sent any more needs a person wherever that is
// told, whether a new plan finds it or the apply of one that was approved. Once it is
// mended it waits for a plan again, and nothing of it is left with that person.
func TestWhatCannotBePlannedNeedsAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	v := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "useExternalMappingAccountCode": true}
	v.Set(integration.KeyApproval, integration.ApprovalPlan)
	in := w.create(t, "NetSuite US", v)
	w.connect(t, in)
	people, _ := w.people(t, "clerk", "controller")
	bills := w.seedBills(3)
	for i, raw := range bills {
		var b map[string]any
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		b["accountId"] = fmt.Sprintf("acc-%d", i)
		bills[i], _ = json.Marshal(b)
		w.mapAccount(t, i)
	}
	w.handOver(t, in.ID, bills)
	w.needs(t, in, 0, 0, "before")

	w.unmap(t, 0)
	p := w.planOf(t, people[0], in.ID)
	if p.Counts[plan.Stops] != 1 || !strings.Contains(strings.Join(p.Warnings, "\n"), "1 Bill: not to be sent as things stand") {
		t.Fatalf("%v %v", p.Counts, p.Warnings)
	}
	w.needs(t, in, 1, 1, "a new plan")

	q := service.PlanAct{PlanID: p.ID}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	w.unmap(t, 1)
	got, err := people[0].ApplyPlan(t.Context(), q, nil)
	if err != nil || got.Refused != 1 {
		t.Fatalf("%d refused, %v", got.Refused, err)
	}
	if got = w.over(t, p.ID); got.Done != 1 || got.Refused != 1 {
		t.Fatalf("%d done, %d refused", got.Done, got.Refused)
	}
	w.needs(t, in, 2, 0, "an apply")
	_, err = people[0].MakePlan(t.Context(), service.PlanRequest{IntegrationID: in.ID}, nil)
	if cause, text := refusal(t, err); cause != "plan_empty" || !strings.Contains(text, "2 Bills: failed, waiting for a person") {
		t.Errorf("%s: %s", cause, text)
	}

	for i := range 2 {
		w.mapAccount(t, i)
	}
	w.needs(t, in, 0, 0, "mended")
	if p := w.agreed(t, people, w.planOf(t, people[0], in.ID)); p.Done != 2 {
		t.Errorf("%d done", p.Done)
	}
	if n := len(w.sb.Stats().CreatesByExternalID); n != 3 {
		t.Errorf("%d documents of 3 Bills", n)
	}
}

func (w *world) mapAccount(t *testing.T, i int) {
	t.Helper()
	_, err := w.app.PutMapping(t.Context(), integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "customer",
		ExternalID: fmt.Sprint(601 + i), M3terEntity: "Account", M3terID: fmt.Sprintf("acc-%d", i)})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) unmap(t *testing.T, i int) {
	t.Helper()
	all, err := w.app.store.Mappings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.M3terID == fmt.Sprintf("acc-%d", i) {
			if err := w.app.DeleteMapping(t.Context(), m.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// needs waits until n Bills need a person: in the list of runs, in the totals, by cause
// and in the count, which has plans that wait for their approval beside them.
func (w *world) needs(t *testing.T, in integration.Integration, n, plans int, when string) {
	t.Helper()
	w.until(t, func(ctx context.Context) any {
		failed, err := w.app.Runs(ctx, integration.RunFilter{IntegrationID: in.ID, Statuses: []integration.Status{integration.Errored}}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := w.app.Integrations(ctx)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := w.app.Groups(ctx, integration.RunFilter{IntegrationID: in.ID})
		if err != nil {
			t.Fatal(err)
		}
		grouped := 0
		for _, g := range groups {
			grouped += g.Count
		}
		tot, err := w.app.Totals(ctx, in.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(failed.Runs) != n || grouped != n || tot.ByStatus[integration.Errored] != n || sum[0].NeedsYou != n+plans {
			return fmt.Sprint(when, ": failed ", len(failed.Runs), ", by cause ", grouped, ", by status ", tot.ByStatus, ", NEEDS YOU ",
				sum[0].NeedsYou, ", want ", n, " and ", plans, " plans")
		}
		return nil
	})
	w.quiet(t, in.ID)
}
