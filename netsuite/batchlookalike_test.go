package netsuite_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// written delivers a document without reading it back.
func written(t *testing.T, c *netsuite.Client, d mapping.Document) delivery.Written {
	t.Helper()
	got, err := c.Deliver(t.Context(), netsuite.Adapter{}.Encode(d), delivery.Before{}, nil)
	if err != nil || got.Outcome != integration.Created {
		t.Fatalf("%+v %v", got, err)
	}
	return delivery.Written{ID: got.ID, Doc: d}
}

// Invoices and credit memos are proven by query as they are by reading each, once
// the first of their kind was read both ways.
func TestDocumentsAreProvenTogether(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	var docs []delivery.Written
	for n := range 60 {
		d := document(n, 1000+n)
		if n%3 == 2 {
			d.Kind, d.ExternalID = mapping.CreditMemo, "m3c-"+d.ExternalID[4:]
		}
		docs = append(docs, written(t, c, d))
	}
	for _, n := range []int{0, 2} { // the first of each kind
		if rows := c.Rows(docs[n].Doc); rows != 0 {
			t.Fatalf("the first %s takes %d rows", docs[n].Doc.Kind, rows)
		}
		if rows := c.Rows(docs[n+1].Doc); n == 0 && rows != 4 {
			t.Fatalf("the next takes %d rows", rows)
		}
		if p, err := c.Prove(t.Context(), docs[n].Doc, docs[n].ID, nil); err != nil || len(p.Differs) > 0 {
			t.Fatalf("%+v %v", p, err)
		}
	}
	before := box.Stats().Requests
	got, err := c.ProveAll(t.Context(), docs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		one, err := c.Prove(t.Context(), docs[i].Doc, docs[i].ID, nil)
		if err != nil || p == nil || !decimal.MustParse(p.Total).Equal(decimal.MustParse(one.Total)) || p.Lines != one.Lines || p.Currency != one.Currency {
			t.Errorf("%s %s: by query %+v, by itself %+v, %v", docs[i].Doc.Kind, docs[i].ID, p, one, err)
		}
	}
	if n := box.Stats().Requests - before - int64(len(docs)); n != 1 {
		t.Errorf("%d queries", n)
	}
}
