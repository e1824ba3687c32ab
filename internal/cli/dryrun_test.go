package cli

import (
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/service"
	"billferry/mapping"
)

// Money adds up by item, by rule and by currency; a credit memo counts below
// zero; what only the default item caught stands apart.
func TestCoverageOfManyDocuments(t *testing.T) {
	t.Parallel()
	d := decimal.MustParse
	c := newCoverage()
	add := func(d mapping.Document) { c.add(service.Preview{Encoded: mapping.Encoded{Document: d}}) }
	line := func(item, rule, amount string) mapping.Line {
		return mapping.Line{ItemID: item, Amount: d(amount), Why: mapping.Provenance{Rule: rule}}
	}
	add(mapping.Document{Currency: "USD", BillTotal: d("1250.50"), DefaultLines: 1, DefaultAmount: d("250.50"),
		Lines: []mapping.Line{line("101", "mapping", "1000.00"), line("199", "default", "250.50")}})
	add(mapping.Document{Currency: "USD", BillTotal: d("-100.00"), Lines: []mapping.Line{line("101", "mapping", "100.00")}})
	add(mapping.Document{Currency: "EUR", BillTotal: d("5"), Lines: []mapping.Line{line("101", "mapping", "5.00")}})
	var b strings.Builder
	c.write(&b)
	want := `3 documents

CURRENCY  AMOUNT  LINES  ITEM
EUR         5.00      1  101
USD       900.00      2  101
USD       250.50      1  199

CURRENCY  AMOUNT  LINES  RULE
EUR         5.00      1  mapping
USD       900.00      2  mapping
USD       250.50      1  default

CURRENCY  AMOUNT  LINES  DEFAULT ITEM
USD       250.50      1  for want of a mapping
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
