package delivery

import (
	"context"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/mapping"
)

// secondLook is why a document is read back that was before: it has changed, or
// nobody has looked since.
type secondLook struct {
	g        *guarding
	watch    integration.Watch // to be kept once it is read
	standing Standing
	asked    integration.Attempt // what was asked for that
}

// save takes in what reading the document again has told. What could not be read
// says nothing: the proof stays, and the next round reads it anew.
func (l *secondLook) save(p *proving, proof Proof) error {
	if proof.Unread != "" && len(proof.Differs) == 0 {
		return nil
	}
	r := p.run
	judge(&r, &p.doc, proof)
	if r.Proof == integration.Drift {
		l.standing.Voided = l.standing.Voided || proof.Voided // by somebody, between the two
		l.explain(&r, p.run, proof.Differs)
		if p.run.Proof == integration.Accepted && r.Cause == p.run.Cause && r.Error == p.run.Error && r.AmountTotal().Equal(p.run.AmountTotal()) {
			r = p.run // a person knows that
		}
	} else if differed(p.run) {
		r.Cause, r.Error, r.Advice = "", "", ""
	}
	l.asked.Exchanges = p.attempt.Exchanges
	return l.settle(p.h.saves, p.run, r)
}

// explain says what became of a document after it was proven. One that never was
// as it was sent keeps its own words.
func (l *secondLook) explain(r *integration.Run, was integration.Run, differs []string) {
	system := l.g.e.nameOf(r.EntityType, r.Destination)
	switch {
	case l.standing.Voided && was.Cause == integration.CauseVoidedSince && was.AmountTotal().Equal(r.AmountTotal()):
		r.Cause, r.Error, r.Advice = was.Cause, was.Error, was.Advice // what it came to before is not known any more
	case l.standing.Voided:
		r.Cause = integration.CauseVoidedSince
		r.Error = fmt.Sprintf("its document %s (id %s) was voided in %s", documentName(*r), r.ExternalID, system)
		if !was.AmountTotal().Equal(r.AmountTotal()) {
			r.Error += fmt.Sprintf(": it came to %s, and comes to %s now", mapping.Money(was.AmountTotal(), r.Currency),
				mapping.Money(r.AmountTotal(), r.Currency))
		}
		r.Advice = "ask who voided it and why; what is still owed is billed anew in m3ter"
	case !differed(was) || guarded(was.Cause):
		r.Cause = integration.CauseChanged
		r.Error = fmt.Sprintf("its document %s (id %s) was changed in %s after it was proven: %s", documentName(*r), r.ExternalID, system,
			strings.Join(differs, "; "))
		r.Advice = "compare both sides and ask who changed it; set the document back, retry to send it as it was, or accept it"
	}
}

// settle keeps what was seen, and tells of it where it is news.
func (l *secondLook) settle(ctx context.Context, was, r integration.Run) error {
	news := r.Proof != was.Proof || r.Cause != was.Cause || r.Error != was.Error || !r.AmountTotal().Equal(was.AmountTotal())
	if news {
		var a *integration.Attempt
		if differed(was) || differed(r) {
			a = l.g.seen(r, l.asked)
		}
		if saved, err := l.g.save(ctx, r, a); !saved || err != nil {
			return err
		}
	}
	if differed(was) && !differed(r) {
		l.g.e.moved(r.IntegrationID)
		l.g.e.through(ctx, r.IntegrationID)
	}
	return l.g.keep(ctx, was, l.watch)
}

// unsent is for a document that is not known as it was sent, since a person has put
// it there, or another run, which looks at it: only that it was voided can be told.
func (l *secondLook) unsent(ctx context.Context, was integration.Run) error {
	r := was
	if l.standing.Voided && r.Cause != integration.CauseVoidedSince {
		r.Proof, r.ProofNote, r.ProofBy = integration.Drift, "", ""
		r.AmountOut, r.AmountTax = l.g.others(ctx, r)
		r.AmountOut = r.AmountOut.Add(l.standing.Total)
		l.explain(&r, was, nil)
	}
	return l.settle(ctx, was, r)
}

// seen is what a run keeps of a look that found its document other than before: what
// it holds now stands there beside what was sent.
func (g *guarding) seen(r integration.Run, asked integration.Attempt) *integration.Attempt {
	a := integration.Attempt{N: r.Tries + 1, Look: true, Start: asked.Start, End: g.e.o.Now(), Status: r.Status, Cause: r.Cause,
		Error: r.Error, Exchanges: asked.Exchanges}
	if a.Start.IsZero() {
		a.Start = a.End
	}
	return &a
}
