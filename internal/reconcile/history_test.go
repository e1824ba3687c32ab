package reconcile_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/tree"
	"billferry/mapping"
)

// customers by currency id: id, id of another with the same currency.
var customers = map[string][2]string{"1": {"601", "602"}, "3": {"606", "607"}}

var isoOf = map[string]string{"1": "USD", "3": "EUR"}

// history is one random month: what was done to it, and so what is to be found.
type history struct {
	*rapid.T
	books
	desk  *desk
	want  map[string]bool // code and subject
	total map[string]decimal.D
	n     int
	other string // id of a second subsidiary
	april string // id of the period before
	base  int    // of the numbers of Bills
	taxed bool
	known map[string]bool // Bills whose document a person has accepted as it is
}

func (h *history) expect(c reconcile.Code, subject string) { h.want[string(c)+" "+subject] = true }

func (h *history) draw(name string, n int) int { return rapid.IntRange(0, n-1).Draw(h.T, name) }

// bill adds one Bill with a random fate.
func (h *history) bill() {
	h.n++
	id := fmt.Sprintf("%032d", h.base+h.n)
	currency := []string{"1", "3"}[h.draw("currency", 2)]
	amount := decimal.New(int64(200+rapid.IntRange(0, 10_000_000).Draw(h.T, "cents")), -2)
	kind, sign := mapping.Invoice, func(d decimal.D) decimal.D { return d }
	if h.draw("credit", 4) == 0 {
		kind, sign = mapping.CreditMemo, decimal.D.Neg
	}
	b := reconcile.Bill{ID: id, Ref: "INVOICE-" + id[28:], Account: "acc" + currency, Currency: isoOf[currency], Date: "2026-10-15",
		Run:  "run" + id,
		Refs: []string{"m3b-" + id, "m3c-" + id}, Approved: true, Proven: true, Kind: string(kind)}
	if h.draw("excluded", 3) == 0 {
		b.Excluded = decimal.New(int64(h.draw("excluded cents", 5000)), -2)
	}
	if h.draw("rounding", 3) == 0 {
		b.Rounding = decimal.New(int64(h.draw("parts of a cent", 50)), -4)
	}
	b.Total = sign(amount).Add(b.Excluded).Add(b.Rounding)
	fates := []reconcile.State{reconcile.Sent, reconcile.Failed, reconcile.Held, reconcile.InFlight, reconcile.Unreceived,
		reconcile.NotApproved,
		reconcile.ExcludedAccount, reconcile.ExcludedTypes, reconcile.SkippedByHand}
	b.State = fates[max(0, h.draw("fate", 3*len(fates))-2*len(fates))]
	found := map[reconcile.State]reconcile.Code{reconcile.Failed: reconcile.FailedCode, reconcile.Held: reconcile.HeldCode,
		reconcile.InFlight: reconcile.FlightCode, reconcile.Unreceived: reconcile.Missing, reconcile.NotApproved: reconcile.Unapproved}
	if c, ok := found[b.State]; ok {
		h.expect(c, id)
	}
	if b.State == reconcile.Sent {
		d := document(h.base+h.n, kind, customers[currency][0], currency, b.Currency, b.Date, amount)
		if h.draw("rules fill fields", 2) == 0 {
			filled(&d)
		}
		d.NoTax = h.draw("no tax", 6) == 0
		b.DocID, b.SentRun, b.Lines = h.send(h, d), b.Run, 2
		h.desk.wants[b.Run] = wantOf(d)
		h.touch(&b, d)
		h.accept(&b)
	}
	if !b.Gone {
		h.total[b.Currency] = h.total[b.Currency].Add(b.Total)
	}
	h.desk.bills = append(h.desk.bills, b)
}

// accept has a person accept a document as it stands, or as it stood once.
func (h *history) accept(b *reconcile.Bill) {
	what := h.draw("accepted", 8)
	if what > 1 {
		return
	}
	stands, err := h.conn.Standing(context.Background(), []string{b.DocID})
	h.do(err)
	b.Accepted = &reconcile.Acceptance{By: "anna", Reason: "agreed", At: now, Stamp: "2026-10-15 08:00:00"}
	if what == 0 {
		s, there := stands[b.DocID]
		b.Accepted.Stamp, b.Accepted.Gone, h.known[b.ID] = s.Stamp, !there, true
	}
}

// ofDocuments are the kinds of break that whoever accepts a document has seen.
var ofDocuments = []reconcile.Code{reconcile.Deleted, reconcile.Voided, reconcile.CurrencyOff, reconcile.CompanyOff, reconcile.CustomerOff,
	reconcile.Amount, reconcile.LineDiffers, reconcile.DateOff, reconcile.PeriodOff, reconcile.Changed}

func (h *history) do(err error) {
	if err != nil {
		h.Fatalf("%v", err)
	}
}

