package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// now is the clock of these tests: October is over, its period is open.
var now = time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)

const october = "2026-10"

// books is a simulator of the destination with a connection to it.
type books struct {
	box  *sandbox.Sandbox
	conn *netsuite.Client
}

func newBooks(t testing.TB, o sandbox.Options) books {
	t.Helper()
	o.Now = func() time.Time { return now }
	box, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	creds, err := box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	return books{box, conn}
}

// desk is our side, in memory.
type desk struct {
	nothingHeld
	bills  []reconcile.Bill
	wants  map[string]reconcile.Want
	owners map[string]reconcile.Owner
	refs   map[string]string
}

func newDesk() *desk {
	return &desk{wants: map[string]reconcile.Want{}, owners: map[string]reconcile.Owner{}, refs: map[string]string{}}
}

func (d *desk) Bills(context.Context, reconcile.Span, func(int)) ([]reconcile.Bill, error) {
	return append([]reconcile.Bill{}, d.bills...), nil
}

func (d *desk) Want(_ context.Context, run string) (reconcile.Want, bool, error) {
	w, ok := d.wants[run]
	return w, ok, nil
}

func (d *desk) Owners(_ context.Context, _ reconcile.Span, docs []reconcile.Doc) (map[string]reconcile.Owner, error) {
	return d.owners, nil
}

func (d *desk) CustomerRef(_ context.Context, b *reconcile.Bill) (string, error) {
	return d.refs[b.Account], nil
}

// document is one of two lines that come to the amount.
func document(n int, kind mapping.Kind, customer, currencyID, currency, date string, amount decimal.D) mapping.Document {
	half := decimal.New(100, -2)
	ref := map[mapping.Kind]string{mapping.Invoice: "m3b-", mapping.CreditMemo: "m3c-"}[kind] + fmt.Sprintf("%032d", n)
	return mapping.Document{
		Kind: kind, ExternalID: ref, Entity: mapping.Ref{ID: customer}, CurrencyID: currencyID, Currency: currency, TranDate: date,
		Memo: fmt.Sprintf("INVOICE-%d", n), Total: amount,
		Lines: []mapping.Line{
			{ItemID: "101", Quantity: decimal.New(1, 0), Rate: amount.Sub(half), Amount: amount.Sub(half), Description: "API calls"},
			{ItemID: "199", Amount: half, Description: "Platform & support"},
		},
	}
}

// wantOf is what the desk keeps of a document that was sent.
func wantOf(d mapping.Document) reconcile.Want {
	w := reconcile.Want{CustomerID: d.Entity.ID, CustomerRef: d.Entity.ExternalID, CurrencyID: d.CurrencyID, Date: d.TranDate, Due: d.DueDate,
		Period: d.PeriodID, Memo: d.Memo, NoTax: d.NoTax, Total: d.Total, Fields: fieldsOf(append(d.Fields, d.Gone...))}
	date, _ := time.Parse(time.DateOnly, d.TranDate)
	for i, l := range d.Lines { // services of the month before, and of the one after
		w.Lines = append(w.Lines, reconcile.Line{Item: l.ItemID, Amount: l.Amount, Quantity: l.Quantity, Text: l.Description,
			Ends: date.AddDate(0, 2*i-1, 0).Format(time.DateOnly), Fields: fieldsOf(l.Fields)})
	}
	return w
}

func fieldsOf(list []mapping.Field) (out []reconcile.Field) {
	for _, f := range list {
		out = append(out, reconcile.Field{Name: f.Name, As: string(f.As), Value: f.Value})
	}
	return out
}

