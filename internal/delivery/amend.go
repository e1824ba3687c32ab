package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

// Bookkeeper is a Destination that tells all it holds of a Bill. One that is none
// changes its documents in place.
type Bookkeeper interface {
	// Holdings reads every document of a Bill as it is now. An error is an
	// *integration.Failure: nothing is known then.
	Holdings(ctx context.Context, q HoldingsQuery, rec func(integration.Exchange)) (mapping.Holdings, error)
}

// HoldingsQuery says whose documents are asked for.
type HoldingsQuery struct {
	Doc     mapping.Document // that the newest version of the Bill becomes by itself
	Prefix  string           // of the external ids of its amendments
	Known   []Known          // what was made of it before, or may have been
	Columns []mapping.Column // of lines, that tell where money counts
	Issued  bool             // whether the customer has them is asked as well
}

// Known is a document that is, or may be, in the destination.
type Known struct {
	integration.Doc
	Made bool // the destination has told that it is there
}

// amender works out what the documents of a Bill that stand make of a newer version.
type amender struct {
	e        *Engine
	conf     config
	dest     Destination
	run      integration.Run
	siblings []integration.Run  // that concern its documents
	earlier  []mapping.Document // that were sent
	turn     func(ctx context.Context, call func(context.Context) error) error
	rec      func(integration.Exchange)
	known    []Known
	late     time.Time // when a change of a document was last under way that got no answer
	plans    bool      // what may be under way yet is left to the attempt
}

// looks tells whether what stands is looked at before anything is sent: settings ask
// for it, or the Bill was amended before, and its documents are no longer one. What
// was sent before is read then.
func (a *amender) looks(ctx context.Context) (bool, error) {
	if _, ok := a.dest.(Bookkeeper); !ok {
		return false, nil
	}
	account, amended := a.dest.Account(), false
	all := append(slices.Clip(a.siblings), a.run)
	for _, d := range integration.Traces(all, account) {
		made := slices.ContainsFunc(all, func(o integration.Run) bool {
			return o.Sent() && o.Cause != causeMarkedSent && d.Same(o.Doc())
		})
		amended = amended || d.Amends
		a.known = append(a.known, Known{d, made})
	}
	for _, o := range all {
		for _, d := range append(slices.Clip(o.Doubt), integration.Doc{Account: o.Account, Update: true, Since: o.LateChange}) {
			if d.Update && d.Account == account && d.Since.After(a.late) {
				a.late = d.Since
			}
		}
	}
	if !amended && !a.conf.cfg.Amend.Looks() && a.run.Cause != CauseLookFirst {
		return false, nil
	}
	var err error
	a.earlier, err = a.e.earlier(ctx, a.run.IntegrationID, account, all)
	return true, err
}

// CauseLookFirst is that of a delivery which found a document that says otherwise, and
// beside which there may be amendments that no run here is known of.
const CauseLookFirst = "look_first"

// amend reads what stands and says what is to be done. Only what is certain is
// added up: while a request may still make or change a document it waits.
func (a *amender) amend(ctx context.Context, target mapping.Document) (got mapping.Amendment, h mapping.Holdings, err error) {
	cfg := a.conf.cfg
	q := HoldingsQuery{Doc: target, Prefix: mapping.AmendmentPrefix(cfg, a.run.EntityID), Known: a.known,
		Columns: mapping.Columns(append([]mapping.Document{target}, a.earlier...)...), Issued: cfg.Amend.IssuedFinal}
	var period mapping.Period
	err = a.turn(ctx, func(ctx context.Context) error {
		if h, err = a.dest.(Bookkeeper).Holdings(ctx, q, a.rec); err != nil || len(h.Documents) == 0 {
			return err
		}
		period, err = a.dest.Period(ctx, target.TranDate, a.rec)
		return err
	})
	if err != nil {
		return got, h, err
	}
	got, err = mapping.Amend(cfg, a.run.EntityID, target, h, period)
	if err == nil && !a.plans {
		err = a.certain(got, h)
	}
	return got, h, err
}

const causeEarlierUnproven = "earlier_unproven"

// certain refuses to add up what may change yet.
func (a *amender) certain(got mapping.Amendment, h mapping.Holdings) error {
	open := func(since time.Time) error {
		left := min(a.e.o.Late-a.e.o.Now().Sub(since), a.e.o.Late)
		if since.IsZero() || left <= 0 {
			return nil
		}
		name := a.conf.sys.Words().System
		return &integration.Failure{Class: integration.ClassTransient, Cause: causeEarlierUnproven, After: left,
			Message: "a request that got no answer may still make or change a document of this Bill in " + name +
				", and the difference is of what stands there",
			Advice: fmt.Sprintf("nothing: it is looked at again in %s, when %s has certainly given that request up", left.Round(time.Second), name)}
	}
	for _, k := range a.known {
		there := slices.ContainsFunc(h.Documents, func(d mapping.Held) bool {
			return string(d.Kind) == k.Kind && strings.EqualFold(d.ExternalID, k.ExternalID)
		})
		same := got.Document != nil && got.Document.ExternalID == k.ExternalID // it is refused a second time
		if there || same || got.InPlace && !k.Amends {
			continue
		}
		if err := open(k.Since); err != nil {
			return err
		}
	}
	if got.InPlace {
		return nil
	}
	return open(a.late)
}

