package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

// mostLeft bounds the documents that are in memory to be read back after a start.
const mostLeft = 500

// mostReads is how often a document is read back that cannot be read, before
// its run says so and goes without a proof.
const mostReads = 3

// signed gives an amount of a document the sign of its Bill: a credit memo's own
// are positive.
func signed(kind mapping.Kind, d decimal.D) decimal.D {
	if kind == mapping.CreditMemo {
		return d.Neg()
	}
	return d
}

// judge writes into a run what reading its document back has told.
func judge(r *integration.Run, kind mapping.Kind, p Proof) {
	if total, err := decimal.Parse(p.Total); err == nil {
		r.AmountOut = signed(kind, total)
	}
	r.Proof, r.ProofNote = integration.Proven, ""
	switch {
	case len(p.Differs) > 0:
		r.Proof, r.Cause, r.Error = integration.Drift, "drift", "the record read back is not as sent: "+strings.Join(p.Differs, "; ")
		r.Advice = "open the record and find what changed it (a workflow, a script, a person); retry to put it right"
	case p.Unread != "":
		r.Proof, r.ProofNote = integration.Unread, p.Unread
	case p.Unposted:
		r.Proof, r.ProofNote = integration.NotPosted, "it waits to be approved there, and no ledger has it before"
	}
}

// differs raises the event of a document that is not as it was sent.
func (e *Engine) differs(r integration.Run) {
	if r.Proof == integration.Drift {
		e.raise(integration.EventPerform, r, sentence(r))
	}
}

// proving is a run whose document is to be read back.
type proving struct {
	e       *Engine
	h       *workers
	queue   *queue
	run     integration.Run
	doc     mapping.Document
	rows    int                  // of a batch
	kept    int                  // exchanges of the attempt that are on disk
	others  bool                 // another run of the Bill stands back for this one
	attempt *integration.Attempt // keeps the exchange; nil: it is not kept
}

func (p *proving) record(x integration.Exchange) {
	if p.attempt != nil {
		p.attempt.Exchanges = append(p.attempt.Exchanges, x)
	}
}

// read reads the document back, some times if need be. A run that is stopped
// meanwhile stays as it is: the next start lists it.
func (p *proving) read() (err error) {
	defer func() {
		if x := recover(); x != nil {
			p.e.log.Error("a read-back made the program panic", "run", p.run.ID, "panic", x, "stack", string(debug.Stack()))
			err = p.save(Proof{Unread: fmt.Sprintf("billferry failed on the record: %v", x)})
		}
	}()
	defer p.e.proofs.done(p)
	for tries := 1; p.e.proofs.has(p); tries++ {
		f, err := p.once()
		switch {
		case err != nil:
			return err
		case f == nil:
			return nil
		case f.Class == integration.ClassLoad:
			tries-- // the pace of the account sees to it
		case !passes(f.Class) || tries >= mostReads:
			return p.save(Proof{Unread: f.Message})
		case !sleep(p.h.stop, max(f.After, p.e.o.Backoff<<(tries-1))):
			return nil
		}
	}
	return nil
}

// passes tells whether a failure of that class may be gone the next time.
func passes(c integration.Class) bool {
	return c == integration.ClassLoad || c == integration.ClassTransient || c == integration.ClassAuth
}

// once reads the document with a slot, while nobody else has the Bill in hand,
// and saves what that has told. An error is the ledger's.
func (p *proving) once() (*integration.Failure, error) {
	ctx := p.h.stop
	if p.queue.pace.ready(ctx) != nil {
		return nil, nil
	}
	switch r, err := p.e.o.Ledger.Run(ctx, p.run.ID); {
	case errors.Is(err, integration.ErrNotFound), err == nil && r.Proof != p.run.Proof, ctx.Err() != nil:
		return nil, nil // it was removed, or settled by a person: nothing could be saved
	case err != nil:
		return nil, err
	}
	ticket, err := p.queue.pace.next(ctx)
	if err != nil {
		return nil, nil
	}
	if !p.e.take(p.run.EntityID) {
		p.queue.pace.release(ticket, unclear, 0)
		sleep(ctx, p.e.o.Backoff)
		return &integration.Failure{Class: integration.ClassLoad}, nil // the run that has it may take the place of this one
	}
	defer p.e.letGo(p.run.EntityID)
	if !p.e.proofs.has(p) {
		p.queue.pace.release(ticket, unclear, 0)
		return nil, nil
	}
	proof, err := p.queue.dest.Prove(p.h.calls, p.doc, p.run.ExternalID, p.record)
	if err != nil {
		f := failure(err)
		p.queue.pace.release(ticket, answerOf(f), f.After)
		if p.h.calls.Err() != nil {
			return nil, nil // it was cut off; the next start lists it
		}
		return f, nil
	}
	p.queue.pace.release(ticket, served, 0)
	return nil, p.save(proof)
}

