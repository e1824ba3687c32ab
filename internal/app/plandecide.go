package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service"
)

// plans has the steps of plans one after the other.
type plans struct {
	mu    lock          // the state of each; taken before carry
	wake  chan struct{} // 1 deep: something is to be followed
	carry lock          // letting go and taking back
	under sync.Map      // plan id -> context.CancelFunc of what carry does
	far   sync.Map      // plan id -> tally of one that is being applied, without a cluster
}

// lock is a mutex for what takes its time: who waits for it can be seen to wait, and
// a test's clock goes on.
type lock chan struct{}

func (l lock) Lock()   { l <- struct{}{} }
func (l lock) Unlock() { <-l }

// conflict says that something cannot be done as things stand. All that the caller can
// do about it is in its advice.
func conflict(cause, message, advice string) error {
	return &integration.Failure{Class: integration.ClassHeld, Cause: cause, Message: message, Advice: advice, Err: integration.ErrConflict}
}

// Plans implements service.Service.
func (a *App) Plans(ctx context.Context, integrationID string) ([]plan.Plan, error) {
	out, err := a.planHeadsOf(ctx, integrationID)
	far, unread := a.farOf(ctx)
	err = errors.Join(err, unread)
	for i := range out {
		p := &out[i]
		p.State, p.Need, p.Settings, p.Customers, p.Parts = p.At(a.now()), need(p, a.now()), nil, nil, nil
		if t, ok := far[p.ID]; ok && !p.State.Over() {
			p.Done, p.Failed, p.Refused = t.Done, t.Failed, t.Refused
		}
	}
	return out, err
}

// Plan implements service.Service.
func (a *App) Plan(ctx context.Context, id string) (plan.Plan, error) {
	p, err := a.wholePlan(ctx, id)
	if err != nil {
		return p, err
	}
	if err := a.standings(ctx, &p, false); err != nil {
		return p, err
	}
	p.State, p.Need = p.At(a.now()), need(&p, a.now())
	return p, nil
}

// standings says what the Bills of a plan have become; of one that is over that is
// kept. let tells that all that can go was let go.
func (a *App) standings(ctx context.Context, p *plan.Plan, let bool) error {
	if p.Applied == nil || p.State.Over() {
		return nil
	}
	var t tally
	for i := range p.Bills {
		b := &p.Bills[i]
		if !b.Sent() {
			continue
		}
		done, err := a.standing(ctx, p, b, let)
		if err != nil {
			return err
		}
		t.add(b, done)
	}
	p.Done, p.Failed, p.Refused = t.Done, t.Failed, t.Refused
	return nil
}

// standing says what one of them has become, and whether it is settled.
func (a *App) standing(ctx context.Context, p *plan.Plan, b *plan.Bill, let bool) (done bool, err error) {
	if b.Refused != "" {
		return false, nil
	}
	r, err := a.store.Run(ctx, b.Run)
	switch {
	case errors.Is(err, integration.ErrNotFound):
		b.Status = "purged"
		return true, nil
	case err != nil:
		return false, err
	case r.Plan != p.ID && !r.Status.Settled() && (let || r.Cause == integration.CausePlanDiffers):
		b.Refused = cmp.Or(r.Error, "it was not let go")
		return false, nil
	}
	b.Stand(r)
	return r.Status.Settled() && r.Status != integration.AuthFailed, nil
}

// openPlan reads a plan for an act on it. What was changed outside billferry, and
// what is not as the caller has read it, is refused.
func (a *App) openPlan(ctx context.Context, q service.PlanAct) (p plan.Plan, in integration.Integration, err error) {
	if p, err = a.wholePlan(ctx, q.PlanID); err != nil {
		return p, in, err
	}
	key, err := a.planKey(ctx)
	if err != nil {
		return p, in, err
	}
	if what := p.Intact(key); what != "" {
		return p, in, conflict("plan_tampered", fmt.Sprintf("plan %s is not as it was made: %s was changed", p.ID, what),
			"make a new plan; the audit trail has the digest of this one, and who can write to the data folder should be looked at")
	}
	if q.Digest != "" && q.Digest != p.Digest {
		return p, in, conflict("plan_differs", fmt.Sprintf("what was read is not plan %s as it is kept: its digest is %s", p.ID, p.Digest),
			"read the plan again (billferry plan show "+p.ID+"), and leave its file as it was written")
	}
	if in, err = a.store.Integration(ctx, p.IntegrationID); err != nil {
		return p, in, fmt.Errorf("integration %s: %w", p.Integration, err)
	}
	return p, in, nil
}