// amended puts the amendment in the place of the document, where what stands must
// not be changed. done tells that nothing is to be sent, or not now.
func (t *task) amended(ctx context.Context, siblings []integration.Run) (done bool, err error) {
	a := &amender{e: t.e, conf: t.queue.conf, dest: t.queue.dest, run: t.run, siblings: siblings, rec: t.record}
	a.turn = func(ctx context.Context, call func(context.Context) error) error {
		return t.paced(ctx, func() error { return call(t.calls) })
	}
	if looks, err := a.looks(ctx); !looks || err != nil {
		return err != nil, err
	}
	t.look(siblings, t.queue.dest.Account()) // notes what may have been made, under all names
	got, held, err := a.amend(ctx, t.doc.Document)
	if err != nil {
		return true, t.unprepared(ctx, err)
	}
	t.looks, t.looked, t.stands = a, t.e.o.Now(), len(held.Documents) > 0
	switch {
	case got.InPlace:
		return false, nil
	case got.Document == nil:
		return true, t.saidAlready(got, held)
	}
	t.whole = t.doc.Document
	t.doc = t.queue.conf.sys.Encode(*got.Document)
	t.describe()
	if t.run.BillStatus != approvedBill {
		return true, t.propose()
	}
	return false, nil
}

// approvedBill is the status of a Bill that counts.
const approvedBill = "APPROVED"

// saidAlready ends a run whose Bill all documents together say already: its own
// amendment among them, if an answer to that was lost.
func (t *task) saidAlready(got mapping.Amendment, h mapping.Holdings) error {
	d, outcome := h.Documents[0], integration.Unchanged
	for _, x := range h.Documents {
		switch {
		case !x.Amends:
		case t.run.Doubts(integration.Doc{Account: t.queue.dest.Account(), Kind: string(x.Kind), ExternalID: x.ExternalID}):
			d, outcome = x, integration.Adopted
		case outcome != integration.Adopted:
			d = x
		}
	}
	whole := t.doc.Document
	t.whole = whole
	t.doc = mapping.Encoded{Document: mapping.Document{Kind: whole.Kind, ExternalID: d.ExternalID, Entity: whole.Entity,
		CurrencyID: whole.CurrencyID, Currency: whole.Currency, TranDate: whole.TranDate, Lines: []mapping.Line{}, Amends: got.Amends,
		Warnings: append(slices.Clone(whole.Warnings), got.Stays...)}}
	t.describe()
	t.run.DocumentKind, t.run.Lines, t.run.Amends = string(d.Kind), len(whole.Lines), d.Amends
	t.run.Account = t.queue.dest.Account() // no intent has named it
	return t.delivered(Delivered{Outcome: outcome, ID: d.ID, URL: d.URL, Proof: &Proof{Total: "0", Number: d.Number}})
}

// propose keeps an amendment of a Bill that is not approved yet: a newer calculation
// takes its place, and only the approved one is posted.
func (t *task) propose() error {
	r := &t.run
	r.Cause, r.Error, r.Advice = integration.CauseProposed, proposed(&t.doc.Document), adviceProposed
	r.Tries-- // nothing is sent
	r.Status, r.Outcome, r.InFlight = t.disk, integration.Held, t.unknown
	r.Started, r.Next, r.Modified = time.Time{}, time.Time{}, t.e.o.Now()
	if err := t.e.o.Ledger.SaveRunSoon(t.saves, *r, nil); err != nil {
		return err
	}
	t.e.o.OnRun(*r)
	return nil
}

// lookLasts is how long a look at what stands is good for a change of it: money on a
// document is looked for again with the change, and that it was issued is not.
const lookLasts = 30 * time.Second

// stillSo reads what stands once more, just before the amendment, or a change that has
// waited, is sent with the slot that the caller has: it has to be the same one.
func (t *task) stillSo(ctx context.Context) error {
	amends, whole := t.doc.Amends != nil, t.whole
	if !amends {
		if age := t.e.o.Now().Sub(t.looked); !t.stands || age >= 0 && age < lookLasts {
			return nil
		}
		whole = t.doc.Document
	}
	a := *t.looks
	a.turn = func(ctx context.Context, call func(context.Context) error) error { return call(ctx) }
	got, _, err := a.amend(ctx, whole)
	same := got.InPlace
	if amends {
		same = got.Document != nil && got.Document.ExternalID == t.doc.ExternalID
	}
	if err == nil && !same {
		err = &integration.Failure{Class: integration.ClassTransient, Cause: "amendment_outdated",
			Message: "what " + t.queue.conf.sys.Words().System + " holds of this Bill has changed since it was looked at; nothing was sent",
			Advice:  "nothing: it is looked at again"}
	}
	return err
}

// follows is the first of two documents of an amendment, made: the run goes on.
func (t *task) follows(got Delivered) error {
	name := t.queue.conf.sys.Words().System
	return t.failed(&integration.Failure{Class: integration.ClassTransient, Cause: "amendment_follows", Doubt: true,
		Message: fmt.Sprintf("%s %s is in %s; the other document of the same amendment follows", t.doc.Kind, got.ID, name),
		Advice:  "nothing: it goes on by itself"})
}

// out is what the destination holds of a Bill, without tax and as tax, once it has a
// document that comes to that.
func out(d *mapping.Document, total, tax decimal.D) (net, taxes decimal.D) {
	if d.Amends == nil {
		return signed(d.Kind, total), signed(d.Kind, tax)
	}
	return d.Amends.Held.Add(signed(d.Kind, total)), d.Amends.HeldTax.Add(signed(d.Kind, tax))
}
