package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// intend puts the intent on disk: from here on the destination may have the
// document, whatever becomes of this process.
func (t *task) intend() error {
	t.before, t.doubt = t.disk, t.run.Doubt
	t.run.Status, t.run.InFlight, t.run.Next = integration.Started, true, time.Time{}
	t.run.Account = t.queue.dest.Account()
	t.run.Suspect(t.own())
	if err := t.e.overtake(t.run); err != nil {
		return err
	}
	if err := t.save(false); err != nil {
		return err
	}
	t.e.o.Step(StepIntent)
	return nil
}

// putBack leaves the run as it was before this attempt; nothing was sent.
func (t *task) putBack() error {
	if t.disk != integration.Started {
		return errStopping // no intent was written: nothing to take back
	}
	t.run.Status, t.run.InFlight, t.run.Next = t.before, t.unknown, t.e.o.Now()
	t.run.Tries--
	t.run.Doubt = t.doubt
	return t.save(false)
}

// own is the document of the run, as one that is in doubt from now on.
func (t *task) own() integration.Doc {
	d := t.run.Doc()
	d.Since, d.Update = t.e.o.Now(), (t.was.Look || len(t.was.Others) > 0) && !d.Amends
	return d
}

// lateRequest is how long after it was sent a request may yet have its effect
// (Options.Late): none is worked on for longer than a quarter of an hour. A
// request to change a document cannot be told from a later one there, so that one
// of an earlier version, which got no answer, may overwrite what a newer one has
// written. What can be done is to look once it is over.
const lateRequest = 15 * time.Minute

func (t *task) delivered(got Delivered) error {
	t.e.listen(t.run.IntegrationID, nil, true)
	now := t.e.o.Now()
	r := &t.run
	if got.Doc != nil {
		t.doc.Document = *got.Doc // that is what is proven
		r.Warnings = t.doc.Warnings
	}
	if got.Outcome == integration.Adopted && t.exists && !t.unknown && !t.doubted {
		got.Outcome = integration.Unchanged // it was looked up for an earlier version, which we knew it holds
	}
	r.Status, r.Outcome, r.InFlight = integration.Complete, got.Outcome, false
	r.Cause, r.Error, r.Advice = "", "", ""
	r.ExternalID, r.URL, r.Completed, r.Next = got.ID, got.URL, now, time.Time{}
	if got.Ref != "" {
		r.ExternalRef = got.Ref
	}
	r.Settle(t.seen) // what else may have been made was looked for
	r.AmountOut, r.AmountTax = out(&t.doc.Document, t.doc.Total, decimal.D{})
	r.Proof = integration.Pending
	if got.Proof != nil {
		judge(r, &t.doc.Document, *got.Proof)
	}
	if got.Unanswered {
		t.resent = now
	}
	if r.LateChange = t.late; t.resent.After(t.late) {
		r.LateChange = t.resent
	}
	if got.LateCreate {
		t.remake = now
	}
	r.LateCreate = t.remake
	if over := t.late.Add(t.e.o.Late); r.Proof != integration.Drift && !t.late.IsZero() && over.After(now) {
		r.Proof, r.ProofNote, r.ProofAfter = integration.Pending, "", over
	}
	if err := t.save(true); err != nil {
		return err
	}
	t.e.wentWell(context.WithoutCancel(t.h.calls), r.IntegrationID)
	if r.Proof == integration.Pending {
		t.unproven = &proving{e: t.e, h: t.h, queue: t.queue, run: *r, doc: t.doc.Document, attempt: t.attempt, kept: len(t.attempt.Exchanges)}
	}
	t.e.differs(*r)
	return nil
}

// failed writes a failure into the run and does what it asks for.
func (t *task) failed(err error) error {
	f := failure(err)
	called := t.disk == integration.Started
	t.e.listen(t.run.IntegrationID, f, called)
	v := fail(&t.run, f, t.e.o)
	// What an earlier attempt left unknown stays so until the destination has
	// answered to the document itself.
	t.unknown = called && f.Unknown || t.unknown && !(called && answered(f.Class))
	t.run.InFlight = t.unknown
	if called {
		t.doubtAfter(f)
	}
	if at := t.queue.pace.resumes(); v.status == integration.RateLimitRetry && at.After(t.run.Next) {
		t.run.Next = at
	}
	if f.Cause == causeCurrency {
		t.e.forgetCurrencies(t.queue.dest.Account()) // the id that was kept may be what is wrong
	}
	if !v.parked && t.e.gone(context.WithoutCancel(t.h.calls), t.run.IntegrationID) {
		orphan(&t.run, t.e.o.Now())
	}
	began := t.began()
	if err := t.save(true); err != nil {
		return err
	}
	if !v.parked {
		return nil
	}
	ctx := context.WithoutCancel(t.h.calls)
	if v.status == integration.AuthFailed || v.fault {
		t.e.wentWrong(ctx, t.run, t.queue.in.CredentialsID, began, v)
	}
	if v.event != "" && v.status != integration.AuthFailed && t.run.Status.Failed() {
		t.e.raise(v.event, t.run, sentence(t.run))
	}
	return nil
}

