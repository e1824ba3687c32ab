package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/plan"
	"billferry/internal/service"
)

// lookAtPlans is how often plans are looked at without a reason: one may expire.
const lookAtPlans = time.Minute

// quietPlans is how long changes of runs are gathered before they are looked at.
const quietPlans = 200 * time.Millisecond

// followPlans carries out what plans ask for, and notes when one is over, until ctx
// ends.
func (a *App) followPlans(ctx context.Context) {
	changes := a.hub.subscribe(ctx)
	follows := map[string]*followed{}
	said := ""
	for {
		under, err := a.followOnce(ctx, follows)
		wait := lookAtPlans
		if err == nil {
			said = ""
		} else if ctx.Err() == nil {
			if text := err.Error(); text != said { // a fault that stays is told once
				a.log.Error("a plan cannot be followed now; it is looked at again", "error", err)
				said = text
			}
			wait = time.Second
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.plans.wake:
		case <-timer.C:
		case <-runChanged(changes, under):
			gatherPlans(ctx, changes)
		}
		timer.Stop()
	}
}

// runChanged hears of changes while a plan is under way, which is over when its runs
// are.
func runChanged(changes <-chan service.Change, under bool) <-chan service.Change {
	if !under {
		return nil
	}
	return changes
}

// gatherPlans waits for a moment, so that thousands of changes are looked at together.
func gatherPlans(ctx context.Context, changes <-chan service.Change) {
	timer := time.NewTimer(quietPlans)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return
			}
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// followOnce looks at the plans that are not over, and tells whether one is under way.
// One that cannot be followed holds up no other.
func (a *App) followOnce(ctx context.Context, follows map[string]*followed) (under bool, err error) {
	heads, err := a.planHeadsOf(ctx, "")
	faults := []error{err}
	for _, p := range heads {
		var err error
		switch s := p.At(a.now()); {
		case s == plan.Expired && p.State != plan.Expired:
			err = a.expirePlan(ctx, p.ID)
		case s == plan.Applying || s == plan.Stopping:
			under = true
			err = a.followPlan(ctx, p.ID, follows)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("plan %s: %w", p.ID, err))
		}
	}
	return under, errors.Join(faults...)
}

func (a *App) expirePlan(ctx context.Context, id string) error {
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	p, err := a.planHead(ctx, id)
	if err != nil || p.At(a.now()) != plan.Expired {
		return err
	}
	p.State = plan.Expired
	ctx = auditing(ctx, plan.Who{ID: "user:billferry", Name: "billferry"}, "expire plan", planSubject(&p))
	if err := a.savePlan(ctx, p); err != nil {
		return err
	}
	a.closePlanEvent(ctx, &p)
	return nil
}

// followed is a plan that this process has carried out. A plan of thousands of Bills
// is large, and looked at often while they go out: only what is left is kept of it.
type followed struct {
	state   plan.State  // what it asked for then
	left    []plan.Bill // whose runs may not be settled, without what is sent
	settled tally       // of those that are not left
	far     tally       // of all, when last looked at
}

// tally is how far a plan is.
type tally struct{ done, failed, refused int }

func (t *tally) add(b *plan.Bill, done bool) {
	if done {
		t.done++
	}
	if b.Failed() {
		t.failed++
	}
	if b.Refused != "" {
		t.refused++
	}
}

// followPlan carries a plan out, once in this process, and ends it when all its Bills
// are settled.
func (a *App) followPlan(ctx context.Context, id string, follows map[string]*followed) error {
	p, err := a.planHead(ctx, id)
	if err != nil {
		return err
	}
	f := follows[id]
	if f == nil || f.state != p.State {
		err := a.carryOutPlan(ctx, id)
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			return nil // it was stopped meanwhile, and is looked at again
		}
		if err != nil {
			return err
		}
		whole, err := a.wholePlan(ctx, id)
		if err != nil {
			return err
		}
		f = &followed{state: p.State}
		for _, b := range whole.Bills {
			if b.Sent() {
				b.Lines, b.Body, b.Warnings = nil, nil, nil
				f.left = append(f.left, b)
			}
		}
		follows[id] = f
	}
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	if p, err = a.planHead(ctx, id); err != nil || p.State.Over() {
		delete(follows, id)
		return err
	}
	var left []plan.Bill
	settled := f.settled
	far := settled
	for _, b := range f.left {
		done, err := a.standing(ctx, &p, &b, f.state == p.State)
		if err != nil {
			return err
		}
		if far.add(&b, done); done || b.Refused != "" {
			settled.add(&b, done)
		} else {
			left = append(left, b)
		}
	}
	was := f.far
	f.left, f.settled, f.far = left, settled, far
	switch {
	case p.State == plan.Stopping && f.state == plan.Stopping:
		p.State = plan.Stopped
	case p.State == plan.Applying && len(f.left) == 0:
		p.State = plan.Applied
	default:
		if far != was {
			a.plans.far.Store(id, far)
			a.changed("plan", id)
		}
		return nil
	}
	if err := a.endPlan(ctx, id, p.State, f.state); err != nil {
		return err
	}
	delete(follows, id)
	a.plans.far.Delete(id)
	return nil
}

// endPlan keeps what became of the Bills of a plan that is over: as end says, since
// what carried asked for was done.
func (a *App) endPlan(ctx context.Context, id string, end, carried plan.State) error {
	p, err := a.wholePlan(ctx, id)
	if err != nil {
		return err
	}
	if err := a.standings(ctx, &p, carried == p.State); err != nil {
		return err
	}
	p.State = end
	if err := a.savePlanBills(ctx, p); err != nil {
		return err
	}
	said := fmt.Sprintf("%s: %d settled, of them %d failed, %d not sent by it", planSubject(&p), p.Done, p.Failed, p.Refused)
	return a.savePlan(auditing(ctx, plan.Who{ID: "user:billferry", Name: "billferry"}, "plan is "+strings.ToLower(string(p.State)), said), p)
}