// save puts the proof on disk. A run that changed meanwhile stays as it is, and
// so does one that was proven and waits to be approved, unless that has come to
// an end.
func (p *proving) save(proof Proof) error {
	r := p.run
	if len(proof.Differs) > 0 {
		by, ok, err := p.e.rewritten(p.h.saves, r, true)
		if err != nil {
			return fmt.Errorf("look for what changed a document: %w", err)
		}
		if ok {
			proof = Proof{Unread: overtaken(by)}
		}
	}
	if r.Proof == integration.NotPosted && (proof.Unread != "" || proof.Unposted && len(proof.Differs) == 0) {
		return nil
	}
	judge(&r, mapping.Kind(r.DocumentKind), proof)
	r.Modified = p.e.o.Now()
	p.e.o.Step(StepProved)
	a := p.attempt
	if a != nil && len(a.Exchanges) == p.kept {
		a = nil // nothing was added to it
	}
	err := p.e.o.Ledger.SaveRunSoon(p.h.saves, r, a)
	switch {
	case errors.Is(err, integration.ErrConflict), errors.Is(err, integration.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("save the proof: %w", err)
	}
	p.e.o.Step(StepProofSaved)
	p.e.o.OnRun(r)
	p.e.differs(r)
	return nil
}

// lookApproved is how often documents are looked at that wait to be approved:
// the destination tells nobody when they are. One call shows some forty of them.
const lookApproved = 30 * time.Minute

// mostSingle bounds those that are read one by one for that, the newest first.
const mostSingle = 50

// proveWhatIsLeft reads back what was delivered and not proven when the program
// ended, or while an integration had no authorisation; and from time to time
// what waited to be approved.
func (e *Engine) proveWhatIsLeft(ctx context.Context, h *workers) {
	approved := time.NewTicker(lookApproved)
	defer approved.Stop()
	for unposted := true; ; {
		var again <-chan time.Time
		if e.proveLeft(ctx, h, integration.Pending) {
			again = time.After(min(lookAgain, e.o.Late))
		}
		if unposted {
			e.proveLeft(ctx, h, integration.NotPosted)
		}
		unposted = false
		select {
		case <-ctx.Done():
			return
		case <-e.unproven:
		case <-again:
		case <-approved.C:
			unposted = true
		}
	}
}

// proveLeft goes through the runs with such a proof once and tells whether some
// have to be looked at again.
func (e *Engine) proveLeft(ctx context.Context, h *workers, which integration.Proof) (again bool) {
	f := integration.RunFilter{Proofs: []integration.Proof{which}, Oldest: which == integration.Pending}
	budget := mostSingle
	for token := ""; ctx.Err() == nil; {
		page, err := e.o.Ledger.Runs(ctx, f, token, page)
		if err != nil {
			e.log.Error("the runs without a proof could not be listed", "error", err)
			return true
		}
		for _, r := range page.Runs {
			for e.proofs.count() >= mostLeft && sleep(ctx, lookForSlot) {
			}
			done, err := e.proveLater(ctx, h, r, &budget)
			if err != nil && ctx.Err() == nil {
				e.log.Error("a run goes without its proof for now", "run", r.ID, "error", err)
			}
			again = again || !done
		}
		if token = page.Next; token == "" {
			break
		}
	}
	return again
}

// proveLater reads back the document of a run that is on disk only, and tells
// whether that is done with. While another run of its Bill is on its way it is
// left: that one changes the document.
func (e *Engine) proveLater(ctx context.Context, h *workers, r integration.Run, budget *int) (done bool, err error) {
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return false, err
	}
	p := &proving{e: e, h: h, run: r}
	switch {
	case err != nil:
		return true, p.save(Proof{Unread: "the integration was deleted before it was read back"})
	case !in.Enabled || !in.Authorized:
		return true, nil // unblock tells when it may
	case e.tooEarly(r):
		return false, nil
	}
	if p.queue = e.openQueue(ctx, in); p.queue.err != nil {
		return false, p.queue.err
	}
	fresh, err := e.o.Ledger.Run(ctx, r.ID)
	if err != nil || fresh.Proof != r.Proof {
		return err == nil, err // somebody else was faster
	}
	p.run = fresh
	if !e.proofs.addListed(p) { // from here on a run that starts takes its place
		return true, nil
	}
	ready := false
	defer func() {
		if !ready {
			e.proofs.done(p)
			return
		}
		rows := p.queue.dest.Rows(p.doc)
		if fresh.Proof == integration.NotPosted && rows == 0 {
			*budget--
		}
		if *budget < 0 {
			e.proofs.done(p) // the next time
			return
		}
		e.readBack(p, rows)
	}()
	if e.passOver(r.EntityID) {
		return true, nil
	}
	by, newer, err := e.newer(ctx, r)
	if err == nil && !newer {
		by, newer, err = e.rewritten(ctx, fresh, false)
	}
	switch {
	case err != nil:
		return false, err
	case newer && by.IntegrationID != r.IntegrationID && !by.Status.Settled():
		return false, nil // it is about to change the document, or has
	case newer && fresh.Proof == integration.NotPosted:
		switch reach(by) {
		case 2:
			return true, p.save(Proof{}) // it was as sent; the other run tells what is posted
		case 1:
			return true, nil // the next time
		} // the other one came to nothing: this document stands
	case newer:
		return true, p.save(Proof{Unread: overtaken(by)})
	}
	raw, err := e.o.Ledger.Sent(ctx, r.ID)
	if err == nil {
		err = json.Unmarshal(raw, &p.doc)
	}
	if err != nil {
		return true, p.save(Proof{Unread: "what was sent is not kept: " + err.Error()})
	}
	ready = true
	return true, nil
}

// rewritten finds a run of another integration into the same account that has
// sent the same document since, or may have: what stands there is what that sent.
// The clock may have been set between the two. A document that is not as this run
// sent it is as the other one did, if that sent anything else: ever says so.
func (e *Engine) rewritten(ctx context.Context, r integration.Run, ever bool) (by integration.Run, ok bool, err error) {
	all, err := e.o.Ledger.Siblings(ctx, r)
	for _, o := range all {
		if o.IntegrationID == r.IntegrationID || o.Account != r.Account {
			continue
		}
		since := o.Completed.After(r.Completed) || ever && o.PayloadHash != r.PayloadHash
		if o.InFlight && o.Doubts(r.Doc()) || o.Sent() && o.ExternalID == r.ExternalID && since {
			return o, true, nil
		}
	}
	return by, false, err
}
