package reconcile

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"billferry/internal/currency"
	"billferry/internal/decimal"
)

// mostFacts bounds what is told of lines that differ.
const mostFacts = 8

// lineFacts compares the lines of a document with those that were sent, and same
// their fields.
func lineFacts(ours, theirs []Line, same func(f *Field, h Values) bool) []Fact {
	var facts []Fact
	differs := func(i int, what, a, b string) {
		facts = append(facts, Fact{fmt.Sprintf("line %d %s", i+1, what), a, b})
	}
	for i := 0; i < max(len(ours), len(theirs)) && len(facts) < mostFacts; i++ {
		switch {
		case i >= len(theirs):
			differs(i, "amount", ours[i].Amount.String(), "")
			continue
		case i >= len(ours):
			differs(i, "amount", "", theirs[i].Amount.String())
			continue
		}
		a, b := &ours[i], &theirs[i]
		if a.Item != b.Item {
			differs(i, "item", a.Item, b.Item)
		}
		if !a.Amount.Equal(b.Amount) {
			differs(i, "amount", a.Amount.String(), b.Amount.String())
		}
		if !a.Quantity.IsZero() && !a.Quantity.Equal(b.Quantity) {
			differs(i, "quantity", a.Quantity.String(), b.Quantity.String())
		}
		if !a.AnyText && !SameText(a.Text, b.Text) {
			differs(i, "description", a.Text, b.Text)
		}
		for k := range a.Fields {
			if f := &a.Fields[k]; !same(f, b.Held) {
				differs(i, f.Name, f.Value, b.Held.of(f))
			}
		}
	}
	slices.SortStableFunc(facts, func(a, b Fact) int { return strings.Compare(a.Name, b.Name) })
	return facts
}

// SameText compares texts without regard to how blanks are written, which a
// destination may change, and to signs that come back as HTML writes them.
func SameText(a, b string) bool {
	return a == b || slices.Equal(strings.Fields(html.UnescapeString(a)), strings.Fields(html.UnescapeString(b)))
}

func (f Fact) words(iso string) string {
	said := func(s string) string {
		d, err := decimal.Parse(s)
		switch {
		case s == "":
			return "nothing"
		case err == nil && f.IsMoney():
			return currency.Money(d, iso)
		}
		return s
	}
	return fmt.Sprintf("%s %s instead of %s", f.Name, said(f.Theirs), said(f.Ours))
}

// name is what a person calls a document.
func (d *Doc) name() string {
	kind := "invoice"
	if d.Kind == creditMemo {
		kind = "credit memo"
	}
	if d.Number != "" {
		return kind + " " + d.Number
	}
	return kind + " " + d.ID
}

// isFor tells whether a document has the customer that was sent.
func (w *Want) isFor(d *Doc) bool {
	if w.CustomerID != "" {
		return w.CustomerID == d.Customer
	}
	return strings.EqualFold(w.CustomerRef, d.CustomerRef)
}
