package netsuite

import (
	"fmt"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// maxDiffs bounds what a run says about one record that differs everywhere.
const maxDiffs = 20

// diffs collects what NetSuite holds otherwise than it was sent, in words.
type diffs struct {
	words []string
	more  int
	line  int // the line that is compared, from 1; 0: the record itself

	sent, held string // currencies of both sides; "": not known
}

func (d *diffs) add(format string, a ...any) {
	if len(d.words) == maxDiffs {
		d.more++
		return
	}
	at := ""
	if d.line > 0 {
		at = fmt.Sprintf("line %d ", d.line)
	}
	d.words = append(d.words, at+fmt.Sprintf(format, a...))
}

func (d *diffs) text(what, sent, held string) {
	if !reconcile.SameText(sent, held) {
		d.add("%s: sent %q, NetSuite holds %q", what, clip(sent, 80), clip(held, 80))
	}
}

func (d *diffs) amount(what string, sent, held decimal.D) {
	if !sent.Equal(held) {
		d.add("%s: sent %s, NetSuite holds %s", what, mapping.Money(sent, d.sent), mapping.Money(held, d.held))
	}
}

func (d *diffs) field(f field, held string) {
	switch {
	case f.same(held):
	case f.value == "":
		d.add("%s: nothing fills it any more, NetSuite holds %q", f.name, clip(held, 80))
	default:
		d.add("%s: sent %q, NetSuite holds %q", f.name, clip(f.value, 80), clip(held, 80))
	}
}

// lineField is field for one of a line. Where the account does not let lines have
// a dimension of their own, all of them have the header's: that is told, since the
// line's rule can do nothing about it.
func (d *diffs) lineField(f field, held, header ref) {
	if f.dimension() && header.ID != "" && held.ID == header.ID && !f.same(held.ID) {
		d.add("%s: sent %q, NetSuite holds %q, the header's: this account takes no %s of single lines (Accounting "+
			"Preferences, Allow Per-Line ...)",
			f.name, f.value, held.ID, f.name)
		return
	}
	d.field(f, held.ID)
}

func (d *diffs) list() []string {
	if d.more > 0 {
		return append(d.words, fmt.Sprintf("and %d more", d.more))
	}
	return d.words
}

// compare lists what r holds otherwise than doc says. What the document leaves
// to NetSuite (an absent due date, an empty memo) is not compared. customer is
// the internal id of doc's customer, "" when the reference itself proves it.
func compare(doc mapping.Document, customer string, r record) []string {
	var d diffs
	d.sent, d.held = doc.Currency, r.iso(doc)
	d.amount("total", doc.Total, r.net())
	if doc.NoTax && !r.tax().IsZero() {
		d.add("tax: sent none, and Tax is set to NONE; NetSuite added %s", mapping.Money(r.tax(), d.held))
	}
	if r.voided() {
		d.add("it is voided")
	}
	if !sameCurrency(doc, r) {
		sent := doc.Currency
		if doc.CurrencyID != "" {
			sent += " (id " + doc.CurrencyID + ")"
		}
		d.add("currency: sent %s, NetSuite holds %s (id %s)", sent, r.Currency.Name, r.Currency.ID)
	}
	if customer != "" && r.Entity.ID != customer {
		d.add("customer: sent id %s, NetSuite holds id %s %s", customer, r.Entity.ID, r.Entity.Name)
	}
	if n := r.Item.count(); n != len(doc.Lines) {
		d.add("lines: sent %d, NetSuite holds %d", len(doc.Lines), n)
	}
	d.text("date", doc.TranDate, r.TranDate)
	for _, f := range []struct{ what, name, sent, held string }{
		{"due date", "dueDate", doc.DueDate, r.DueDate}, {"memo", "memo", doc.Memo, r.Memo},
		{"PO number", "otherRefNum", doc.OtherRefNum, r.OtherRefNum},
		{"number", "tranId", doc.Number, r.Number}, {"posting period", "postingPeriod", doc.PeriodID, r.Period.ID},
	} {
		if f.sent != "" && !ignores(&doc, f.name) {
			d.text(f.what, f.sent, f.held)
		}
	}
	for _, f := range headFields(&doc) {
		d.field(f, valueOf(r.Head, f.name).ID)
	}
	compareLines(&d, &doc, r)
	return d.list()
}

// sameCurrency compares the id that was sent. Where none was, the account has
// one currency, and a record that shows another symbol is of another.
func sameCurrency(doc mapping.Document, r record) bool {
	if doc.CurrencyID != "" {
		return r.Currency.ID == doc.CurrencyID
	}
	_, symbol := mapping.Exponent(r.Currency.Name)
	return !symbol || r.Currency.Name == doc.Currency
}

// iso is the currency of a record beside doc: doc's where it is the same, its own where
// it is called by its code, and "" else.
func (r record) iso(doc mapping.Document) string {
	if sameCurrency(doc, r) {
		return doc.Currency
	}
	if _, code := mapping.Exponent(r.Currency.Name); code {
		return r.Currency.Name
	}
	return ""
}

// compareLines goes through the lines in their order, which NetSuite keeps. A
// list that did not come whole is a difference: it is not proven.
func compareLines(d *diffs, doc *mapping.Document, r record) {
	sent, held := doc.Lines, r.Item
	if held.HasMore || (len(held.Items) < len(sent) && held.count() >= len(sent)) {
		d.add("lines: NetSuite showed only %d of %d", len(held.Items), held.count())
	}
	for i := range min(len(sent), len(held.Items)) {
		s, h := &sent[i], &held.Items[i]
		d.line = i + 1
		if s.ItemID != h.Item.ID {
			d.add("item: sent %s, NetSuite holds %s", s.ItemID, h.Item.ID)
		}
		d.amount("amount", s.Amount, h.Amount)
		if !s.Quantity.IsZero() && !s.Quantity.Equal(h.Quantity) {
			d.add("quantity: sent %s, NetSuite holds %s", s.Quantity.Grouped(), h.Quantity.Grouped())
		}
		if !ignores(doc, "line.description") {
			d.text("description", s.Description, h.Description)
		}
		for _, f := range lineFields(doc, s) {
			d.lineField(f, h.custom(f.name), valueOf(r.Head, f.name))
		}
	}
}

// proof is the read-back beside what was sent.
func proof(r record, differs []string) delivery.Proof {
	posts, told := r.posting()
	return delivery.Proof{
		Total: r.net().String(), Tax: r.tax(), Currency: r.Currency.ID, Lines: r.Item.count(), Number: r.Number,
		Differs: differs, Unposted: told && !posts, Voided: r.voided(),
	}
}
