package delivery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"billferry/internal/integration"
	"billferry/mapping"
)

// What a run says that its setting Approval keeps until a plan lets it go.
const (
	waitsForPlan  = "it waits for a plan: the integration sends only what an approved plan has"
	planAdvice    = "make a plan (billferry plan), have another person approve it, and apply it"
	planDiffers   = "its document is not the one that the plan has: the Bill, a mapping, a setting or a value that a rule reads has changed"
	differsAdvice = "make a new plan with the document as it is now"
)

// heldForPlan keeps a run from being sent whose integration sends by plan alone,
// unless a plan that was applied has just this document of it. All that stops a
// Bill anyway has been told by then.
func (t *task) heldForPlan() (bool, error) {
	r := &t.run
	t.asPlanned()
	switch {
	case !t.queue.in.ByPlan() || r.Plan != "" && r.PlanHash == t.doc.Hash():
		return false, nil
	case r.Plan != "":
		r.Cause, r.Error, r.Advice = integration.CausePlanDiffers, planDiffers, differsAdvice
	default:
		r.Cause, r.Error, r.Advice = integration.CausePlan, waitsForPlan, planAdvice
	}
	r.Tries-- // nothing is sent
	r.Status, r.Outcome, r.InFlight = t.disk, integration.Held, t.unknown
	r.Plan, r.PlanHash, r.Started, r.Next, r.Modified = "", "", time.Time{}, time.Time{}, t.e.o.Now()
	if err := t.e.o.Ledger.SaveRunSoon(t.saves, *r, nil); err != nil {
		return true, err
	}
	t.e.o.OnRun(*r)
	return true, nil
}

// asPlanned leaves out what lines call the documents of other Bills where the plan
// had none yet: those of the same plan have one once they went through.
func (t *task) asPlanned() {
	if !t.queue.in.ByPlan() || t.run.Plan == "" || t.run.PlanHash == t.doc.Hash() {
		return
	}
	d := t.doc.Document
	d.Lines = slices.Clone(d.Lines)
	for i := range d.Lines {
		if l := &d.Lines[i]; l.Plain != "" {
			l.Description = l.Plain
		}
	}
	if plain := t.queue.conf.sys.Encode(d); plain.Hash() == t.run.PlanHash {
		t.doc = plain
		t.describe()
	}
}

// Planned is what an attempt would send for a run as things stand now.
type Planned struct {
	Document mapping.Encoded
	// Before is the run whose document of the Bill the destination holds; nil: none is known.
	Before *integration.Run
}

// Planner works out what attempts of one integration would send.
type Planner struct {
	e     *Engine
	in    integration.Integration
	conf  config
	dest  Destination
	asker *Asker
}

// Planner makes one. The integration has to be connected: what its destination
// calls things is part of the documents.
func (e *Engine) Planner(ctx context.Context, in integration.Integration) (*Planner, error) {
	p := &Planner{e: e, in: in}
	var err error
	if p.conf, err = e.config(in); err != nil {
		return nil, err
	}
	if p.dest, err = e.o.Resolver.Destination(ctx, in); err != nil {
		return nil, err
	}
	p.asker, err = e.Asker(ctx, p.dest)
	return p, err
}

// Account is that of the destination.
func (p *Planner) Account() string { return p.dest.Account() }

// Plan maps the Bill of a run as an attempt would. The error is a *Skip when
// nothing would be sent, an *UnfitError when a newer version takes the run's place,
// an *integration.Failure, or one of the ledger.
func (p *Planner) Plan(ctx context.Context, r integration.Run) (Planned, error) {
	siblings, err := p.e.o.Ledger.Siblings(ctx, r)
	if err != nil {
		return Planned{}, err
	}
	if by, ok := newerOf(r, siblings); ok {
		return Planned{}, unfit(&r, "superseded by version %d of the Bill", by.BillVersion)
	}
	raw, err := p.e.o.Ledger.Bill(ctx, r.ID)
	if err != nil {
		return Planned{}, err
	}
	out := p.outside(mayBeThere(r, siblings))
	out.earlier = func(ctx context.Context) ([]mapping.Document, error) {
		return p.e.earlier(ctx, r.IntegrationID, p.dest.Account(), append(slices.Clip(siblings), r))
	}
	m, err := p.e.prepare(ctx, p.conf, raw, out)
	if err == nil {
		a := &amender{e: p.e, conf: p.conf, dest: p.dest, run: r, turn: p.asker.Do, plans: true}
		m, err = a.foresee(ctx, m, siblings)
	}
	planned := Planned{Document: m.Document}
	if err != nil || m.Document.Amends != nil { // an amendment changes nothing that stands
		return planned, err
	}
	i := slices.IndexFunc(siblings, func(o integration.Run) bool {
		return o.Sent() && o.IntegrationID == r.IntegrationID && o.Account == p.dest.Account()
	})
	if i >= 0 {
		planned.Before = &siblings[i]
	}
	return planned, nil
}

