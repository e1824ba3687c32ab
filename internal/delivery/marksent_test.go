package delivery_test

import (
	"bytes"
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
		"it fits":                    {out: "101.50"},
		"it is made with our own id": {change: func(d *delivery.Document) { d.ExternalID = "m3b-b1" }, out: "101.50"},
		"another customer": {change: func(d *delivery.Document) { d.Customer = northwind },
			why: []string{"customer 601 Northwind, the Bill for 602 Globex"}, out: "101.50"},
		"another amount": {change: func(d *delivery.Document) {
			d.Total = decimal.MustParse("-334.40")
		}, why: []string{"over -334.40 USD, the Bill over 101.50 USD"}, out: "-334.40"},
		"another currency": {change: func(d *delivery.Document) {
			d.CurrencyID, d.Currency = "2", "EUR"
		}, why: []string{"in EUR, the Bill in USD"}, out: "101.50"},
		"another Bill's external id": {change: func(d *delivery.Document) { d.ExternalID = "m3b-b7" }, why: []string{"external id m3b-b7"},
			out: "101.50"},
		"voided":              {change: func(d *delivery.Document) { d.Voided = true }, why: []string{"voided"}, out: "101.50"},
		"another run's":       {id: "77", why: []string{"the document of INVOICE-b0"}, out: "101.50"},
		"NetSuite has it not": {id: "9", why: []string{`no invoice or credit memo with the internal id "9"`}, out: "101.50"},
		"NetSuite does not answer": {unread: errors.New("connection refused"), why: []string{"could not be asked: connection refused"},
			out: "101.50"},
		"customer and amount are other": {change: func(d *delivery.Document) {
			d.Customer, d.Total = northwind, decimal.MustParse("5")
		}, why: []string{"601", "over 5.00 USD"}, out: "5"},
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
				if err != nil || got.ExternalID != id || got.AmountOut.String() != c.out || len(got.Warnings) != len(c.why) && m != nil &&
					len(got.Warnings) != len(m.Why) {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}

func emptyBill(id string, version int) []byte {
	head, _, _ := bytes.Cut(billOf(id, "acc", version, "APPROVED"), []byte(`"billTotal"`))
	return append(head, `"billTotal":0,"lineItems":[]}`...)
}

// The document that a person made has no name that a delivery finds it by. While
// it stands, no later version of the Bill is made beside it.
func TestALaterVersionIsNotMadeBesideWhatAPersonMade(t *testing.T) {
	for name, c := range map[string]struct {
		now   func(*netsuite) // what became of the document
		bill  []byte
		cause string // "" is sent
	}{
		"it stands":                    {cause: "made_by_hand"},
		"it stands, and the Bill is 0": {bill: emptyBill("b1", 2), cause: "made_by_hand"},
		"it has our external id":       {now: func(n *netsuite) { d := n.docs["4711"]; d.ExternalID = "m3b-b1"; n.docs["4711"] = d }},
		"it is voided":                 {now: func(n *netsuite) { d := n.docs["4711"]; d.Voided = true; n.docs["4711"] = d }},
		"it is gone":                   {now: func(n *netsuite) { delete(n.docs, "4711") }},
		"it cannot be looked at, later": {now: func(n *netsuite) {
			n.unread = &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer"}
		}, cause: "no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
					if n > 1 {
						return nil
					}
					return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July 2026 is closed"}
				}
				b.ns.lately(func(n *netsuite) {
					n.docs = map[string]delivery.Document{"4711": {Kind: mapping.Invoice, ID: "4711", Name: "invoice 4711", CurrencyID: "1",
						Total: decimal.MustParse("101.50")}}
				})
				one := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute)
				if _, err := b.engine.MarkSent(t.Context(), one.ID, "4711", "entered by hand", true); err != nil {
					t.Fatal(err)
				}
				if c.now != nil {
					b.ns.lately(c.now)
				}
				if c.bill == nil {
					c.bill = billOf("b1", "acc", 2, "APPROVED")
				}
				two := b.submit("us", c.bill)[0]
				time.Sleep(time.Minute)
				got := b.run(two.ID)
				if got.Cause != c.cause || (c.cause == "") != got.Sent() {
					t.Errorf("%s %s %s: %s", got.Status, got.Outcome, got.Cause, got.Error)
				}
				b.ns.lately(func(n *netsuite) {
					if made := n.creates["m3b-b1"]; made > 0 != (c.cause == "") {
						t.Errorf("%d documents were made beside it", made)
					}
				})
			})
		})
	}
}

// Who put a Bill into NetSuite by hand can say so when its integration is gone:
// nobody can look, so it takes a confirmation.
func TestMarkSentOfADeletedIntegration(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July 2026 is closed"}
		}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		b.ledger.Drop("us")
		var m *integration.Mismatch
		if _, err := b.engine.MarkSent(t.Context(), r.ID, "4711", "entered by hand", false); !errors.As(err, &m) ||
			!strings.Contains(err.Error(), "deleted") {
			t.Fatalf("%v", err)
		}
		if _, err := b.engine.MarkSent(t.Context(), r.ID, "4711", "entered by hand", true); err != nil {
			t.Fatal(err)
		}
		b.want(r.ID, integration.Complete, integration.Adopted)
	})
}