// filled fills fields of all shapes that rules may fill.
func filled(d *mapping.Document) {
	d.Fields = []mapping.Field{{Name: "department", As: mapping.AsReference, Value: "1"},
		{Name: "custbody_po", As: mapping.AsText, Value: "PO & 7"}, {Name: "custbody_flag", As: mapping.AsBoolean, Value: "true"},
		{Name: "custbody_tags", As: mapping.AsMulti, Value: "3,1"}, {Name: "cseg_team", As: mapping.AsReference, Value: "9"}}
	d.Gone = []mapping.Field{{Name: "custbody_old", As: mapping.AsText}}
	d.Lines[0].Fields = []mapping.Field{{Name: "class", As: mapping.AsReference, Value: "2"},
		{Name: "custcol_share", As: mapping.AsNumber, Value: "0.50"}, {Name: "custcol_from", As: mapping.AsDate, Value: "2026-10-01"}}
	d.Lines[1].Fields = []mapping.Field{{Name: "custcol_region", As: mapping.AsText, Value: "EMEA"}}
}

// items are the lines of a document as a person enters them.
func items(d mapping.Document) string {
	var list []string
	for _, l := range d.Lines {
		text := fmt.Sprintf(`{"item":"%s","amount":%s,"description":"%s"`, l.ItemID, l.Amount, l.Description)
		if !l.Quantity.IsZero() {
			text += `,"quantity":` + l.Quantity.String()
		}
		for _, f := range l.Fields {
			switch f.As {
			case mapping.AsReference:
				text += fmt.Sprintf(`,"%s":{"id":"%s"}`, f.Name, f.Value)
			case mapping.AsNumber:
				text += fmt.Sprintf(`,"%s":%s`, f.Name, f.Value)
			default:
				text += fmt.Sprintf(`,"%s":"%s"`, f.Name, f.Value)
			}
		}
		list = append(list, text+"}")
	}
	return `{"item":{"items":[` + strings.Join(list, ",") + `]}}`
}

// send delivers a document and returns its id.
func (b books) send(t fatal, d mapping.Document) string {
	got, err := b.conn.Deliver(context.Background(), netsuite.Adapter{}.Encode(d), delivery.Before{}, func(integration.Exchange) {})
	if err != nil {
		t.Fatalf("send %s: %v", d.ExternalID, err)
	}
	return got.ID
}

type fatal interface {
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func (b books) reconcile(t fatal, d *desk, period string, by reconcile.By) reconcile.Report {
	span, err := reconcile.ParseSpan(period, by)
	if err != nil {
		t.Fatalf("%v", err)
	}
	r, err := reconcile.Run(context.Background(), reconcile.Options{Span: span, IntegrationID: "in", Integration: "US", System: "NetSuite",
		Prefixes: []string{"m3b-", "m3c-", "m3d-"}, Slots: 3, Now: func() time.Time { return now }, Rows: true}, d, b.conn)
	if err != nil {
		t.Fatalf("reconcile: %v", err)
	}
	for _, x := range r.Totals {
		if !x.Balanced() {
			t.Errorf("%s %s does not add up: %+v", x.Currency, x.Subsidiary, x)
		}
	}
	if !r.CutOffAddsUp() {
		t.Errorf("the cut-off does not come to the documents: %+v, %+v", r.CutOff, r.Totals)
	}
	return r
}

// codes lists what was found, as code and subject.
func codes(r reconcile.Report) map[string]bool {
	out := map[string]bool{}
	for _, b := range r.Breaks {
		subject := b.Bill
		if subject == "" || b.Code == reconcile.Duplicate {
			subject = b.Doc
		}
		out[string(b.Code)+" "+subject] = true
	}
	return out
}

func words(set map[string]bool) string {
	var list []string
	for k := range set {
		list = append(list, k)
	}
	return strings.Join(list, ", ")
}

// nothingHeld is a source in which nobody has prepayments.
type nothingHeld struct{}

func (nothingHeld) Holdings(context.Context, reconcile.Span, reconcile.Stands) ([]reconcile.Holding, error) {
	return nil, nil
}

func (nothingHeld) Billed(context.Context, []string) (map[string]decimal.D, error) { return nil, nil }
