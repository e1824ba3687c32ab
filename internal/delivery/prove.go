package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

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
func judge(r *integration.Run, d *mapping.Document, p Proof) {
	if total, err := decimal.Parse(p.Total); err == nil {
		r.AmountOut, r.AmountTax = out(d, total, p.Tax)
	}
	r.DocumentNumber = cmp.Or(p.Number, r.DocumentNumber)
	r.Proof, r.ProofNote, r.ProofBy = integration.Proven, "", ""
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
	attempt *integration.Attempt // takes the exchanges; nil: they are not kept
	look    *secondLook          // it was proven before; nil: this is its proof
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
	var proof Proof
	var ledger error
	mine, has := false, false
	defer func() {
		if mine {
			p.e.letGo(p.run.EntityID)
		}
	}()
	at := ahead
	if p.look != nil {
		at = inTurn // Bills have waited longer
		p.look.asked.Start, p.attempt.Exchanges = p.e.o.Now(), nil
	}
	err := p.queue.pace.call(ctx, at, func() (err error) {
		if mine = p.e.take(p.run.EntityID); mine {
			has = p.e.proofs.has(p)
		}
		if !has {
			return errNotCalled
		}
		proof, err = p.queue.dest.Prove(calling(p.h.calls, p.queue.hold), p.doc, p.run.ExternalID, p.record)
		if err == nil && len(proof.Differs) > 0 {
			proof, ledger, err = p.rewritten(proof)
		}
		return err
	})
	switch {
	case ctx.Err() == nil && !mine:
		sleep(ctx, p.e.o.Backoff)
		return &integration.Failure{Class: integration.ClassLoad}, nil // the run that has it may take the place of this one
	case !has, err != nil && p.h.calls.Err() != nil:
		return nil, nil // or it was cut off; the next start lists it
	case err != nil:
		return failure(err), nil
	case ledger != nil:
		return nil, ledger
	}
	return nil, p.save(proof)
}

// rewritten tells of a document that is not as the run sent it whether that is
// since another integration into the account has sent it: the clock may have been
// set between the two, so that only what stands there tells which was the last.
// ledger is an error of the ledger, err one of the destination.
func (p *proving) rewritten(found Proof) (_ Proof, ledger, err error) {
	all, err := p.e.o.Ledger.Siblings(p.h.saves, p.run)
	if err != nil {
		return found, fmt.Errorf("look for what changed a document: %w", err), nil
	}
	if by, ok := sentSince(all, p.run); ok {
		return Proof{Unread: overtaken(by)}, nil, nil
	}
	for _, o := range all {
		if !replaces(o, p.run) || o.PayloadHash == p.run.PayloadHash {
			continue
		}
		doc, err := p.e.sent(p.h.saves, o.ID)
		if err != nil {
			continue // it is not kept: nothing tells that this is what it sent
		}
		theirs, err := p.queue.dest.Prove(calling(p.h.calls, p.queue.hold), doc, p.run.ExternalID, p.record)
		if err != nil {
			return found, nil, err
		}
		if len(theirs.Differs) == 0 {
			return Proof{Unread: overtaken(o)}, nil, nil
		}
	}
	return found, nil, nil
}

// save puts the proof on disk. A run that changed meanwhile stays as it is, and
// so does one that was proven and waits to be approved, unless that has come to
// an end.
func (p *proving) save(proof Proof) error {
	if p.look != nil {
		return p.look.save(p, proof)
	}
	r := p.run
	if r.Proof == integration.NotPosted && (proof.Unread != "" || proof.Unposted && len(proof.Differs) == 0) {
		return nil
	}
	judge(&r, &p.doc, proof)
	r.Modified = p.e.o.Now()
	if p.run.Proof == integration.Pending && r.Proof == integration.Proven && !r.Completed.IsZero() && p.queue != nil {
		p.queue.pace.proved(r.Modified.Sub(r.Completed))
	}
	p.e.o.Step(StepProved)
	a := p.attempt
	if a != nil && len(a.Exchanges) == p.kept {
		a = nil // nothing was added to it
	}
	err := p.e.o.Ledger.SaveRunSoon(p.queue.hold.With(p.h.saves), r, a)
	switch {
	case errors.Is(err, ErrElsewhere):
		p.e.proveAgain() // if it is this process's again
		return nil
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
