package netsuite_test

import (
	"slices"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
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
		if err != nil || p == nil || !decimal.MustParse(p.Total).Equal(decimal.MustParse(one.Total)) || p.Lines != one.Lines ||
			p.Currency != one.Currency {
			t.Errorf("%s %s: by query %+v, by itself %+v, %v", docs[i].Doc.Kind, docs[i].ID, p, one, err)
		}
	}
	if n := box.Stats().Requests - before - int64(len(docs)); n != 1 {
		t.Errorf("%d queries", n)
	}
}

// Whatever a document consists of is proven with one query for all, and one that
// another has changed is not.
func TestEveryKindOfDocumentIsProvenTogether(t *testing.T) {
	t.Parallel()
	customer := seed.New(seed.Options{Now: time.Now()}).Customers[0]
	for name, kind := range map[string]func(*mapping.Document){
		"revenue dates": func(d *mapping.Document) {
			d.Lines[1].Fields = []mapping.Field{{Name: "revRecStartDate", As: mapping.AsDate, Value: "2026-08-01"},
				{Name: "revRecEndDate", As: mapping.AsDate, Value: "2026-08-31"}}
		},
		"a date of its own": func(d *mapping.Document) {
			d.Lines[0].Fields = []mapping.Field{{Name: "custcol_from", As: mapping.AsDate, Value: "2026-08-01"}}
		},
		"customer by external id": func(d *mapping.Document) { d.Entity = mapping.Ref{ExternalID: customer.ExternalID} },
		"no currency":             func(d *mapping.Document) { d.CurrencyID = "" },
		"due date and PO":         func(d *mapping.Document) { d.DueDate, d.OtherRefNum = today, "PO 7" },
	} {
		box, c := start(t, sandbox.Options{}, netsuite.Options{})
		var docs []delivery.Written
		for n := range 4 {
			d := document(n, 1000+n)
			d.Entity = mapping.Ref{ID: customer.ID}
			kind(&d)
			docs = append(docs, written(t, c, d))
			if n == 0 {
				if rows := c.Rows(d); rows != 0 {
					t.Errorf("%s: the first is not read by itself", name)
				}
				if p, err := c.Prove(t.Context(), d, docs[0].ID, nil); err != nil || len(p.Differs) > 0 {
					t.Fatalf("%s: %+v %v", name, p, err)
				}
			}
			if rows := c.Rows(d); rows != 4 {
				t.Errorf("%s: %d rows", name, rows)
			}
		}
		other := docs[2].Doc
		other.Lines = slices.Clone(other.Lines)
		other.Lines[1].Fields, other.Memo = []mapping.Field{{Name: "revRecStartDate", As: mapping.AsDate, Value: "2026-08-02"},
			{Name: "custcol_from", As: mapping.AsDate, Value: "2026-08-02"}}, "changed"
		if _, err := c.Deliver(t.Context(), netsuite.Adapter{}.Encode(other), delivery.Before{Look: true}, nil); err != nil {
			t.Fatal(err)
		}
		before := box.Stats().Requests
		got, err := c.ProveAll(t.Context(), docs, nil)
		if n := box.Stats().Requests - before; err != nil || n != 1 || got[0] == nil || got[1] == nil || got[2] != nil || got[3] == nil {
			t.Errorf("%s: %v, %d requests, %v", name, err, n, got)
		}
	}
}

// A field that no query shows keeps only its documents from being proven so.
func TestAFieldThatNoQueryShowsIsReadBySelf(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{}, netsuite.Options{})
	plain, odd := document(1, 100), document(2, 200)
	odd.Lines = slices.Clone(odd.Lines)
	odd.Lines[0].Fields = []mapping.Field{{Name: "taxPointDate", As: mapping.AsDate, Value: today}}
	for _, d := range []mapping.Document{odd, plain} {
		w := delivery.Written{ID: "1", Doc: d}
		if d.ExternalID == plain.ExternalID {
			w = written(t, c, d)
		} else {
			d.Lines = plain.Lines // the record service drops no field in silence
			w = written(t, c, d)
			w.Doc = odd
		}
		_ = c.Rows(w.Doc)
		if _, err := c.Prove(t.Context(), w.Doc, w.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	if c.Rows(odd) != 0 || c.Rows(plain) == 0 {
		t.Errorf("rows of the odd one %d, of the plain one %d", c.Rows(odd), c.Rows(plain))
	}
}
