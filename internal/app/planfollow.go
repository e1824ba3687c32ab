package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/plan"
	"billferry/internal/service"
)

// lookAtPlans is how often plans are looked at without a reason: one may expire.
const lookAtPlans = time.Minute

// quietPlans is how long changes of runs are gathered before they are looked at: no
// multiple of the delay of a commit, with which changes come, so that what comes at its
// end is not a matter of chance.
const quietPlans = 217 * time.Millisecond

// follower is what this process knows of the plans that it follows.
type follower struct {
	plans map[string]*followed
	heads map[string]readHead
	// all tells that any run may have changed since the plans were looked at; runs are
	// those that did.
	all  bool
	runs map[string]bool
}

func newFollower() *follower {
	return &follower{plans: map[string]*followed{}, heads: map[string]readHead{}, all: true, runs: map[string]bool{}}
}

func (f *follower) heard(c service.Change) {
	if c.Of("run") {
		f.runs[c.ID] = true
		f.all = f.all || c.ID == "" // some, of many
	}
}

// followPlans carries out what plans ask for, and notes when one is over, until ctx
// ends.
func (a *App) followPlans(ctx context.Context) {
	changes := a.hub.subscribe(ctx)
	f := newFollower()
	said := ""
	for {
		under, err := a.followOnce(ctx, f)
		f.all = err != nil
		clear(f.runs)
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
		var runs <-chan service.Change // of a plan under way, which is over when they are
		if under {
			runs = changes
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.plans.wake:
			f.all = true
		case <-timer.C:
			f.all = true
		case c := <-runs:
			f.heard(c)
			a.gatherPlans(ctx, f)
		}
		timer.Stop()
		a.plansHeard(changes, f)
	}
}

// gatherPlans waits for a moment, so that thousands of changes are looked at together,
// or until somebody asks.
func (a *App) gatherPlans(ctx context.Context, f *follower) {
	timer := time.NewTimer(quietPlans)
	defer timer.Stop()
	select {
	case <-a.plans.wake:
		f.all = true
	case <-timer.C:
	case <-ctx.Done():
	}
}

// plansHeard takes in what has come by now: the next look knows of it, whatever of it Go
// has chosen to be heard first.
func (a *App) plansHeard(changes <-chan service.Change, f *follower) {
	for more := true; more; {
		var c service.Change
		select {
		case <-a.plans.wake:
			f.all = true
		case c, more = <-changes:
			f.heard(c)
		default:
			more = false
		}
	}
}

// followOnce looks at the plans that are not over, and tells whether one is under way.
// One that cannot be followed holds up no other.
func (a *App) followOnce(ctx context.Context, f *follower) (under bool, err error) {
	heads, err := a.planHeadsSince(ctx, "", f.heads)
	faults := []error{err}
	for _, p := range heads {
		var err error
		switch s := p.At(a.now()); {
		case s == plan.Expired && p.State != plan.Expired:
			err = a.expirePlan(ctx, p.ID)
		case s == plan.Applying || s == plan.Stopping:
			under = true
			err = a.followPlan(ctx, p.ID, f)
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
	was := p.State
	p.State = plan.Expired
	ctx = auditing(ctx, plan.Who{ID: "user:billferry", Name: "billferry"}, "expire plan", planSubject(&p))
	if err := a.savePlan(ctx, was, p); err != nil {
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
type tally struct{ Done, Failed, Refused int }

func (t *tally) add(b *plan.Bill, done bool) {
	if done {
		t.Done++
	}
	if b.Failed() {
		t.Failed++
	}
	if b.Refused != "" {
		t.Refused++
	}
}

// followPlan carries a plan out, once in this process, and ends it when all its Bills
// are settled.
func (a *App) followPlan(ctx context.Context, id string, of *follower) error {
	p, err := a.planHead(ctx, id)
	if err != nil {
		return err
	}
	f, whole := of.plans[id], of.all
	if f == nil || f.state != p.State {
		err := a.carryOutPlan(ctx, id)
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			return nil // it was stopped meanwhile, and is looked at again
		}
		if err != nil {
			return err
		}
		p, err := a.wholePlan(ctx, id)
		if err != nil {
			return err
		}
		f = &followed{state: p.State}
		for _, b := range p.Bills {
			if b.Sent() {
				b.Lines, b.Body, b.Warnings = nil, nil, nil
				f.left = append(f.left, b)
			}
		}
		of.plans[id], whole = f, true
	}
	a.plans.mu.Lock()
	defer a.plans.mu.Unlock()
	if p, err = a.planHead(ctx, id); err != nil || p.State.Over() {
		delete(of.plans, id)
		return err
	}
	var left []plan.Bill
	settled := f.settled
	far := settled
	for _, b := range f.left {
		var done bool
		if whole || of.runs[b.Run] || f.state != p.State {
			if done, err = a.standing(ctx, &p, &b, f.state == p.State); err != nil {
				return err
			}
		}
		if far.add(&b, done); done || b.Refused != "" {
			settled.add(&b, done)
		} else {
			left = append(left, b)
		}
	}
	was := f.far
	f.left, f.settled, f.far = left, settled, far
	var end plan.State
	switch {
	case p.State == plan.Stopping && f.state == plan.Stopping:
		end = plan.Stopped
	case p.State == plan.Applying && len(f.left) == 0:
		end = plan.Applied
	case far == was:
		return nil
	default:
		return a.tellFar(ctx, id, &far)
	}
	if err := a.endPlan(ctx, id, p.State, end, f.state); err != nil {
		return err
	}
	delete(of.plans, id)
	return a.tellFar(ctx, id, nil)
}

// endPlan keeps what became of the Bills of a plan that was under way and is over: as
// end says, since what carried asked for was done.
func (a *App) endPlan(ctx context.Context, id string, was, end, carried plan.State) error {
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
	what := "plan is " + strings.ToLower(string(p.State))
	return a.savePlan(auditing(ctx, plan.Who{ID: "user:billferry", Name: "billferry"}, what, said), was, p)
}

// planFar begins the keys under which processes that share a store tell each other how
// far plans are.
const planFar = "plan.far/"

// tellFar tells how far a plan is that is carried out here; nil: it is over.
func (a *App) tellFar(ctx context.Context, id string, far *tally) (err error) {
	switch {
	case a.cluster == nil && far == nil:
		a.plans.far.Delete(id)
		return nil
	case a.cluster == nil:
		a.plans.far.Store(id, *far)
	default:
		var raw []byte
		if far != nil {
			if raw, err = json.Marshal(far); err != nil {
				return err
			}
		}
		if err := a.store.SetMeta(ctx, planFar+id, raw); err != nil {
			return err
		}
	}
	a.changed("plan", id)
	return nil
}

// farOf is how far the plans are that are being carried out, by their ids.
func (a *App) farOf(ctx context.Context) (map[string]tally, error) {
	out := map[string]tally{}
	if a.cluster == nil {
		a.plans.far.Range(func(id, far any) bool {
			out[id.(string)] = far.(tally)
			return true
		})
		return out, nil
	}
	raws, err := a.store.MetaUnder(ctx, planFar)
	for key, raw := range raws {
		var far tally
		if err := json.Unmarshal(raw, &far); err != nil {
			return nil, fmt.Errorf("read how far a plan is: %w", err)
		}
		out[strings.TrimPrefix(key, planFar)] = far
	}
	return out, err
}
