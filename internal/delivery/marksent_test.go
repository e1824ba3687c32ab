package delivery_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// A document that a person names is the Bill's when customer, currency and
// amount are, and no other run has it. Else both sides are told and nothing is
// done, until it is confirmed.
func TestMarkSentLooksAtTheDocument(t *testing.T) {
	globex, northwind := integration.Named{ID: "602", Name: "Globex"}, integration.Named{ID: "601", Name: "Northwind"}
	good := delivery.Document{Kind: mapping.Invoice, ID: "4711", Name: "invoice 4711", Customer: globex, CurrencyID: "1", Currency: "USD",
		Total: decimal.MustParse("101.50"), URL: "https://ns/4711"}
	for name, c := range map[string]struct {
		change func(*delivery.Document)
		id     string
		unread error
		why    []string // none: it is taken as it is
		out    string
	}{
		"it fits":                       {out: "101.50"},
		"it is made with our own id":    {change: func(d *delivery.Document) { d.ExternalID = "m3b-b1" }, out: "101.50"},
		"another customer":              {change: func(d *delivery.Document) { d.Customer = northwind }, why: []string{"customer 601 Northwind, the Bill for 602 Globex"}, out: "101.50"},
		"another amount":                {change: func(d *delivery.Document) { d.Total = decimal.MustParse("-334.40") }, why: []string{"over -334.40, the Bill over 101.50"}, out: "-334.40"},
		"another currency":              {change: func(d *delivery.Document) { d.CurrencyID, d.Currency = "2", "EUR" }, why: []string{"in EUR, the Bill in USD"}, out: "101.50"},
		"another Bill's external id":    {change: func(d *delivery.Document) { d.ExternalID = "m3b-b7" }, why: []string{"external id m3b-b7"}, out: "101.50"},
		"voided":                        {change: func(d *delivery.Document) { d.Voided = true }, why: []string{"voided"}, out: "101.50"},
		"another run's":                 {id: "77", why: []string{"the document of INVOICE-b0"}, out: "101.50"},
		"NetSuite has it not":           {id: "9", why: []string{`no invoice or credit memo with the internal id "9"`}, out: "101.50"},
		"NetSuite does not answer":      {unread: errors.New("connection refused"), why: []string{"could not be asked: connection refused"}, out: "101.50"},
		"customer and amount are other": {change: func(d *delivery.Document) { d.Customer, d.Total = northwind, decimal.MustParse("5") }, why: []string{"601", "over 5"}, out: "5"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
					if d.ExternalID == "m3b-b0" {
						return nil
					}
					return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July 2026 is closed"}
				}
				first := b.submit("us", billOf("b0", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute)
				r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute)
				doc, id := good, "4711"
				if c.change != nil {
					c.change(&doc)
				}
				if c.id == "77" {
					first = b.want(first.ID, integration.Complete, integration.Created)
					id, doc.ID, doc.ExternalID = first.ExternalID, first.ExternalID, ""
				} else if c.id != "" {
					id = c.id
				}
				b.ns.lately(func(n *netsuite) {
					n.docs = map[string]delivery.Document{doc.ID: doc}
					n.named = map[string]integration.Named{"customer ext:acc": globex}
					n.unread = c.unread
				})
				got, err := b.engine.MarkSent(t.Context(), r.ID, id, "entered by hand", false)
				var m *integration.Mismatch
				if len(c.why) > 0 {
					if !errors.As(err, &m) || !errors.Is(err, integration.ErrConflict) {
						t.Fatalf("it was taken: %+v, %v", got, err)
					}
					for _, want := range c.why {
						if !slices.ContainsFunc(m.Why, func(s string) bool { return strings.Contains(s, want) }) {
							t.Errorf("%q does not say %q", m.Why, want)
						}
					}
					if m.Bill.Reference != "INVOICE-b1" || m.Bill.Amount.String() != "101.50" {
						t.Errorf("the Bill's side is %+v", m.Bill)
					}
					if now, _ := b.ledger.Run(t.Context(), r.ID); now.Status != integration.PeriodClosed {
						t.Errorf("it became %s", now.Status)
					}
					got, err = b.engine.MarkSent(t.Context(), r.ID, id, "entered by hand", true)
				}
				if err != nil || got.ExternalID != id || got.AmountOut.String() != c.out || len(got.Warnings) != len(c.why) && m != nil && len(got.Warnings) != len(m.Why) {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}
