package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// settle decides about a record that exists under the document's external id:
// same content is left alone, other content is updated. err is the error of
// the look-up that found it, handed through.
func (s *sending) settle(ctx context.Context, r record, err error) (delivery.Delivered, error) {
	if err != nil {
		return delivery.Delivered{}, err
	}
	s.doubt = true // it is there
	s.stay(r)
	adopted := integration.Unchanged
	if s.unknown {
		adopted = s.wrote // an effect of ours that we had lost sight of
	}
	for range maxTries {
		p, err := s.read(ctx, r)
		if err != nil {
			return delivery.Delivered{}, err
		}
		if len(p.Differs) == 0 {
			return s.found(r, adopted, p), nil
		}
		if s.doc.Amends != nil || s.was.Looks && !s.was.Stands {
			s.unknown = false
			return delivery.Delivered{}, s.lookFirst(strings.Join(p.Differs, "; "))
		}
		if err := s.mayUpdate(ctx, r, p.Differs); err != nil {
			s.unknown = false // we saw what NetSuite holds
			return delivery.Delivered{}, s.final(ctx, r, err)
		}
		s.wrote = integration.Updated
		err = s.update(ctx, r.ID)
		if err == nil {
			return s.updated(ctx, r)
		}
		f := asFailure(err)
		if !f.Unknown && f.Cause != causeChanged {
			return delivery.Delivered{}, s.final(ctx, r, err)
		}
		// Replacing the content twice does no harm, but look before it: it may be
		// there, or somebody may have paid meanwhile.
		s.unknown, adopted = true, s.wrote
		s.unanswered = s.unanswered || f.Unknown
		again, found, err := s.readFrom(ctx, "look up", s.recordPath(url.PathEscape(r.ID)))
		if err != nil {
			return delivery.Delivered{}, err
		}
		if !found {
			return delivery.Delivered{}, gone(s, r)
		}
		r = again
	}
	return delivery.Delivered{}, &integration.Failure{Class: integration.ClassTransient, Cause: "update_unproven", Unknown: true,
		Advice:  adviceLater,
		Message: fmt.Sprintf("netsuite did not take the update of %s %s in %d tries", s.doc.Kind, r.ID, maxTries)}
}

// found is a document that was there, as it was read.
func (s *sending) found(r record, o integration.Outcome, p delivery.Proof) delivery.Delivered {
	got := s.delivered(r.ID, o)
	got.Proof = s.sure(r, p)
	if s.elsewhere {
		got.Ref = r.ExternalID // an update has changed it, or has not
	}
	return got
}

// updated is a document that NetSuite has taken the new content of. One that had
// another external id is read back at once: under which of the two it stands now
// decides where a later version looks for it.
func (s *sending) updated(ctx context.Context, r record) (delivery.Delivered, error) {
	if !s.elsewhere {
		return s.delivered(r.ID, integration.Updated), nil
	}
	s.unknown = true
	again, found, err := s.readFrom(ctx, "read back", s.recordPath(url.PathEscape(r.ID)))
	switch {
	case err != nil:
		return delivery.Delivered{}, err
	case !found:
		return delivery.Delivered{}, gone(s, r)
	}
	p, err := s.read(ctx, again)
	if err != nil {
		return delivery.Delivered{}, err
	}
	return s.found(again, integration.Updated, p), nil
}

// final hands the refusal of an update on. Where settings say what becomes of a
// document that is final, one that has become so on the way is looked at: if the role
// can see that it has, since another look would come to the same else.
func (s *sending) final(ctx context.Context, r record, err error) error {
	f := asFailure(err)
	if !s.was.Looks || f.Class != integration.ClassPaid && f.Class != integration.ClassPeriod {
		return err
	}
	s.c.cache.periods.Forget()
	s.c.cache.dates.Forget()
	again, found, e := s.readFrom(ctx, "look up", s.recordPath(url.PathEscape(r.ID)))
	if e == nil && found && s.mayUpdate(ctx, again, nil) == nil {
		return err
	}
	return s.lookFirst(f.Message)
}

// lookFirst stops a delivery that would change what nobody has looked at.
func (s *sending) lookFirst(found string) error {
	return &integration.Failure{Class: integration.ClassTransient, Cause: delivery.CauseLookFirst, Doubt: true,
		Message: "NetSuite holds a document of this Bill that says otherwise, and nothing was sent: " + found,
		Advice:  "nothing: what stands there is looked at, and the run goes on by itself"}
}

const adviceVoided = "a voided record cannot be changed: remove its External ID in NetSuite, then retry to make a new one"

func gone(s *sending, r record) error {
	return &integration.Failure{Class: integration.ClassTransient, Cause: "record_gone", Unknown: true, Advice: adviceLater,
		Message: fmt.Sprintf("%s %s was there a moment ago and is not any more", s.doc.Kind, r.ID)}
}

// mayUpdate refuses an update that accounting forbids, before it is sent.
// NetSuite may still refuse it; the error table knows its words.
func (s *sending) mayUpdate(ctx context.Context, r record, differs []string) error {
	name := fmt.Sprintf("%s %s", s.doc.Kind, r.ID)
	would := "it would change: " + strings.Join(differs, "; ")
	switch {
	case r.settledBy():
		return &integration.Failure{Class: integration.ClassPaid, Cause: "invoice_paid", Advice: advicePaid,
			Message: fmt.Sprintf("%s has %s of %s paid or applied; %s", name, mapping.Money(r.paid(), r.iso(s.doc)),
				mapping.Money(r.Total, r.iso(s.doc)), would)}
	case r.voided():
		return &integration.Failure{Class: integration.ClassRefused, Cause: "record_voided", Message: name + " is voided; " + would,
			Advice: adviceVoided}
	case !sameCurrency(s.doc, r):
		return &integration.Failure{Class: integration.ClassRefused, Cause: "currency_fixed", Message: name + " has another currency; " + would,
			Advice: "NetSuite never changes the currency of a saved record: delete it or remove its External ID in NetSuite, then retry"}
	}
	return s.c.mayChange(ctx, r, would, s.rec)
}

// stay keeps what no update is to change: the posting period that the document is
// in, whatever its date and the settings say now, since moving it would change the
// accounts of two periods; and what a line calls the document of another Bill,
// which is known once that went through here.
func (s *sending) stay(r record) {
	if s.doc.PeriodID != r.Period.ID {
		s.doc.Stay(r.Period.ID)
		s.changed = true
	}
	shared := true
	for i := 0; i < len(r.Item.Items) && r.Item.count() == len(s.doc.Lines); i++ {
		held, l := r.Item.Items[i].Description, &s.doc.Lines[i]
		if l.Plain == "" || reconcile.SameText(held, l.Description) ||
			!reconcile.SameText(held, l.Plain) && !reconcile.SameText(mapping.WithoutNumber(held), l.Plain) {
			continue
		}
		if shared {
			s.doc.Lines, shared = slices.Clone(s.doc.Lines), false
		}
		s.doc.Lines[i].Description = strings.Clone(held)
		s.changed = true
	}
	if s.changed {
		s.body = encode(s.doc).Body
	}
}

// update replaces the content of a record. Without replace=item NetSuite would
// add our lines to those that are there.
func (s *sending) update(ctx context.Context, id string) error {
	_, err := s.c.do(ctx, call{purpose: "update", method: http.MethodPatch, path: s.recordPath(url.PathEscape(id)),
		query: "replace=item", body: s.body, head: strict, write: true, rec: s.rec})
	return err
}
