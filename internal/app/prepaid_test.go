package app

import (
	"encoding/json"
	"fmt"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// An item of prepayments goes from its opening balance over the fees, the draw-downs
// and what else is on it to its closing one, to the last unit: NetSuite's own sums held
// to the documents as they were sent.
func TestPrepaymentsRollForward(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true, Bills: 60})
	in := w.create(t, "NetSuite US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "netsuiteCommitmentItemId": "102",
		"billferry": spec.Values{"prepaymentItems": "TYPE_FIRST"}})
	w.connect(t, in)
	w.submitAll(t, in.ID)
	sent := w.sentOn(t, in, "102")
	r := w.reconcile(t, in, month())
	opening, fees, drawn := map[string]decimal.D{}, map[string]decimal.D{}, map[string]decimal.D{}
	here := sentLine{}
	for _, l := range sent {
		switch fee, consumed := mapping.Prepaid(l.types); {
		case l.date < r.Span.From:
			opening[l.currency] = opening[l.currency].Add(l.amount)
		case l.date > r.Span.To:
		case fee:
			fees[l.currency] = fees[l.currency].Add(l.amount)
			here = l
		case consumed:
			drawn[l.currency] = drawn[l.currency].Add(l.amount)
		}
	}
	if len(opening) == 0 || len(fees) == 0 || len(drawn) == 0 {
		t.Fatal("the item has no balance, or nothing moves it: this shows nothing:", opening, fees, drawn)
	}
	for currency, p := range rolled(t, r) {
		if !p.Opening.Equal(opening[currency]) || !p.Fees.Equal(fees[currency]) || !p.Consumed.Equal(drawn[currency]) ||
			!p.Closing.Equal(opening[currency].Add(fees[currency]).Add(drawn[currency])) || !p.Elsewhere.IsZero() || !p.NotPosting.IsZero() {
			t.Errorf("%s: %+v, want %s + %s + %s", currency, p, opening[currency], fees[currency], drawn[currency])
		}
		delete(opening, currency)
		delete(fees, currency)
	}
	if len(opening)+len(fees) > 0 {
		t.Error("left out:", opening, fees)
	}

	was := rolled(t, r)[here.currency]
	byDate, err := w.app.Reconcile(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: month(), By: string(reconcile.ByDate)},
		func(reconcile.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	if p := rolled(t, byDate)[here.currency]; p != was {
		t.Errorf("by date: %+v, by period: %+v", p, was)
	}
	var copied decimal.D // of the document that is made once more by hand
	for _, l := range sent {
		if l.doc == here.doc {
			copied = copied.Add(l.amount)
		}
	}
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q}`, here.doc))
	p := rolled(t, w.reconcile(t, in, month()))[here.currency]
	if !p.Opening.Equal(was.Opening) || !p.Elsewhere.Equal(copied) || !p.Closing.Equal(was.Closing.Add(copied)) {
		t.Errorf("with a copy: %+v, was %+v, want %s elsewhere", p, was, copied)
	}
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"approvalStatus":{"id":"1"}}}`, here.doc))
	p = rolled(t, w.reconcile(t, in, month()))[here.currency]
	if !p.Fees.Equal(was.Fees) || !p.NotPosting.Equal(copied.Neg()) || !p.Elsewhere.Equal(copied) || !p.Closing.Equal(was.Closing) {
		t.Errorf("waiting to be approved: %+v, was %+v, want %s not posting", p, was, copied.Neg())
	}
}

// rolled are the prepayments of a report by currency, each of which must add up.
func rolled(t *testing.T, r reconcile.Report) map[string]reconcile.Prepayment {
	t.Helper()
	if r.NoPrepayments != "" {
		t.Fatal(r.NoPrepayments)
	}
	out := map[string]reconcile.Prepayment{}
	for _, p := range r.Prepayments {
		if p.Item != "102" {
			continue
		}
		if !p.Opening.Add(p.Fees).Add(p.Consumed).Add(p.Other).Add(p.NotPosting).Add(p.Elsewhere).Equal(p.Closing) {
			t.Errorf("does not add up: %+v", p)
		}
		sum := out[p.Currency]
		for _, x := range [][2]*decimal.D{{&sum.Opening, &p.Opening}, {&sum.Fees, &p.Fees}, {&sum.Consumed, &p.Consumed},
			{&sum.NotPosting, &p.NotPosting}, {&sum.Elsewhere, &p.Elsewhere}, {&sum.Closing, &p.Closing}} {
			*x[0] = x[0].Add(*x[1])
		}
		out[p.Currency] = sum
	}
	return out
}

// sentLine is a line of a document as it was sent, with the sign that it has for
// whoever sells.
type sentLine struct {
	doc, date, currency string
	types               []string
	amount              decimal.D
}

// sentOn are the lines on an item that were sent.
func (w *world) sentOn(t *testing.T, in integration.Integration, item string) (out []sentLine) {
	t.Helper()
	runs, err := w.app.store.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs.Runs {
		if !run.Delivered() {
			continue
		}
		raw, err := w.app.store.Sent(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		var d mapping.Document
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		for _, l := range d.Lines {
			if d.Kind == mapping.CreditMemo {
				l.Amount = l.Amount.Neg()
			}
			if l.ItemID == item {
				out = append(out, sentLine{run.ExternalID, d.TranDate, run.Currency, l.Why.Types, l.Amount})
			}
		}
	}
	return out
}
