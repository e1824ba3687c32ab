package mapping

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

var long = flag.Bool("mapping.long", false, "run each property of money 100,000 times instead of 2,000")

// property runs a check as often as the flag says. rapid has one count for the
// whole program, so the cases beyond it are drawn within one check.
func property(t *testing.T, check func(t *rapid.T)) {
	t.Helper()
	cases := 2_000
	if *long {
		cases = 100_000
	}
	const perCheck = 20 // rapid.Check itself runs 100
	for range cases / (100 * perCheck) {
		rapid.Check(t, func(t *rapid.T) {
			for range perCheck {
				check(t)
			}
		})
	}
}

func num(s string) decimal.D { return decimal.MustParse(s) }

// line is a line item whose amount needs no conversion.
func line(lineType, amount string) bill.Line {
	return bill.Line{
		ID: "l-" + lineType, Type: lineType, Description: "a " + lineType, ProductID: "p-1", ProductName: "Data API",
		Currency: "USD", ConversionRate: num("1"), HasRate: true,
		Subtotal: num(amount), ConvertedSubtotal: num(amount), HasConverted: true,
		ServicePeriodStart: "2026-07-01T00:00:00Z", ServicePeriodEnd: "2026-08-01T00:00:00Z",
	}
}

func usageLine(units, price, amount string, bands ...bill.Band) bill.Line {
	l := line(usage, amount)
	l.Units, l.AverageUnitPrice, l.Unit, l.AggregationID, l.Bands = num(units), num(price), "GB", "g-1", bands
	return l
}

func band(id, low, fixed, price, units, amount string) bill.Band {
	return bill.Band{
		ID: id, LowerLimit: num(low), FixedPrice: num(fixed), UnitPrice: num(price), Units: num(units),
		Subtotal: num(amount), ConvertedSubtotal: num(amount), HasConverted: true,
	}
}

// billOf is an approved Bill whose total is right.
func billOf(lines ...bill.Line) bill.Bill {
	b := bill.Bill{Head: bill.Head{
		ID: "b1110000-0000-4000-8000-000000000808", AccountID: "a-1", AccountCode: "acme", StartDate: "2026-07-01", EndDate: "2026-08-01",
		BillDate: "2026-08-02", DueDate: "2026-09-01", Currency: "USD", Status: "APPROVED", HasTotal: true,
	}, Lines: lines}
	for i := range lines {
		b.BillTotal = b.BillTotal.Add(lines[i].ConvertedSubtotal)
	}
	return b
}

// books is a destination as strict as any.
var books = Terms{
	Words: spec.Words{System: "Books", CustomerTable: "Client", ItemTable: "Article"},
	Settings: Labels{SendDueDate: "Send Due Date", DefaultItem: "Default Item", ItemMapping: "Item Mapping", CommitmentItem: "Commitment Item",
		MinimumSpendItem: "Minimum Spend Item"},
	Limits: Limits{Lines: 1000, AdviseLines: 200, ExternalID: 40, NumericIDs: true, Number: 45, Description: 4000, Memo: 999, OtherRef: 45,
		Text:   300,
		Digits: 15, Places: 8, Width: 15, Quantity: decimal.New(1, 10)},
	Company:    "subsidiary",
	Currencies: "Setup > Currencies", Multicurrency: "let Books take several currencies", WantsPeriod: "Books wants one on every line",
}

// toBooks maps a Bill for books.
func toBooks(cfg Config, b bill.Bill, l Lookups) (Document, error) {
	cfg.Terms = &books
	return Map(cfg, b, l)
}

var plain = Config{Split: PerProduct, DefaultItem: "99"}

func with(change func(*Config)) Config {
	c := plain
	change(&c)
	return c
}

func mapped(t *testing.T, cfg Config, b bill.Bill) Document {
	t.Helper()
	d, err := toBooks(cfg, b, Lookups{CurrencyID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// refused maps a Bill that must fail with a cause, and gives the failure.
func refused(t *testing.T, cfg Config, b bill.Bill, class integration.Class, cause string) *integration.Failure {
	t.Helper()
	_, err := toBooks(cfg, b, Lookups{CurrencyID: "1"})
	var f *integration.Failure
	if !errors.As(err, &f) || f.Class != class || f.Cause != cause || f.Message == "" || f.Advice == "" {
		t.Fatalf("got %v (%+v), want %s/%s", err, f, class, cause)
	}
	return f
}

// brief writes lines as "item: quantity x rate = amount".
func brief(d Document) string {
	var out []string
	for _, l := range d.Lines {
		out = append(out, fmt.Sprintf("%s: %s x %s = %s", l.ItemID, l.Quantity.Trim(), l.Rate.Trim(), l.Amount))
	}
	return strings.Join(out, "; ")
}

func warned(d Document, text string) bool {
	return strings.Contains(strings.Join(d.Warnings, "\n"), text)
}
