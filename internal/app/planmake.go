package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"billferry/internal/api"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// by is the identity that a call comes from: an API key, or the user of this machine.
func (a *App) by(ctx context.Context) plan.Who {
	act := api.ActOf(ctx)
	if act == nil || act.Who == localCaller {
		return plan.Who{ID: "user:" + a.who, Name: a.who}
	}
	who := plan.Who{ID: "key:" + act.Who, Name: "API key " + act.Who}
	if k, err := a.keys.Key(ctx, act.Who); err == nil {
		who.Name = k.Name
	}
	return who
}

// unsettled are the statuses of runs that may be sent yet.
var unsettled = []integration.Status{integration.Waiting, integration.AwaitingRetry, integration.RateLimitRetry, integration.Started}

// MakePlan implements service.Service.
func (a *App) MakePlan(ctx context.Context, q service.PlanRequest, step func(service.Step)) (plan.Plan, error) {
	in, span, err := a.planned(ctx, q)
	if err != nil {
		return plan.Plan{}, err
	}
	sys, err := a.dest.System(in.EntityType, in.Destination)
	if err != nil {
		return plan.Plan{}, err
	}
	if !in.Authorized {
		return plan.Plan{}, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected",
			Message: in.Name + " is not connected: what " + sys.Words().System + " calls things is part of a plan",
			Advice:  "connect it first (billferry integration connect)"}
	}
	planner, err := a.engine.Planner(ctx, in)
	if err != nil {
		return plan.Plan{}, err
	}
	now := a.now().UTC()
	p := plan.Plan{
		ID: "p-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12], IntegrationID: in.ID, Integration: in.Name,
		System: sys.Words().System, Account: planner.Account(), Version: in.Version, Settings: in.ConfigData, Editor: in.ModifiedBy,
		Period: q.Period, Filter: q.FilterText, Author: a.by(ctx), Created: now, Expires: now.Add(plan.Life), State: plan.Proposed,
	}
	runs, err := a.waitingRuns(ctx, q, span, &p)
	if err != nil {
		return plan.Plan{}, err
	}
	if p.Bills, err = planAll(ctx, planner, runs, step); err != nil {
		return plan.Plan{}, err
	}
	if err := a.stopped(ctx, in, p.Bills); err != nil {
		return plan.Plan{}, err
	}
	if err := a.subsidiaries(ctx, in, &p); err != nil {
		return plan.Plan{}, err
	}
	p.Sum()
	if p.Counts[plan.Stops] == len(p.Bills) {
		return plan.Plan{}, nothingToPlan(p)
	}
	warn(&p, p.Counts[plan.Stops], "not to be sent as things stand, and no part of it: each is told in NEEDS YOU")
	return p, a.keepPlan(ctx, &p)
}

// stopped has what waited and cannot be sent any more become a person's, as what could
// not be sent when it came: a plan that nobody has to read is no place to tell it alone.
func (a *App) stopped(ctx context.Context, in integration.Integration, bills []plan.Bill) error {
	if !in.Enabled {
		return nil // its runs wait until it is enabled
	}
	var runs []string
	for i := range bills {
		if bills[i].Action == plan.Stops {
			runs = append(runs, bills[i].Run)
		}
	}
	return a.engine.AttemptAnew(ctx, runs)
}

// keepPlan signs a plan and keeps it.
func (a *App) keepPlan(ctx context.Context, p *plan.Plan) error {
	key, err := a.planKey(ctx)
	if err != nil {
		return err
	}
	if p.Digest, err = p.Content(); err != nil {
		return err
	}
	p.Signature = p.Signed(key)
	if err := a.savePlanBills(ctx, *p); err != nil {
		return err
	}
	if err := a.savePlan(auditing(ctx, p.Author, "make plan", planSubject(p)+", digest "+p.Digest), "", *p); err != nil {
		return err
	}
	p.Need = need(p, a.now())
	e := integration.Event{
		ID: uuid.Must(uuid.NewV7()).String(), Name: integration.EventPlan, IntegrationID: p.IntegrationID, Group: planGroup(p.ID),
		Time: p.Created,
		Message: fmt.Sprintf("%s by %s waits for another person's approval until %s. To do: read it (billferry plan show %s), "+
			"then approve or reject it", planSubject(p), p.Author, p.Expires.Format("2 January 15:04 UTC"), p.ID),
	}
	if err := a.store.AddEvent(ctx, e); err != nil {
		a.log.Error("an event could not be kept", "event", e.Name, "plan", p.ID, "error", err)
	}
	return nil
}

