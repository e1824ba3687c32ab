package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
)

// ApplyPlan implements service.Service. The plan's state on disk is what counts:
// whoever goes on after a crash finishes what it says.
func (a *App) ApplyPlan(ctx context.Context, q service.PlanAct, step func(service.Step)) (plan.Plan, error) {
	compared, in, err := a.applicable(ctx, q)
	if err != nil {
		return compared, err
	}
	stops, err := a.compare(ctx, &compared, in, step) // it asks the destination: nobody waits for that
	if err == nil {
		err = a.engine.AttemptAnew(ctx, stops) // those are a person's, like those that a new plan would find
	}
	if err != nil {
		return compared, err
	}
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	p, _, err := a.applicable(ctx, q)
	if err != nil {
		return p, err
	}
	p.Bills, p.Refused = compared.Bills, compared.Refused
	who := a.by(ctx)
	p.State, p.Applied = plan.Applying, &plan.Act{By: who, At: a.now().UTC(), Reason: strings.TrimSpace(q.Reason)}
	if err := a.savePlanBills(ctx, p); err != nil { // what is refused, before the state that goes by it
		return p, err
	}
	said := planSubject(&p) + ", approved by " + p.Decision.By.Name
	if p.Refused > 0 {
		said += fmt.Sprintf("; %d Bills have changed and are not sent", p.Refused)
	}
	if err := a.savePlan(auditing(ctx, who, "apply plan", said), plan.Approved, p); err != nil {
		return p, err
	}
	a.plans.kick()
	if a.running == nil { // nobody else does it now
		if err := a.carryOutPlan(ctx, p.ID); err != nil {
			return p, err
		}
	}
	p.Need = need(&p, a.now())
	return p, nil
}

// applicable reads a plan that may be applied as things stand.
func (a *App) applicable(ctx context.Context, q service.PlanAct) (plan.Plan, integration.Integration, error) {
	p, in, err := a.openPlan(ctx, q)
	if err == nil && p.At(a.now()) != plan.Approved {
		err = stateFault(&p, a.now(), "applied")
	}
	if err == nil {
		err = a.mayApply(ctx, &p, in)
	}
	return p, in, err
}

