package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// byPlan are settings with which Bills wait for a plan.
func byPlan() spec.Values {
	v := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault}
	v.Set(integration.KeyApproval, integration.ApprovalPlan)
	return v
}

// worldByPlan has an integration with which Bills wait for a plan, and who makes and
// applies one beside who approves it.
func worldByPlan(t *testing.T) (w *world, in integration.Integration, people []service.Service, ids []string) {
	t.Helper()
	w = newWorld(t, sandbox.Options{Clean: true})
	in = w.create(t, "NetSuite US", byPlan())
	w.connect(t, in)
	people, ids = w.people(t, "clerk", "controller")
	return w, in, people, ids
}

// people are identities of their own, over TCP with API keys.
func (w *world) people(t *testing.T, names ...string) (out []service.Service, ids []string) {
	t.Helper()
	addr, err := w.app.ListenTCP(t.Context(), api.TCP{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		k, s, err := w.app.CreateAPIKey(t.Context(), name, api.ScopeWrite)
		if err != nil {
			t.Fatal(err)
		}
		c, err := api.DialTCP("http://"+addr, k.ID, s, Catalog())
		if err != nil {
			t.Fatal(err)
		}
		out, ids = append(out, c), append(ids, k.ID)
	}
	return out, ids
}

// handOver hands Bills over and waits until each waits for a plan, or for nothing.
func (w *world) handOver(t *testing.T, id string, bills [][]byte) {
	t.Helper()
	for _, b := range bills {
		if _, err := w.app.Submit(t.Context(), id, b, "file"); err != nil {
			t.Fatal(err)
		}
	}
	w.quiet(t, id)
}

// quiet waits until nothing is due.
func (w *world) quiet(t *testing.T, id string) {
	t.Helper()
	w.until(t, func(ctx context.Context) any {
		p, err := w.app.Runs(ctx, integration.RunFilter{IntegrationID: id, Statuses: unsettled}, "", 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Runs {
			if r.Due() || r.Status == integration.Started {
				return r
			}
		}
		return nil
	})
}

// seedBills are Bills of the simulator that can be sent.
func (w *world) seedBills(n int) (out [][]byte) {
	for _, b := range w.sb.World().Bills[:n] {
		out = append(out, b.Append(nil, true, true))
	}
	return out
}

// over waits until a plan is.
func (w *world) over(t *testing.T, id string) plan.Plan {
	t.Helper()
	var p plan.Plan
	w.until(t, func(ctx context.Context) any {
		var err error
		if p, err = w.app.Plan(ctx, id); err != nil {
			t.Fatal(err)
		}
		if p.State.Over() {
			return nil
		}
		still := []any{p.ID, p.State}
		for _, b := range p.Bills {
			if r, err := w.app.store.Run(ctx, b.Run); b.Sent() && b.Refused == "" {
				still = append(still, b.Ref, r.Standing(), r.Plan, r.Cause, r.Next, err)
			}
		}
		return still
	})
	return p
}

// agreed has the second of people approve a plan and the first apply it, with nothing
// refused, and waits until it is over.
func (w *world) agreed(t *testing.T, people []service.Service, p plan.Plan) plan.Plan {
	t.Helper()
	q := service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if got, err := people[0].ApplyPlan(t.Context(), q, nil); err != nil || got.Refused != 0 {
		t.Fatalf("%d refused, %v: %+v", got.Refused, err, got.Bills)
	}
	return w.over(t, p.ID)
}

// applyOnly has the second of people approve a plan and the first apply it, while nobody
// delivers: all its Bills are let go, and stay where they are.
func (w *world) applyOnly(t *testing.T, people []service.Service, p plan.Plan) {
	t.Helper()
	q := service.PlanAct{PlanID: p.ID}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	w.app.StopDelivering()
	if got, err := people[0].ApplyPlan(t.Context(), q, nil); err != nil || got.Refused != 0 {
		t.Fatal(got.Refused, err)
	}
	w.until(t, func(ctx context.Context) any {
		for _, b := range p.Bills {
			if r, err := w.app.store.Run(ctx, b.Run); err != nil || r.Plan != p.ID {
				return b.Ref
			}
		}
		return nil
	})
}

// refusal is the cause and the text of a refusal; what is none ends the test.
func refusal(t *testing.T, err error) (cause, text string) {
	t.Helper()
	var f *integration.Failure
	if !errors.As(err, &f) || f.Advice == "" {
		t.Fatalf("%v", err)
	}
	return f.Cause, f.Message
}

func (w *world) planOf(t *testing.T, s service.Service, id string) plan.Plan {
	t.Helper()
	p, err := s.MakePlan(t.Context(), service.PlanRequest{IntegrationID: id}, func(service.Step) {})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[[2]string]decimal.D{}
	for _, x := range p.Parts {
		sums[[2]string{x.By, x.Currency}] = sums[[2]string{x.By, x.Currency}].Add(x.Total)
		if x.Name == "" {
			t.Errorf("%s %s goes to no %s that is known", x.Total, x.Currency, x.By)
		}
	}
	for _, by := range plan.Ways {
		for _, c := range p.Totals {
			if want := c.Invoices.Add(c.Credits); !sums[[2]string{by, c.Currency}].Equal(want) {
				t.Errorf("by %s the plan comes to %s %s, not %s", by, sums[[2]string{by, c.Currency}], c.Currency, want)
			}
		}
	}
	return p
}

// One person makes a plan, another approves it, and just that is sent. No Bill goes
// out by any other way, and all of it stands in the audit trail.
func TestAPlanIsMadeApprovedAndApplied(t *testing.T) {
	t.Parallel()
	w, in, people, ids := worldByPlan(t)
	clerk, controller := people[0], people[1]
	bills := w.seedBills(20)
	w.handOver(t, in.ID, bills)
	page, err := w.app.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Runs {
		if !r.WaitsForPlan() || r.Standing() != "HELD" || r.PayloadHash == "" || r.Tries != 0 || r.Advice == "" {
			t.Fatalf("%+v", r)
		}
		if _, err := w.app.engine.Release(t.Context(), r.ID); !errors.Is(err, integration.ErrConflict) {
			t.Fatal("released without a plan:", err)
		}
	}
	again := service.RetryRequest{Filter: &integration.RunFilter{IntegrationID: in.ID}}
	if n, err := w.app.Retry(t.Context(), again); err != nil || n.Eligible > 0 {
		t.Fatal(n, err)
	}
	if n := len(w.sb.Stats().CreatesByExternalID); n > 0 {
		t.Fatalf("%d documents without a plan", n)
	}

	p := w.planOf(t, clerk, in.ID)
	if len(p.Bills) != 20 || p.Counts[plan.Create] != 20 || p.Author.ID != "key:"+ids[0] || p.Author.Name != "clerk" || p.Need == "" {
		t.Fatalf("%d Bills, %v, by %v", len(p.Bills), p.Counts, p.Author)
	}
	waiting := service.EventFilter{IntegrationID: in.ID, Name: integration.EventPlan}
	open, err := w.app.Events(t.Context(), waiting)
	if err != nil || len(open) != 1 || !strings.Contains(open[0].Message, p.ID) {
		t.Fatal(open, err)
	}
	q := service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	if _, err := controller.ApplyPlan(t.Context(), q, nil); err == nil {
		t.Fatal("applied without an approval")
	} else if cause, _ := refusal(t, err); cause != "plan_not_approved" {
		t.Fatal(err)
	}
	for who, s := range map[string]service.Service{"clerk has made": clerk, w.app.who + " has edited": w.app} {
		_, err := s.ApprovePlan(t.Context(), q)
		if cause, text := refusal(t, err); cause != "plan_same_person" || !strings.Contains(text, who) {
			t.Fatalf("%s: %v", who, err)
		}
	}
	if p, err = controller.ApprovePlan(t.Context(), q); err != nil || p.State != plan.Approved || p.Decision.By.Name != "controller" {
		t.Fatal(p.State, err)
	}
	if p, err = clerk.ApplyPlan(t.Context(), q, func(service.Step) {}); err != nil || p.State != plan.Applying || p.Refused != 0 {
		t.Fatal(p.State, err)
	}
	p = w.over(t, p.ID)
	if p.State != plan.Applied || p.Done != 20 || p.Refused != 0 {
		t.Fatalf("%s, %d done, %d refused", p.State, p.Done, p.Refused)
	}
	if n := len(w.sb.Stats().CreatesByExternalID); n != 20 {
		t.Fatalf("%d documents", n)
	}
	for _, b := range p.Bills {
		r, err := w.app.store.Run(t.Context(), b.Run)
		if err != nil || r.PayloadHash != b.Hash || r.Plan != p.ID || !r.AmountOut.Equal(b.Total) || !strings.HasPrefix(b.Status, "created") {
			t.Fatalf("%v %s: %+v", err, b.Status, r)
		}
	}
	_, err = controller.ApplyPlan(t.Context(), q, nil)
	if cause, _ := refusal(t, err); cause != "plan_over" {
		t.Fatal(err)
	}
	if open, err = w.app.Events(t.Context(), waiting); err != nil || len(open) != 0 {
		t.Fatal("the event is open still", err)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]string{}
	for _, e := range trail {
		acts[e.What] = e.Who
	}
	if !strings.HasPrefix(acts["make plan"], "clerk (key:") || !strings.HasPrefix(acts["approve plan"], "controller (key:") ||
		!strings.HasPrefix(acts["apply plan"], "clerk (key:") || acts["plan is applied"] == "" {
		t.Error(acts)
	}
	_, err = clerk.MakePlan(t.Context(), service.PlanRequest{IntegrationID: in.ID}, nil)
	if cause, _ := refusal(t, err); cause != "plan_empty" {
		t.Fatal(err)
	}
}

// A plan that nobody applied in time cannot be, and its event ends.
func TestAPlanExpires(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	w.handOver(t, in.ID, w.seedBills(2))
	p := w.planOf(t, people[0], in.ID)
	if _, err := people[1].ApprovePlan(t.Context(), service.PlanAct{PlanID: p.ID}); err != nil {
		t.Fatal(err)
	}
	now := w.app.now
	w.app.now = func() time.Time { return now().Add(plan.Life) }
	_, err := w.app.ApplyPlan(t.Context(), service.PlanAct{PlanID: p.ID}, nil)
	if cause, _ := refusal(t, err); cause != "plan_expired" {
		t.Fatal(err)
	}
	if _, err := w.app.followOnce(t.Context(), newFollower()); err != nil {
		t.Fatal(err)
	}
	if p, err := w.app.planHead(t.Context(), p.ID); err != nil || p.State != plan.Expired {
		t.Fatal(p.State, err)
	}
	w.app.now = now
}

// What was applied when the process ended goes on with the next one; a plan that is
// stopped takes back what is not on its way.
func TestAnAppliedPlanGoesOnAndIsStopped(t *testing.T) {
	t.Parallel()
	w, in, people, _ := worldByPlan(t)
	w.handOver(t, in.ID, w.seedBills(10))
	p := w.planOf(t, people[0], in.ID)
	if _, err := people[1].ApprovePlan(t.Context(), service.PlanAct{PlanID: p.ID}); err != nil {
		t.Fatal(err)
	}
	// The process ends right after the state is on disk, with nothing let go.
	whole, err := w.app.wholePlan(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	whole.State, whole.Applied = plan.Applying, &plan.Act{By: whole.Author, At: time.Now().UTC()}
	if err := w.app.savePlan(t.Context(), plan.Approved, whole); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	if got := w.over(t, p.ID); got.State != plan.Applied || got.Done != 10 {
		t.Fatal(got.State, got.Done, got.Refused)
	}
	if s := w.sb.Stats(); len(s.CreatesByExternalID) != 10 || s.DuplicateCreates != 0 {
		t.Fatalf("%d documents, %d twice", len(s.CreatesByExternalID), s.DuplicateCreates)
	}

	more := w.sb.World().Bills[10:14]
	for _, b := range more {
		if _, err := w.app.Submit(t.Context(), in.ID, b.Append(nil, true, true), "file"); err != nil {
			t.Fatal(err)
		}
	}
	w.quiet(t, in.ID)
	people, _ = w.people(t, "clerk", "controller")
	p = w.planOf(t, people[0], in.ID)
	q := service.PlanAct{PlanID: p.ID, Reason: "not today"}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	w.app.StopDelivering()
	if _, err := people[0].ApplyPlan(t.Context(), q, nil); err != nil {
		t.Fatal(err)
	}
	w.until(t, func(ctx context.Context) any { // they are let go, and nobody takes them
		r, err := w.app.store.Run(ctx, p.Bills[3].Run)
		if err != nil || r.Plan == p.ID {
			return nil
		}
		return r
	})
	if _, err := people[1].StopPlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	got := w.over(t, p.ID)
	if got.State != plan.Stopped || got.Ended.By.Name != "controller" {
		t.Fatal(got.State)
	}
	for _, b := range got.Bills {
		if r, err := w.app.store.Run(t.Context(), b.Run); err != nil || !r.WaitsForPlan() || r.Plan != "" {
			t.Fatalf("%v %+v", err, r)
		}
	}
}

// Who takes the setting back lets all go that waits for a plan, and nothing else.
func TestWithoutApprovalBillsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	in := w.create(t, "NetSuite US", byPlan())
	w.connect(t, in)
	w.handOver(t, in.ID, w.seedBills(5))
	page, err := w.app.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.app.HoldRuns(t.Context(), []string{page.Runs[0].ID}, "disputed"); err != nil || n.Done != 1 {
		t.Fatal(n, err)
	}
	in.ConfigData.Set(integration.KeyApproval, integration.ApprovalNone)
	if in, err = w.app.Update(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	w.quiet(t, in.ID)
	if n := len(w.sb.Stats().CreatesByExternalID); n != 4 {
		t.Fatalf("%d documents", n)
	}
	if _, err := w.app.MakePlan(t.Context(), service.PlanRequest{IntegrationID: in.ID}, nil); err == nil || !strings.Contains(err.Error(),
		"set Approval to PLAN") {
		t.Fatal(err)
	}
}