// stateFault says that a plan is too far for an act.
func stateFault(p *plan.Plan, now time.Time, what string) error {
	advice := "make a new plan of what still waits (billferry plan --integration '" + p.Integration + "')"
	switch s := p.At(now); s {
	case plan.Expired:
		return conflict("plan_expired", fmt.Sprintf("plan %s cannot be %s: it was to be applied by %s", p.ID, what,
			p.Expires.Format("2 January 2006 15:04 UTC")), advice)
	case plan.Proposed:
		return conflict("plan_not_approved", fmt.Sprintf("plan %s cannot be %s: nobody has approved it", p.ID, what),
			"another person than "+p.Author.Name+" approves it (billferry plan approve "+p.ID+")")
	case plan.Applying, plan.Stopping:
		return conflict("plan_under_way", fmt.Sprintf("plan %s cannot be %s: it is being applied", p.ID, what),
			"see how far it is (billferry plan show "+p.ID+"), or stop it")
	default:
		return conflict("plan_over", fmt.Sprintf("plan %s cannot be %s: it is %s", p.ID, what, strings.ToLower(string(s))), advice)
	}
}

// ApprovePlan implements service.Service.
func (a *App) ApprovePlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return a.decide(ctx, q, plan.Approved)
}

// RejectPlan implements service.Service. Its author may take it back so.
func (a *App) RejectPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	if err := needed("reason", "Reason", q.Reason); err != nil {
		return plan.Plan{}, err
	}
	return a.decide(ctx, q, plan.Rejected)
}

func (a *App) decide(ctx context.Context, q service.PlanAct, as plan.State) (plan.Plan, error) {
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	what := strings.ToLower(string(as))
	p, in, err := a.openPlan(ctx, q)
	if err != nil {
		return p, err
	}
	if s := p.At(a.now()); s != plan.Proposed && !(s == plan.Approved && as == plan.Rejected) {
		if s == plan.Approved {
			return p, conflict("plan_over", "plan "+p.ID+" is approved already, by "+p.Decision.By.Name, "apply it (billferry apply "+p.ID+")")
		}
		return p, stateFault(&p, a.now(), what)
	}
	who := a.by(ctx)
	if as == plan.Approved {
		if why := p.MayDecide(who, in.ModifiedBy); why != "" {
			return p, conflict("plan_same_person", why+", and may not approve it",
				"another person approves it, with an API key of their own (billferry apikey create, then --server); docs/PLANS.md says who may")
		}
		if err := a.settingsAsPlanned(&p, in); err != nil {
			return p, err
		}
	}
	key, err := a.planKey(ctx)
	if err != nil {
		return p, err
	}
	act := plan.Act{By: who, At: a.now().UTC(), Reason: strings.TrimSpace(q.Reason)}
	act.Seal = p.SealOf(key, as, act)
	was := p.State
	p.State, p.Decision = as, &act
	said := planSubject(&p) + ", digest " + p.Digest
	if act.Reason != "" {
		said += ": " + act.Reason
	}
	verb := map[plan.State]string{plan.Approved: "approve plan", plan.Rejected: "reject plan"}[as]
	if err := a.savePlan(auditing(ctx, who, verb, said), was, p); err != nil {
		return p, err
	}
	a.closePlanEvent(ctx, &p)
	p.Need = need(&p, a.now())
	return p, nil
}

// closePlanEvent ends the event of a plan that waits for nobody's approval any more.
func (a *App) closePlanEvent(ctx context.Context, p *plan.Plan) {
	if err := a.store.CloseEvents(ctx, p.IntegrationID, planGroup(p.ID)); err != nil {
		a.log.Error("the event of a plan could not be closed", "plan", p.ID, "error", err)
	}
}

// settingsAsPlanned refuses a plan whose integration has other settings by now,
// another account, or no login.
func (a *App) settingsAsPlanned(p *plan.Plan, in integration.Integration) error {
	f, err := a.form(in.EntityType, in.Destination)
	if err != nil {
		return err
	}
	again := "make a new plan with the settings as they are now"
	if changed := p.Changed(f, in.ConfigData); len(changed) > 0 {
		return conflict("plan_settings_changed", fmt.Sprintf("settings of %s have changed since plan %s was made: %s", in.Name, p.ID,
			strings.Join(changed, "; ")), again)
	}
	return nil
}
