package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

// errStopping ends a task that has not called the destination yet.
var errStopping = errors.New("the engine stops")

// task is one run on its way: from the ledger to the ledger.
type task struct {
	e       *Engine
	h       *workers
	queue   *queue
	run     integration.Run
	disk    integration.Status // as the ledger has it now
	before  integration.Status // as the ledger had it before the intent
	doc     mapping.Encoded
	doubt   []integration.Doc // of the run, before the intent
	unknown bool              // the outcome of an earlier attempt is not known
	was     Before            // what the destination may hold of the Bill
	exists  bool              // an earlier version of the Bill was delivered
	late    time.Time         // when a request was under way that may change the document yet to what is not ours
	resent  time.Time         // the same of an earlier attempt, with just what is sent now
	remake  time.Time         // when a request was under way that may have made the document, and got no answer
	doubted bool              // other runs of the Bill are in doubt
	tried   string            // what the last attempt of the run was to send, by its hash
	seen    []integration.Doc // what a delivery looks for, its own document among it
	looks   *amender          // which has looked at what stands; nil: nobody has to
	looked  time.Time         // when that was
	stands  bool              // and has found something
	whole   mapping.Document  // what the Bill becomes by itself, where doc is an amendment
	alone   bool              // the answer came when nothing else of the account was under way
	refused bool              // for its login: nothing else is sent until that is on disk
	calls   context.Context   // of the calls, and
	saves   context.Context   // of what is written: while the account is this process's
	// forgotten: runs of the Bill may have been deleted.
	forgotten bool

	unproven *proving // what is to be read back, once the run is delivered

	mu      sync.Mutex
	attempt *integration.Attempt
}

// task delivers one run.
func (e *Engine) task(h *workers, l *queue, r integration.Run) {
	ctx := h.stop
	var t *task
	e.use(l.hold, 1)
	defer func() {
		e.use(l.hold, -1)
		e.o.Step(StepEnded)
		if t != nil && t.refused {
			e.refusing(r.IntegrationID, -1)
		}
		e.leave(l, r.EntityID)
		if t != nil && t.unproven != nil {
			e.later(t.unproven)
		}
	}()
	fresh, err := e.o.Ledger.Run(ctx, r.ID)
	if err == nil && (!fresh.Due() || fresh.Next.After(r.Next)) {
		return // it was superseded, put off, or settled or held by a person since it was listed
	}
	t = &task{e: e, h: h, queue: l, run: fresh, disk: fresh.Status, unknown: fresh.InFlight, tried: fresh.PayloadHash,
		calls: calling(h.calls, l.hold), saves: l.hold.With(h.saves)}
	defer t.rescue()
	if err == nil {
		err = t.work(ctx)
	}
	switch {
	case err == nil, errors.Is(err, errStopping):
		return
	case errors.Is(err, integration.ErrConflict), errors.Is(err, integration.ErrNotFound):
		e.log.Info("a run was superseded or removed on its way", "run", r.ID, "error", err)
		return
	case errors.Is(err, ErrElsewhere):
		e.log.Info("a run is left to the process that has its account now", "run", r.ID, "error", err)
		return
	}
	if ctx.Err() != nil && t.disk != integration.Started {
		return // stopped while preparing: the ledger has it as it was
	}
	h.broken(r, err)
}

// rescue keeps one Bill that makes the program panic from taking all others
// with it.
func (t *task) rescue() {
	p := recover()
	if p == nil {
		return
	}
	t.e.log.Error("a Bill made the program panic", "run", t.run.ID, "panic", p, "stack", string(debug.Stack()))
	err := t.failed(&integration.Failure{
		Class: integration.ClassData, Cause: "internal_error", Unknown: t.disk == integration.Started,
		Message: fmt.Sprintf("billferry failed on this Bill: %v", p),
		Advice:  "report it with the Bill and the log; the other Bills go on",
	})
	if err != nil {
		t.e.log.Error("its run could not be saved", "run", t.run.ID, "error", err)
	}
}

// work takes the run as far as it goes now. An error is the ledger's.
func (t *task) work(ctx context.Context) error {
	t.begin()
	if !t.queue.in.Enabled {
		return t.disabled()
	}
	if t.queue.err != nil {
		return t.failed(t.queue.err)
	}
	siblings, err := t.e.o.Ledger.Siblings(ctx, t.run)
	if err != nil {
		return err
	}
	account := t.queue.dest.Account()
	if by, ok := newerOf(t.run, siblings); ok {
		return t.superseded(by)
	}
	if t.forgotten, err = t.e.forgotten(ctx, t.run); err != nil {
		return err
	}
	if err := t.prepare(ctx, siblings); err != nil {
		var skip *Skip
		if errors.As(err, &skip) {
			siblings = t.ours(ctx, siblings)
			if err = nil; skip.Empty {
				err = t.handMade(ctx, siblings, account)
			}
			f := t.e.leftOver(skip, siblings, t.run, account)
			if f == nil && skip.Empty && t.forgotten {
				f = t.unremembered(skip)
			}
			switch {
			case err == nil && f == nil:
				return t.skipped(skip)
			case err == nil:
				err = f
			}
		}
		return t.unprepared(ctx, err)
	}
	siblings = t.ours(ctx, siblings)
	if by, ok := t.overtaken(siblings, account); ok {
		return t.superseded(by)
	}
	if err := t.handMade(ctx, siblings, account); err != nil {
		return t.unprepared(ctx, err)
	}
	if done, err := t.amended(ctx, siblings); done || err != nil {
		return err
	}
	if held, err := t.heldForPlan(); held {
		return err
	}
	for {
		t.look(siblings, account)
		again, err := t.try(ctx)
		if err != nil || !again {
			return err
		}
		t.begin()
	}
}