// doubtAfter says what a failed call leaves in doubt: the document that it was
// about, unless the destination refused the one request there ever was for it.
// What was in doubt before stays so, absent as it may seem: the request may still
// be on its way.
func (t *task) doubtAfter(f *integration.Failure) {
	own := t.own()
	t.run.Doubt = t.doubt
	if f.Unknown || f.Doubt {
		t.run.Suspect(own)
	}
}

func (t *task) skipped(s *Skip) error {
	r := &t.run
	r.Status, r.Outcome, r.Cause, r.Error, r.Advice = integration.Complete, s.Outcome, s.Cause, s.Reason, ""
	r.Completed, r.Next, r.InFlight = t.e.o.Now(), time.Time{}, t.unknown
	if r.Outcome == "" {
		r.Outcome = integration.Skipped
	}
	return t.save(true)
}

func (t *task) superseded(by integration.Run) error {
	supersede(&t.run, by, t.e.o.Now())
	return t.save(false)
}

// supersede settles a run whose Bill went out in a later version.
func supersede(r *integration.Run, by integration.Run, now time.Time) {
	r.Status, r.Outcome, r.Cause = integration.Complete, integration.Superseded, integration.CauseNewerVersion
	r.Error = fmt.Sprintf("version %d of the Bill took its place in run %s", by.BillVersion, by.ID)
	r.Advice, r.InFlight, r.Completed, r.Next = "", false, now, time.Time{}
}

// disabled records that the run was not sent because its integration is off.
func (t *task) disabled() error {
	t.run.Tries--
	markDisabled(&t.run, t.queue.in, t.e.o.Now())
	return t.save(false)
}

func markDisabled(r *integration.Run, in integration.Integration, now time.Time) {
	r.Status, r.Cause = integration.Disabled, "integration_disabled"
	r.Error = "the integration " + in.Name + " is disabled"
	if in.DisabledWhy != "" {
		r.Error += ": " + in.DisabledWhy
	}
	r.Advice = "enable the integration, then retry the runs recorded as DISABLED"
	r.Completed, r.Next = now, time.Time{}
}

// gone tells whether an integration was deleted.
func (e *Engine) gone(ctx context.Context, integrationID string) bool {
	_, err := e.o.Ledger.Integration(ctx, integrationID)
	return errors.Is(err, integration.ErrNotFound)
}

// orphan settles a run that was on its way when its integration was deleted:
// nobody would try it again. What it left in doubt stays so.
func orphan(r *integration.Run, now time.Time) {
	r.Error = "the integration was deleted while the run was on its way; the last failure: " + r.Error
	r.Status, r.Outcome, r.Cause = integration.Errored, "", "integration_deleted"
	r.Advice = "if the Bill is still to be sent, make an integration that selects it: it looks first for what this run may have made"
	r.Completed, r.Next = now, time.Time{}
}

// save puts the run on disk, with its attempt when that has ended. It works
// on while the engine stops: a result that was paid for with a call is kept.
func (t *task) save(ended bool) error {
	if !CanBecome(t.disk, t.run.Status) {
		return fmt.Errorf("a run cannot go from %s to %s", t.disk, t.run.Status)
	}
	now := t.e.o.Now()
	t.run.Modified = now
	var a *integration.Attempt
	if ended {
		t.mu.Lock()
		a = t.attempt
		t.mu.Unlock()
		a.End, a.Status, a.Cause, a.Error = now, t.run.Status, t.run.Cause, t.run.Error
		if t.doc.ExternalID != "" {
			kept, err := json.Marshal(t.doc)
			if err != nil {
				return fmt.Errorf("keep the document of the Bill: %w", err)
			}
			a.Document = kept
		}
	}
	if ended {
		t.e.o.Step(StepAnswered)
	}
	var err error
	switch {
	case t.doubted && t.run.Sent():
		err = t.e.o.Ledger.SaveProven(t.saves, t.run, a, t.seen)
	case ended && t.alone: // a Bill that comes alone, and the last of many, wait for nobody
		err = t.e.o.Ledger.SaveRun(t.saves, t.run, a)
	default:
		err = t.e.o.Ledger.SaveRunSoon(t.saves, t.run, a)
	}
	if err != nil {
		return fmt.Errorf("save the run: %w", err)
	}
	if ended {
		t.e.o.Step(StepSaved)
		t.e.o.OnAttempt(t.run, *a)
	}
	if t.run.Status.Failed() { // a newer version that came meanwhile has taken its place
		fresh, err := t.e.o.Ledger.Run(t.h.saves, t.run.ID)
		if err != nil {
			return fmt.Errorf("read the run again: %w", err)
		}
		t.run = fresh
	}
	t.disk = t.run.Status
	t.e.o.OnRun(t.run)
	if t.disk.Settled() {
		t.queue.pace.settled()
		t.e.through(t.h.saves, t.run.IntegrationID)
	}
	return nil
}
