package servicetest

import (
	"context"
	"fmt"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
)

// SetPlan makes a plan that is kept already.
func (f *Fake) SetPlan(p plan.Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans = append(slices.DeleteFunc(f.plans, func(o plan.Plan) bool { return o.ID == p.ID }), p)
}

// Me is the identity that plans are made, approved and applied by.
var Me = plan.Who{ID: "user:tester", Name: "tester"}

// MakePlan implements service.Service. The plan has the waiting runs of the integration as they are.
func (f *Fake) MakePlan(ctx context.Context, q service.PlanRequest, step func(service.Step)) (plan.Plan, error) {
	if err := f.enter(ctx, "MakePlan"); err != nil {
		return plan.Plan{}, err
	}
	if step != nil {
		step(service.Step{Name: "Bills", State: "running", Detail: "1 records"})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := plan.Plan{ID: fmt.Sprintf("p-%d", len(f.plans)+1), IntegrationID: q.IntegrationID, Integration: "US", System: "the destination",
		Author: Me, Period: q.Period, Created: f.now(), Expires: f.now().Add(plan.Life), State: plan.Proposed}
	for _, r := range f.runs {
		if r.IntegrationID == q.IntegrationID && r.WaitsForPlan() {
			p.Bills = append(p.Bills, plan.Bill{Run: r.ID, ID: r.EntityID, Ref: r.BillRef, Version: r.BillVersion, Account: r.AccountID,
				Currency: r.Currency, Total: r.AmountIn, Action: plan.Create, Kind: "invoice", Hash: r.PayloadHash})
		}
	}
	if len(p.Bills) == 0 {
		return plan.Plan{}, &integration.Failure{Class: integration.ClassData, Cause: "plan_empty", Message: "no Bill waits for a plan"}
	}
	p.Sum()
	f.plans = append(f.plans, p)
	f.notify("plan", p.ID)
	return p, nil
}

// Plans implements service.Service.
func (f *Fake) Plans(ctx context.Context, integrationID string) ([]plan.Plan, error) {
	if err := f.enter(ctx, "Plans"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []plan.Plan{}
	for _, p := range slices.Backward(f.plans) {
		if integrationID == "" || p.IntegrationID == integrationID {
			p.Bills = nil
			out = append(out, p)
		}
	}
	return out, nil
}

// Plan implements service.Service.
func (f *Fake) Plan(ctx context.Context, id string) (plan.Plan, error) {
	return f.changePlan(ctx, "Plan", id, func(*plan.Plan) error { return nil })
}

// ApprovePlan implements service.Service.
func (f *Fake) ApprovePlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return f.changePlan(ctx, "ApprovePlan", q.PlanID, func(p *plan.Plan) error {
		if why := p.MayDecide(Me, ""); why != "" {
			return &integration.Failure{Class: integration.ClassHeld, Cause: "plan_same_person", Message: why + ", and may not approve it",
				Advice: "another person approves it", Err: integration.ErrConflict}
		}
		p.State, p.Decision = plan.Approved, &plan.Act{By: Me, At: f.now(), Reason: q.Reason}
		return nil
	})
}

// RejectPlan implements service.Service.
func (f *Fake) RejectPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	if err := required(map[string]string{"reason": q.Reason}); err != nil {
		return plan.Plan{}, err
	}
	return f.changePlan(ctx, "RejectPlan", q.PlanID, func(p *plan.Plan) error {
		p.State, p.Decision = plan.Rejected, &plan.Act{By: Me, At: f.now(), Reason: q.Reason}
		return nil
	})
}

// ApplyPlan implements service.Service.
func (f *Fake) ApplyPlan(ctx context.Context, q service.PlanAct, _ func(service.Step)) (plan.Plan, error) {
	return f.changePlan(ctx, "ApplyPlan", q.PlanID, func(p *plan.Plan) error {
		p.State, p.Applied = plan.Applying, &plan.Act{By: Me, At: f.now()}
		return nil
	})
}

// StopPlan implements service.Service.
func (f *Fake) StopPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return f.changePlan(ctx, "StopPlan", q.PlanID, func(p *plan.Plan) error {
		p.State, p.Ended = plan.Stopped, &plan.Act{By: Me, At: f.now(), Reason: q.Reason}
		return nil
	})
}

func (f *Fake) changePlan(ctx context.Context, what, id string, change func(*plan.Plan) error) (plan.Plan, error) {
	if err := f.enter(ctx, what); err != nil {
		return plan.Plan{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.plans, func(p plan.Plan) bool { return p.ID == id })
	if i < 0 {
		return plan.Plan{}, fmt.Errorf("plan %q: %w", id, integration.ErrNotFound)
	}
	if err := change(&f.plans[i]); err != nil {
		return plan.Plan{}, err
	}
	if what != "Plan" {
		f.notify("plan", id)
	}
	return f.plans[i], nil
}