func object(text string) tree.Value {
	v, err := tree.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// touch does something to a document in NetSuite, or to its Bill in m3ter.
func (h *history) touch(b *reconcile.Bill, d mapping.Document) {
	ns, id := h.box.NetSuite(), b.DocID
	edit := func(text string, args ...any) { h.do(ns.Edit(id, object(fmt.Sprintf(text, args...)))) }
	second := customers[d.CurrencyID][1]
	first, other := d.Lines[0].Amount, d.Lines[1].Amount
	what := h.draw("touch", 30)
	if there := what != 11 && what != 12 && what != 20; d.NoTax && h.taxed && there {
		h.expect(reconcile.Changed, b.ID)
	}
	ours := func(c reconcile.Code) { // of fields that are not
		if len(d.Fields) > 0 {
			h.expect(c, b.ID)
		}
	}
	line := func(n int, name string, as mapping.Shape, value string) { // changes a field of one
		e := d
		e.Lines = slices.Clone(d.Lines)
		all := slices.DeleteFunc(slices.Clone(e.Lines[n].Fields), func(f mapping.Field) bool { return f.Name == name })
		e.Lines[n].Fields = append(all, mapping.Field{Name: name, As: as, Value: value})
		edit("%s", items(e))
	}
	switch what {
	case 0:
		edit(`{"item":{"items":[{"item":"101","amount":%s,"quantity":1,"description":"API calls"},{"item":"199","amount":%s,`+
			`"description":"Platform & support"}]}}`,
			first.Add(decimal.New(101, -2)), other)
		h.expect(reconcile.Amount, b.ID)
	case 1:
		edit(`{"item":{"items":[{"item":"107","amount":%s,"quantity":1,"description":"API calls"},{"item":"199","amount":%s,`+
			`"description":"Platform & support"}]}}`, first, other)
		h.expect(reconcile.LineDiffers, b.ID)
	case 2:
		edit(`{"item":{"items":[{"item":"101","amount":%s,"quantity":1,"description":"API calls"}]}}`, first.Add(other))
		h.expect(reconcile.LineDiffers, b.ID)
	case 3:
		edit(`{"entity":{"id":"%s"}}`, second)
		h.expect(reconcile.CustomerOff, b.ID)
	case 4:
		edit(`{"tranDate":"2026-10-20"}`)
		h.expect(reconcile.DateOff, b.ID)
	case 5:
		edit(`{"tranDate":"2026-09-20"}`)
		h.expect(reconcile.DateOff, b.ID)
	case 6:
		edit(`{"postingPeriod":"%s"}`, h.april)
		h.expect(reconcile.PeriodOff, b.ID)
	case 7:
		edit(`{"currency":"%s"}`, map[string]string{"1": "3", "3": "1"}[d.CurrencyID])
		h.expect(reconcile.CurrencyOff, b.ID)
	case 8:
		edit(`{"subsidiary":"%s"}`, h.other)
		h.expect(reconcile.CompanyOff, b.ID)
	case 9:
		edit(`{"memo":"corrected by hand"}`)
		h.expect(reconcile.Changed, b.ID)
	case 10:
		edit(`{"externalId":"mine-%s"}`, b.ID[20:])
		h.expect(reconcile.Changed, b.ID)
	case 11:
		h.do(ns.Void(id))
		h.expect(reconcile.Voided, b.ID)
	case 12:
		h.do(ns.Remove(id))
		h.expect(reconcile.Deleted, b.ID)
	case 13:
		c, err := ns.Copy(id, "")
		h.do(err)
		h.expect(reconcile.Duplicate, c)
	case 14:
		if d.Kind == mapping.Invoice { // credit memos are not routed
			edit(`{"approvalStatus":{"id":"1"}}`)
			h.expect(reconcile.PendingAppr, b.ID)
		}
	case 15:
		edit(`{"memo":"corrected","entity":{"id":"%s"}}`, second)
		h.expect(reconcile.Changed, b.ID)
		h.expect(reconcile.CustomerOff, b.ID)
	case 16:
		b.Newer, b.Total = true, b.Total.Add(decimal.New(777, -2))
		h.expect(reconcile.NewerCode, b.ID)
	case 17:
		b.Gone = true
		h.expect(reconcile.GoneCode, b.ID)
	case 18: // a payment is no break
		if d.Kind == mapping.Invoice {
			_, err := ns.Pay(id, decimal.New(50, -2))
			h.do(err)
		}
	case 19: // a second document under the other name of the Bill
		ref := map[mapping.Kind]string{mapping.Invoice: "m3c-", mapping.CreditMemo: "m3b-"}[d.Kind]
		c, err := ns.Copy(id, ref+b.ID)
		h.do(err)
		h.expect(reconcile.Duplicate, c)
	case 20: // the newest version is not to be sent, and an earlier one stands
		b.State, b.Excluded, b.Rounding = reconcile.ExcludedAccount, decimal.D{}, decimal.D{}
		h.expect(reconcile.Superseded, b.ID)
	case 21:
		edit(`{"department":{"id":"2"}}`)
		ours(reconcile.Changed)
	case 22:
		edit(`{"custbody_po":"","custbody_tags":{"items":[{"id":"1"},{"id":"3"}]}}`)
		ours(reconcile.Changed)
	case 23:
		edit(`{"custbody_old":"again"}`)
		ours(reconcile.Changed)
	case 24:
		edit(`{"custbody_flag":false,"cseg_team":{"id":"8"}}`)
		ours(reconcile.Changed)
	case 25:
		line(0, "class", mapping.AsReference, "1")
		ours(reconcile.LineDiffers)
	case 26:
		line(1, "custcol_region", mapping.AsText, "APAC")
		ours(reconcile.LineDiffers)
	case 27: // the same, written otherwise; and a field that no rule fills
		line(0, "custcol_share", mapping.AsNumber, "0.5")
		edit(`{"custbody_tags":{"items":[{"id":"1"},{"id":"3"}]},"custbody_theirs":"x","location":{"id":"1"}}`)
	}
}

// beside makes a document that is no Bill's of the month.
func (h *history) beside() {
	h.n++
	d := document(h.base+h.n, mapping.Invoice, "603", "1", "USD", "2026-10-11", decimal.New(int64(1000+h.n), -2))
	id := h.send(h, d)
	switch h.draw("whose", 3) {
	case 0:
		h.expect(reconcile.Unknown, id)
	case 1:
		h.desk.owners[id] = reconcile.Owner{Bill: "earlier"}
	case 2:
		h.desk.owners[id] = reconcile.Owner{Bill: "theirs", Other: true}
	}
}

// What was done to a month is what is found, and nothing else; and the sums add up
// to the last unit, whatever was done. The long form is -rapid.checks=5000.
func TestHistories(t *testing.T) {
	t.Parallel()
	b := newBooks(t, sandbox.Options{Bills: 1, Clean: true})
	other := b.box.NetSuite().AddSubsidiary("Europe")
	periods, err := b.conn.Periods(t.Context(), "2026-09-01", "2026-09-30")
	if err != nil || len(periods) != 1 {
		t.Fatal(periods, err)
	}
	base := 0
	rapid.Check(t, func(rt *rapid.T) {
		base += 1000
		h := &history{T: rt, books: b, desk: newDesk(), want: map[string]bool{}, known: map[string]bool{}, total: map[string]decimal.D{},
			other: other, april: periods[0].ID, base: base}
		h.desk.refs = map[string]string{"acc1": "601", "acc3": "606"}
		defer b.box.NetSuite().Clear()
		h.taxed = h.draw("tax", 2) == 1
		h.do(b.box.NetSuite().SetTax(map[bool]decimal.D{true: decimal.New(20, 0)}[h.taxed]))
		for range rapid.IntRange(1, 8).Draw(rt, "bills") {
			h.bill()
		}
		for range h.draw("beside", 3) {
			h.beside()
		}
		r := h.reconcile(h, h.desk, october, []reconcile.By{reconcile.ByPeriod, reconcile.ByDate}[h.draw("by", 2)])
		h.verify(r)
	})
}

func (h *history) verify(r reconcile.Report) {
	if got := codes(r); !maps.Equal(got, h.want) {
		h.Errorf("found %s\n want %s", words(got), words(h.want))
	}
	verdict := reconcile.Equal
	for _, b := range r.Breaks {
		if accepted := h.known[b.Bill] && slices.Contains(ofDocuments, b.Code); b.Open() == accepted {
			h.Errorf("%s of %s is resolved: %+v", b.Code, b.Bill, b.Resolution)
		}
		if b.Open() {
			verdict = reconcile.Breaks
		}
	}
	if r.Verdict != verdict || len(r.Doubts) > 0 {
		h.Errorf("%s, and %s is right; doubts %v", r.Verdict, verdict, r.Doubts)
	}
	sums := map[string]decimal.D{}
	for _, t := range r.Totals {
		sums[t.Currency] = sums[t.Currency].Add(t.Source)
	}
	for c, want := range h.total {
		if !sums[c].Equal(want) {
			h.Errorf("the Bills come to %s %s, not %s", c, want, sums[c])
		}
	}
	reconciled := map[string]bool{}
	for _, b := range h.desk.bills {
		if b.State == reconcile.Sent {
			reconciled[b.ID] = true
		}
	}
	for _, b := range r.Breaks {
		if b.Open() {
			delete(reconciled, b.Bill)
		}
	}
	if step := r.Steps[len(r.Steps)-1]; step.Name != reconcile.StepReconciled || step.Bills != len(reconciled) {
		h.Errorf("%d Bills are %s, and %d that were sent have no break", step.Bills, step.Name, len(reconciled))
	}
	resolved := map[string]reconcile.Resolution{}
	for _, b := range r.Breaks {
		resolved[b.ID] = b.Resolve(reconcile.AsAccepted, "looked at", "JE-1", "somebody", now)
	}
	accepted := r.With(resolved)
	if accepted.Verdict != reconcile.Equal {
		h.Errorf("with all breaks accepted it is %s", accepted.Verdict)
	}
	for _, t := range accepted.Totals {
		if !t.Balanced() || !t.Open.IsZero() {
			h.Errorf("accepted, %s does not add up: %+v", t.Currency, t)
		}
	}
}