func planGroup(id string) string { return integration.EventPlan + "|" + id }

// planSubject names a plan in the audit trail and in events.
func planSubject(p *plan.Plan) string {
	text := fmt.Sprintf("plan %s of %s: %d Bills", p.ID, p.Integration, p.Counts[plan.Create]+p.Counts[plan.Update]+
		p.Counts[plan.Unchanged]+p.Counts[plan.Nothing])
	for _, t := range p.Totals {
		text += fmt.Sprintf(", %s %s", t.Change, t.Currency)
	}
	return text
}

// planned reads what a plan is asked for.
func (a *App) planned(ctx context.Context, q service.PlanRequest) (in integration.Integration, span *reconcile.Span, err error) {
	if in, err = a.store.Integration(ctx, q.IntegrationID); err != nil {
		return in, nil, fmt.Errorf("integration %s: %w", q.IntegrationID, err)
	}
	if q.Period != "" {
		s, err := reconcile.ParseSpan(q.Period, "")
		if err != nil {
			return in, nil, spec.Problems{{Key: "period", Label: "Period", Message: err.Error()}}
		}
		span = &s
	}
	if !in.ByPlan() {
		return in, nil, spec.Problems{{Key: integration.KeyApproval, Label: "Approval",
			Message: in.Name + " sends each Bill as it comes; set Approval to " + integration.ApprovalPlan + " to have Bills wait for a plan"}}
	}
	return in, span, nil
}

// waitingRuns are those that a plan is made of. What is left out is told.
func (a *App) waitingRuns(ctx context.Context, q service.PlanRequest, span *reconcile.Span, p *plan.Plan) ([]integration.Run, error) {
	f := integration.RunFilter{}
	if q.Filter != nil {
		f = *q.Filter
	}
	f.IntegrationID, f.Statuses, f.Oldest = q.IntegrationID, unsettled, true
	var runs []integration.Run
	only := map[string]bool{}
	for _, id := range q.Bills {
		only[id] = true
	}
	held, under := 0, 0
	for token := ""; ; {
		page, err := a.store.Runs(ctx, f, token, 500)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Runs {
			switch {
			case len(only) > 0 && !only[r.EntityID]:
			case span != nil && !span.Has(r.DocumentDate):
			case r.Plan != "" || r.Status == integration.Started:
				under++
			case r.HeldByHand() && !r.WaitsForPlan():
				held++
			default:
				runs = append(runs, r)
			}
		}
		if len(runs) > plan.MaxBills {
			return nil, spec.Problems{{Key: "period", Label: "Period", Message: fmt.Sprintf(
				"more than %d Bills wait: make a plan of fewer, by period or filter", plan.MaxBills)}}
		}
		if token = page.Next; token == "" {
			break
		}
	}
	failed, err := a.store.Totals(ctx, q.IntegrationID)
	if err != nil {
		return nil, err
	}
	n := 0
	for s, runs := range failed.ByStatus {
		if s.Failed() {
			n += runs
		}
	}
	warn(p, held, "held by a person, and left out")
	warn(p, under, "on the way already")
	warn(p, n, "failed, waiting for a person: billferry runs list --filter status:failed")
	if len(runs) == 0 {
		return nil, nothingToPlan(*p)
	}
	return runs, nil
}

// warn tells how many Bills are what, and no part of the plan.
func warn(p *plan.Plan, n int, what string) {
	switch {
	case n == 1:
		p.Warnings = append(p.Warnings, "1 Bill: "+what)
	case n > 1:
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d Bills: %s", n, what))
	}
}