// outside asks the destination in the slots of its account.
func (p *Planner) outside(sent bool) outside {
	a := &asking{e: p.e, in: p.in, dest: func(context.Context) (Destination, error) { return p.dest, nil },
		turn: func(ctx context.Context, _ Destination, call func(context.Context) error) error {
			return p.asker.Do(ctx, call)
		}}
	out := outside{sent: sent, currency: a.currency, record: a.record}
	if p.conf.cfg.FirstOpen {
		out.period = func(ctx context.Context, date string) (period mapping.Period, err error) {
			err = p.asker.Do(ctx, func(ctx context.Context) error {
				period, err = p.dest.Period(ctx, date, nobody)
				return err
			})
			return period, err
		}
	}
	return out
}

// LetGo is a run that a plan lets go out, with this document.
type LetGo struct{ RunID, Hash string }

// planAtOnce is how many runs are let go at once, so that they share commits.
const planAtOnce = 64

// LetGoByPlan lets the runs of a plan that is applied go out, each with just the
// document that the plan has of it. One that is on its way by the same plan, or was, is left
// alone: what was interrupted is done again. refused is told of each that cannot
// go; it is called by one at a time.
func (e *Engine) LetGoByPlan(ctx context.Context, planID string, runs []LetGo, refused func(runID string, err error)) error {
	return e.eachByPlan(ctx, runs, func(r *integration.Run, g LetGo) error {
		switch {
		case r.Plan == planID:
			return errUnchanged
		case r.Status.Settled():
			return unfit(r, "%s already", r.Standing())
		case r.HeldByHand() && !r.WaitsForPlan():
			return unfit(r, "held by a person: %s", r.Error)
		case r.Plan != "":
			return unfit(r, "on its way by another plan")
		case r.Status == integration.Started:
			return unfit(r, onItsWay)
		}
		r.Outcome, r.Cause, r.Error, r.Advice = "", "", "", ""
		r.Started, r.Next = time.Time{}, time.Time{}
		r.Plan, r.PlanHash = planID, g.Hash
		return nil
	}, refused)
}

// TakeBackPlan keeps the runs of a plan that are not on their way from going out by it.
func (e *Engine) TakeBackPlan(ctx context.Context, planID string, runs []LetGo) error {
	return e.eachByPlan(ctx, runs, func(r *integration.Run, _ LetGo) error {
		if r.Plan != planID || !r.Status.Queued() {
			return errUnchanged
		}
		r.Plan, r.PlanHash, r.Next = "", "", time.Time{}
		r.Outcome, r.Cause, r.Error, r.Advice = integration.Held, integration.CausePlan, waitsForPlan, planAdvice
		return nil
	}, func(string, error) {})
}

// AttemptAnew has runs that wait for a plan worked out again, as when they came: one
// that cannot be sent as things stand fails with its cause, and is a person's. Nothing
// is sent of it without a plan.
func (e *Engine) AttemptAnew(ctx context.Context, runIDs []string) error {
	runs := make([]LetGo, len(runIDs))
	for i, id := range runIDs {
		runs[i].RunID = id
	}
	return e.eachByPlan(ctx, runs, func(r *integration.Run, _ LetGo) error {
		if !r.WaitsForPlan() {
			return errUnchanged
		}
		r.Outcome, r.Cause, r.Error, r.Advice = "", "", "", ""
		r.Started, r.Next = time.Time{}, time.Time{}
		return nil
	}, func(string, error) {})
}

// errUnchanged ends a change that is not needed.
var errUnchanged = errors.New("nothing to change")

// eachByPlan changes runs, several at once. What is on its way is waited for.
func (e *Engine) eachByPlan(
	ctx context.Context, runs []LetGo, change func(*integration.Run, LetGo) error, refused func(runID string, err error),
) error {
	var one sync.Mutex
	for part := range slices.Chunk(runs, planAtOnce) {
		var g errgroup.Group
		for _, x := range part {
			g.Go(func() error {
				err := e.changeAside(ctx, x, change)
				var unfit *UnfitError
				switch {
				case err == nil, errors.Is(err, errUnchanged):
					return nil
				case errors.As(err, &unfit), errors.Is(err, integration.ErrNotFound), errors.Is(err, integration.ErrConflict):
					one.Lock()
					defer one.Unlock()
					refused(x.RunID, err)
					return nil
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.Wake()
	}
	return nil
}

// busyWait is how soon a Bill is asked for again that a task has in hand, then after
// twice as long each time: a call may take minutes.
const (
	busyWait    = 10 * time.Millisecond
	longestBusy = time.Second
)

// changeAside changes a run once no task has its Bill in hand.
func (e *Engine) changeAside(ctx context.Context, x LetGo, change func(*integration.Run, LetGo) error) error {
	for wait := busyWait; ; wait = min(2*wait, longestBusy) {
		_, err := e.withBillLocked(ctx, x.RunID, func(r *integration.Run) error { return change(r, x) })
		var busy *UnfitError
		if !errors.As(err, &busy) || busy.Why != onItsWay || !sleep(ctx, wait) {
			return err
		}
	}
}