func (l *plans) kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// mayApply holds what a plan was approved under beside how things stand now.
func (a *App) mayApply(ctx context.Context, p *plan.Plan, in integration.Integration) error {
	if !in.Enabled {
		return conflict("integration_disabled", in.Name+" is disabled: nothing of plan "+p.ID+" can be sent", "enable it first")
	}
	if err := a.settingsAsPlanned(p, in); err != nil {
		return err
	}
	approver := p.Decision.By
	if why := p.MayDecide(approver, in.ModifiedBy); why != "" {
		return conflict("plan_same_person", why+", and had approved it", "make a new plan, and have another person approve it")
	}
	if id, isKey := strings.CutPrefix(approver.ID, "key:"); isKey {
		if _, err := a.keys.Key(ctx, id); errors.Is(err, integration.ErrNotFound) {
			return conflict("plan_approver_gone", "the API key "+approver.Name+", which approved plan "+p.ID+", was revoked",
				"make a new plan, and have another person approve it")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// compare maps each Bill again and names what is not as the plan has it. It tells the
// runs of those that cannot be sent any more.
func (a *App) compare(ctx context.Context, p *plan.Plan, in integration.Integration, step func(service.Step)) (stops []string, err error) {
	planner, err := a.engine.Planner(ctx, in)
	if err != nil {
		return nil, err
	}
	if planner.Account() != p.Account {
		return nil, conflict("plan_settings_changed", fmt.Sprintf("plan %s is for the account %s, and %s is connected to %s now", p.ID,
			p.Account, in.Name, planner.Account()), "make a new plan")
	}
	tell := partsOf(step)
	p.Refused = 0
	for i := range p.Bills {
		b := &p.Bills[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := plan.Bill{}
		if b.Refused, now, err = a.changedSince(ctx, planner, b); err != nil {
			return nil, err
		}
		if b.Refused != "" {
			p.Refused++
		}
		if now.Action == plan.Stops {
			stops = append(stops, b.Run)
		}
		tell("compared", i+1)
	}
	if step != nil {
		step(service.Step{Name: "compared", State: destination.Passed, Detail: fmt.Sprintf("%d Bills, %d have changed", len(p.Bills), p.Refused)})
	}
	return stops, nil
}

// changedSince says why a Bill cannot go out as the plan has it, "" when it can, and
// what would become of it now.
func (a *App) changedSince(ctx context.Context, planner *delivery.Planner, b *plan.Bill) (why string, now plan.Bill, err error) {
	if !b.Sent() {
		return "", now, nil
	}
	r, err := a.store.Run(ctx, b.Run)
	if errors.Is(err, integration.ErrNotFound) {
		return "its run is gone", now, nil
	}
	switch {
	case err != nil:
		return "", now, err
	case r.Status.Settled() && r.Outcome != integration.Superseded:
		return "it is settled already: " + plan.Standing(r), now, nil
	case r.Plan != "":
		return "it is on its way by plan " + r.Plan, now, nil
	case r.HeldByHand() && !r.WaitsForPlan():
		return "a person holds it: " + r.Error, now, nil
	}
	now, err = planBill(ctx, planner, r)
	var unfit *delivery.UnfitError
	switch {
	case errors.As(err, &unfit):
		return "version " + fmt.Sprint(b.Version) + ", which the plan has, is " + unfit.Why, now, nil
	case err != nil:
		return "", now, err
	}
	return strings.Join(b.Differs(now), "; "), now, nil
}

// letGo are the runs of a plan that go out by it.
func letGo(p *plan.Plan) (out []delivery.LetGo) {
	for i := range p.Bills {
		if b := &p.Bills[i]; b.Sent() && b.Refused == "" {
			out = append(out, delivery.LetGo{RunID: b.Run, Hash: b.Hash})
		}
	}
	return out
}

// carryOutPlan does what the state of a plan asks for. Done twice, it does nothing
// more.
func (a *App) carryOutPlan(ctx context.Context, id string) error {
	a.plans.carry.Lock()
	defer a.plans.carry.Unlock()
	ctx, stop := context.WithCancel(ctx)
	a.plans.under.Store(id, stop)
	defer func() {
		a.plans.under.Delete(id)
		stop()
	}()
	p, err := a.wholePlan(ctx, id)
	if err != nil {
		return err
	}
	key, err := a.planKey(ctx)
	if err != nil {
		return err
	}
	what := p.Intact(key)
	switch {
	case what != "" && p.State == plan.Applying: // it ends with nothing more let go
		a.log.Error("a plan that is not as it was approved is not carried out", "plan", p.ID, "changed", what)
	case p.State == plan.Applying:
		return a.engine.LetGoByPlan(ctx, p.ID, letGo(&p), func(run string, err error) {
			a.log.Info("a Bill of a plan cannot go out by it", "plan", p.ID, "run", run, "why", err)
		})
	case p.State == plan.Stopping:
		return a.engine.TakeBackPlan(ctx, p.ID, letGo(&p))
	}
	return nil
}

// StopPlan implements service.Service.
func (a *App) StopPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	p, _, err := a.openPlan(ctx, q)
	if err != nil {
		return p, err
	}
	if p.State != plan.Applying {
		return p, conflict("plan_over", "plan "+p.ID+" is not being applied: it is "+strings.ToLower(string(p.At(a.now()))),
			"reject it, if it shall not be applied (billferry plan reject "+p.ID+")")
	}
	who := a.by(ctx)
	p.State, p.Ended = plan.Stopping, &plan.Act{By: who, At: a.now().UTC(), Reason: strings.TrimSpace(q.Reason)}
	said := strings.TrimSuffix(planSubject(&p)+": "+q.Reason, ": ")
	if err := a.savePlan(auditing(ctx, who, "stop plan", said), plan.Applying, p); err != nil {
		return p, err
	}
	if stop, ok := a.plans.under.Load(p.ID); ok {
		stop.(context.CancelFunc)()
	}
	if err := a.carryOutPlan(ctx, p.ID); err != nil {
		return p, err
	}
	a.plans.kick()
	return p, nil
}
