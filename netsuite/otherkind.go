package netsuite

import (
	"context"
	"fmt"
	"net/url"

	"billferry/internal/integration"
	"billferry/mapping"
)

// words are what people call the kinds.
var words = map[mapping.Kind]string{mapping.Invoice: "invoice", mapping.CreditMemo: "credit memo"}

// alone refuses to make an invoice of a Bill that has a credit memo, and the
// other way round: a Bill whose total has changed its sign would be in the
// accounts twice. What to do with the old document is an accountant's choice.
func (s *sending) alone(ctx context.Context) error {
	if s.doc.OtherID == "" {
		return nil
	}
	other := mapping.CreditMemo
	if s.doc.Kind == mapping.CreditMemo {
		other = mapping.Invoice
	}
	r, found, err := s.readFrom(ctx, "look up "+words[other], recordPath+"/"+string(other)+"/eid:"+url.PathEscape(s.doc.OtherID))
	if err != nil {
		if !isDenied(asFailure(err).Cause) {
			return err
		}
		// A role that may not read the other kind never made one.
		s.c.log.Info("not looked for a document of the other kind", "external id", s.doc.OtherID, "error", err)
		return nil
	}
	if !found || r.voided() {
		return nil
	}
	return &integration.Failure{Class: integration.ClassHeld, Cause: "other_kind_exists",
		Message: fmt.Sprintf("an earlier version of this Bill is %s %s over %s in NetSuite, and this one is a %s over %s: both would count",
			words[other], r.ID, r.Total, words[s.doc.Kind], s.doc.Total),
		Advice: fmt.Sprintf("delete or void %s %s in NetSuite, then retry; or, if it has to stay, remove its External ID, settle the difference by hand and mark this run as sent",
			words[other], r.ID)}
}