func nothingToPlan(p plan.Plan) error {
	text := "no Bill of " + p.Integration + " waits for a plan"
	if p.Period != "" || p.Filter != "" {
		text += " with this period and filter"
	}
	if len(p.Warnings) > 0 {
		text += "; " + strings.Join(p.Warnings, "; ")
	}
	for i := range p.Bills {
		if i == 3 {
			text += "; …"
			break
		}
		text += "; " + p.Bills[i].Ref + ": " + p.Bills[i].Why
	}
	return &integration.Failure{Class: integration.ClassData, Cause: "plan_empty", Message: text,
		Advice: "see what stopped and why (billferry runs list --filter status:failed, or outcome:held), and mend it first"}
}

// planAll plans Bill by Bill and tells how far it is.
func planAll(ctx context.Context, planner *delivery.Planner, runs []integration.Run, step func(service.Step)) ([]plan.Bill, error) {
	var out []plan.Bill
	tell := partsOf(step)
	for i, r := range runs {
		b, err := planBill(ctx, planner, r)
		var unfit *delivery.UnfitError
		switch {
		case err == nil:
			out = append(out, b)
		case !errors.As(err, &unfit) && !errors.Is(err, integration.ErrNotFound): // else it is nobody's any more
			return nil, err
		}
		tell("Bills", i+1)
	}
	if step != nil {
		step(service.Step{Name: "Bills", State: destination.Passed, Detail: fmt.Sprintf("%d of %d", len(runs), len(runs))})
	}
	return out, nil
}

// planBill is what would become of one Bill. A *delivery.UnfitError says that its run
// is nobody's any more.
func planBill(ctx context.Context, planner *delivery.Planner, r integration.Run) (plan.Bill, error) {
	b := plan.Bill{
		Run: r.ID, ID: r.EntityID, Ref: r.BillRef, Version: r.BillVersion, Calculated: r.BillCalculated, Account: r.AccountID,
		Code: r.AccountCode, Date: r.DocumentDate, Currency: r.Currency, Total: r.AmountIn,
	}
	got, err := planner.Plan(ctx, r)
	var skip *delivery.Skip
	var fail *integration.Failure
	switch {
	case errors.As(err, &skip):
		b.Action, b.Why, b.Cause = plan.Nothing, skip.Reason, skip.Cause
		return b, nil
	case errors.As(err, &fail):
		if slices.Contains([]integration.Class{integration.ClassAuth, integration.ClassLoad, integration.ClassTransient}, fail.Class) {
			return b, err // nobody can tell now
		}
		b.Action, b.Why, b.Cause = plan.Stops, strings.TrimSuffix(fail.Message+": "+fail.Advice, ": "), fail.Cause
		return b, nil
	case err != nil:
		return b, err
	}
	describe(&b, got)
	return b, nil
}

// describe writes what is sent into the Bill of a plan.
func describe(b *plan.Bill, got delivery.Planned) {
	d := got.Document
	b.Kind, b.External, b.Currency, b.Warnings = string(d.Kind), d.ExternalID, d.Currency, d.Warnings
	b.Total, b.Hash, b.Body = d.Total, d.Hash(), d.Body
	b.Customer, b.CustomerRef = d.Entity.ID, d.Entity.ID
	if b.Customer == "" && d.Entity.ExternalID != "" {
		b.Customer, b.CustomerRef = d.Entity.ExternalID, "ext:"+d.Entity.ExternalID
	}
	b.Date = cmp.Or(d.TranDate, b.Date)
	if d.Kind == mapping.CreditMemo {
		b.Total = d.Total.Neg()
	}
	for _, l := range d.Lines {
		b.Lines = append(b.Lines, plan.Line{Item: l.ItemID, Description: l.Description, Quantity: l.Quantity, Rate: l.Rate, Amount: l.Amount})
	}
	switch was := got.Before; {
	case was == nil:
		b.Action = plan.Create
	case was.PayloadHash == b.Hash:
		b.Action, b.Before = plan.Unchanged, was.AmountOut
	default:
		b.Action, b.Before = plan.Update, was.AmountOut
	}
}

// need says what a plan waits for, in words.
func need(p *plan.Plan, now time.Time) string {
	switch p.At(now) {
	case plan.Proposed:
		return "the approval of another person than " + p.Author.Name
	case plan.Approved:
		return "somebody to apply it"
	case plan.Applying:
		return "its Bills to arrive"
	}
	return ""
}