// unprepared ends a run that did not come to its call.
func (t *task) unprepared(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errStopping
	}
	return t.failed(err)
}

// begin opens the next attempt.
func (t *task) begin() {
	now := t.e.o.Now()
	t.run.Tries++
	if t.run.Started.IsZero() {
		t.run.Started = now
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempt = &integration.Attempt{N: t.run.Tries, Start: now}
}

// record keeps one HTTP exchange of the attempt.
func (t *task) record(x integration.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempt.Exchanges = append(t.attempt.Exchanges, x)
}

// try makes one attempt with a slot: intent to disk, slot, call, slot back,
// result to disk. No slot waits for the disk. again tells that the account
// refused for load: the Bill stands in the queue at once, at the account's
// pace and with no wait of its own.
func (t *task) try(ctx context.Context) (again bool, err error) {
	if t.queue.pace.ready(ctx) != nil {
		return false, t.putBack()
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	var got Delivered
	var ledger error
	called := false
	err = t.paced(ctx, func() (err error) {
		var ok bool
		if ok, ledger = t.maySend(ctx); ledger != nil || !ok {
			return errNotCalled
		}
		if !t.queue.hold.May() {
			return errNotCalled
		}
		called = true
		t.e.o.Step(StepSlot)
		if t.looks != nil {
			if err := t.stillSo(t.calls); err != nil {
				return err
			}
		}
		got, err = t.queue.dest.Deliver(t.calls, t.doc, t.was, t.record)
		t.alone = t.queue.pace.alone() // before the slot goes to whoever waits for an empty one
		return err
	})
	switch {
	case err == nil && t.doc.Amends != nil && t.doc.Amends.More:
		return false, t.follows(got)
	case err == nil:
		return false, t.delivered(got)
	case !called:
		if errors.Is(ledger, integration.ErrNotFound) {
			ledger = nil // putBack settles the run
		}
		return false, cmp.Or(t.putBack(), ledger)
	}
	err = t.failed(err)
	return t.run.Status == integration.RateLimitRetry && ctx.Err() == nil, err
}

// maySend tells whether the integration may still send: it may have been
// disabled, or have lost its authorisation, while the run waited for its slot.
func (t *task) maySend(ctx context.Context) (bool, error) {
	if t.e.isRefusing(t.run.IntegrationID) {
		return false, nil
	}
	planned := t.run.Plan != "" && t.run.PlanHash == t.doc.Hash() // Approval may have come since it was prepared
	ok, err := t.e.o.Ledger.MaySend(ctx, t.run.IntegrationID, planned)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		err = fmt.Errorf("read whether the integration may send: %w", err)
	}
	return ok, err
}

// noteRefused marks a login as refused, if that is what a call was answered:
// before its slot goes to the next run, which would be refused as well.
func (t *task) noteRefused(err error) {
	if f := (*integration.Failure)(nil); errors.As(err, &f) && f.Class == integration.ClassAuth {
		t.markRefused()
	}
}

// markRefused holds up the integration until the task has written that its login
// was refused.
func (t *task) markRefused() {
	if !t.refused {
		t.refused = true
		t.e.refusing(t.run.IntegrationID, 1)
	}
}

// prepare maps the Bill and writes what it says into the run.
func (t *task) prepare(ctx context.Context, siblings []integration.Run) error {
	raw, err := t.e.o.Ledger.Bill(ctx, t.run.ID)
	if err != nil {
		return err
	}
	out := outside{currency: t.currencyID, record: t.resolve, sent: mayBeThere(t.run, siblings)}
	out.earlier = func(ctx context.Context) ([]mapping.Document, error) {
		return t.e.earlier(ctx, t.run.IntegrationID, t.queue.dest.Account(), append(slices.Clip(siblings), t.run))
	}
	if t.queue.conf.cfg.FirstOpen {
		out.period = t.period
	}
	m, err := t.e.prepare(ctx, t.queue.conf, raw, out)
	if err != nil {
		return err
	}
	t.doc = m.Document
	t.describe()
	return nil
}

// describe writes the document's figures into the run, with the sign of the
// Bill: a credit memo's own amounts are positive.
func (t *task) describe() {
	d, r, whole := t.doc, &t.run, &t.doc.Document
	if d.Amends != nil {
		whole = &t.whole // the money is the Bill's, whatever it is posted as
	}
	signed := func(x decimal.D) decimal.D { return signed(whole.Kind, x) }
	r.AmountIn, r.AmountIncluded = signed(whole.BillTotal), signed(whole.Included)
	r.AmountExcluded, r.Rounding = signed(whole.Excluded), signed(whole.Rounding)
	r.Lines, r.DefaultLines, r.DefaultAmount = len(d.Lines), whole.DefaultLines, signed(whole.DefaultAmount)
	r.Warnings, r.DocumentKind, r.Amends = d.Warnings, string(d.Kind), d.Amends != nil
	r.ExternalRef, r.PayloadHash, r.Currency = d.ExternalID, d.Hash(), d.Currency
}

// began is when the attempt started.
func (t *task) began() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attempt.Start
}
