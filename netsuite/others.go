package netsuite

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// words are what people call the kinds.
var words = map[mapping.Kind]string{mapping.Invoice: "invoice", mapping.CreditMemo: "credit memo"}

// live is a document of the Bill that counts in NetSuite.
type live struct {
	kind mapping.Kind
	ref  string // its external id
	record
}

func (l live) String() string {
	return fmt.Sprintf("%s %s (%s) over %s", words[l.kind], l.ID, l.ref, mapping.Money(l.Total, l.iso(mapping.Document{})))
}

// others looks up every document of the Bill that may be there under another
// name than the one to be made, and answers those that count. Nothing may be
// written while one of them is unknown: a Bill that is in the accounts twice is
// worse than one that is late.
func (s *sending) others(ctx context.Context, was delivery.Before, found bool) ([]live, error) {
	var out []live
	guess := s.doc.OtherID != "" && !found && (was.Look || len(was.Others) > 0 || s.doc.Kind == mapping.CreditMemo)
	for _, d := range was.Others {
		kind := mapping.Kind(d.Kind)
		if kind != s.doc.Kind && d.ExternalID == s.doc.OtherID {
			guess = false
		}
		l, ok, err := s.other(ctx, kind, d.ExternalID)
		switch {
		case err != nil:
			return nil, err
		case ok:
			out = append(out, l)
		case !d.Since.IsZero() && len(out) == 0:
			if err := s.c.over(d); err != nil {
				return nil, err
			}
		}
	}
	if !guess {
		return out, nil
	}
	// A first invoice is spared this look-up: there was nothing before it.
	kind := mapping.CreditMemo
	if s.doc.Kind == mapping.CreditMemo {
		kind = mapping.Invoice
	}
	l, ok, err := s.other(ctx, kind, s.doc.OtherID)
	if err != nil {
		if !isDenied(asFailure(err).Cause) {
			return nil, err
		}
		// A role that may not read the other kind never made one.
		s.c.log.Info("not looked for a document of the other kind", "external id", s.doc.OtherID, "error", err)
	}
	if ok {
		out = append(out, l)
	}
	return out, nil
}

// other reads one document, which does not count when it is voided.
func (s *sending) other(ctx context.Context, kind mapping.Kind, ref string) (live, bool, error) {
	purpose := "look up " + words[kind]
	if kind == s.doc.Kind {
		purpose = "look up earlier"
	}
	r, found, err := s.readFrom(ctx, purpose, recordPath+"/"+string(kind)+"/eid:"+url.PathEscape(ref))
	return live{kind, ref, r}, found && !r.voided(), err
}

// over tells whether a request that may have made a document is certainly over.
// NetSuite works on one for a quarter of an hour at most, and a process that was
// killed does not hear of it. Until then an absent document may yet appear: under
// our own external id that does no harm, since NetSuite refuses the second.
func (c *Client) over(d integration.Doc) error {
	left := c.late - c.now().Sub(d.Since)
	if left <= 0 {
		return nil
	}
	left = min(left, c.late) // the clock may have been ahead
	return &integration.Failure{Class: integration.ClassTransient, Cause: "earlier_unproven", After: left,
		Message: fmt.Sprintf("a request that got no answer may still make the %s %s of this Bill, which NetSuite does not show yet",
			words[mapping.Kind(d.Kind)], d.ExternalID),
		Advice: fmt.Sprintf("nothing: it is looked up again in %s, when NetSuite has certainly given that request up", left.Round(time.Second))}
}

// alone refuses to leave a Bill with two documents: what to do with the one that
// is there is an accountant's choice.
func (s *sending) alone(there []live) error {
	if len(there) > 1 {
		var names []string
		for _, l := range there {
			names = append(names, l.String())
		}
		return &integration.Failure{Class: integration.ClassHeld, Cause: "documents_many",
			Message: "this Bill is in NetSuite more than once: " + strings.Join(names, ", ") + ": each counts",
			Advice:  "delete or void in NetSuite what is wrong, then retry"}
	}
	l := there[0]
	return &integration.Failure{Class: integration.ClassHeld, Cause: "other_kind_exists",
		Message: fmt.Sprintf("an earlier version of this Bill is %s %s over %s in NetSuite, and this one is a %s over %s: both would count",
			words[l.kind], l.ID, mapping.Money(l.Total, l.iso(s.doc)), words[s.doc.Kind], mapping.Money(s.doc.Total, s.doc.Currency)),
		Advice: fmt.Sprintf("delete or void %s %s in NetSuite, then retry; or, if it has to stay, remove its External ID, "+
			"settle the difference by hand and mark this run as sent", words[l.kind], l.ID)}
}
