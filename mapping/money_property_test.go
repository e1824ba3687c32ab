package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// amountText draws an amount as m3ter may write it: any sign, up to 12 digits
// and 14 decimals, or an exponent.
var amountText = rapid.StringMatching(`-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,14})?|-?[1-9][0-9]{0,4}e-?[0-9]`)

var tinyText = rapid.StringMatching(`0\.0{0,12}[1-9][0-9]{0,4}`)

var currencies = []string{"JPY", "USD", "KWD", "VND", "EUR", "TND"}

// anyBill draws a Bill of any of the 19 types, with bands that add up to their
// line or nearly, pricing in another currency, and shared aggregations.
func anyBill(t *rapid.T) bill.Bill {
	types := LineTypes()
	var lines []bill.Line
	for i := range rapid.IntRange(1, 8).Draw(t, "lines") {
		l := line(types[rapid.IntRange(0, len(types)-1).Draw(t, "type")].Value, amountText.Draw(t, "amount"))
		if rapid.Bool().Draw(t, "usage") {
			l.Type = usage
		}
		l.ID = fmt.Sprintf("l-%d", i)
		l.ProductID = rapid.SampledFrom([]string{"p-1", "p-2", ""}).Draw(t, "product")
		l.AggregationID = rapid.SampledFrom([]string{"g-1", "g-2", ""}).Draw(t, "aggregation")
		l.Unit = "GB"
		l.Units = num(strings.TrimPrefix(amountText.Draw(t, "units"), "-"))
		l.AverageUnitPrice = num(amountText.Draw(t, "price"))
		if rapid.Bool().Draw(t, "priced") { // as m3ter does: units x price, which may be tiny
			l.AverageUnitPrice = num(tinyText.Draw(t, "tiny price"))
			l.Subtotal = l.Units.Mul(l.AverageUnitPrice)
			l.ConvertedSubtotal = l.Subtotal
		}
		if rapid.Bool().Draw(t, "converted") {
			l.Currency, l.ConversionRate = "GBP", num(rapid.SampledFrom([]string{"1.27", "0.00671", "157.3381"}).Draw(t, "rate"))
			l.ConvertedSubtotal = l.Subtotal.Mul(l.ConversionRate)
		}
		l.Bands = anyBands(t, &l)
		lines = append(lines, l)
	}
	b := billOf(lines...)
	b.Currency = rapid.SampledFrom(currencies).Draw(t, "currency")
	if rapid.Bool().Draw(t, "rounded total") {
		places, _ := Exponent(b.Currency)
		b.BillTotal = b.BillTotal.Round(places)
	}
	return b
}

func anyBands(t *rapid.T, l *bill.Line) []bill.Band {
	var out []bill.Band
	rest := l.ConvertedSubtotal
	n := rapid.IntRange(0, 3).Draw(t, "bands")
	for i := range n {
		amount := rest
		if i < n-1 {
			amount = rest.Mul(num("0.3"))
		}
		rest = rest.Sub(amount)
		b := band(fmt.Sprintf("b-%d", i), fmt.Sprint(i*100), "0", amountText.Draw(t, "unit price"), "7", "0")
		b.ConvertedSubtotal, b.Subtotal = amount, amount
		if rapid.Bool().Draw(t, "fixed") {
			b.FixedPrice = num(amountText.Draw(t, "fixed price"))
		}
		out = append(out, b)
	}
	if n > 0 && rapid.IntRange(0, 3).Draw(t, "short") == 0 {
		out[0].ConvertedSubtotal = out[0].ConvertedSubtotal.Add(num("0.0004"))
	}
	return out
}

func anyConfig(t *rapid.T) Config {
	cfg := Config{DefaultItem: "99", CreditMemos: true,
		Split: rapid.SampledFrom([]Split{PerProduct, PerBand, PerAggregation}).Draw(t, "split")}
	if rapid.Bool().Draw(t, "excluding") {
		cfg.ExcludedTypes = []string{adHoc, creditMemo}
	}
	if rapid.Bool().Draw(t, "with rules") { // they keep lines apart, and never touch money
		cfg.Rules = Rules{Header: []FieldRules{{Target: Target{Name: "department", As: AsReference}, Rules: []FieldRule{{N: 1, Value: "5"}}}},
			Lines: []FieldRules{
				{Target: Target{Name: "custcol_line", As: AsText},
					Rules: []FieldRule{{N: 2, Parts: []piece{{source: source{name: "line.id", entity: srcLine, path: "id"}}}}}},
				{Target: Target{Name: "description", As: AsText, Own: OwnDescription, Max: 3900},
					Rules: []FieldRule{{N: 3, Parts: []piece{{words: "text "}}, Types: []string{adHoc, usage}, Default: "x"}}},
				{Target: Target{Name: "class", As: AsEnum},
					Rules: []FieldRule{{N: 4, Parts: []piece{{source: source{name: "line.type", entity: srcLine, path: "type"}}}}}},
			}}
	}
	return cfg
}

func TestMoneyProperties(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T) {
		b, cfg := anyBill(t), anyConfig(t)
		l := Lookups{CurrencyID: "1", Items: map[string]Item{"product|p-1": {ID: "7"}}}
		d, err := toBooks(cfg, b, l)
		if _, nothing := err.(*NothingError); nothing || tooLong(err, b) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		checkMoney(t, cfg, b, d)
		checkOrder(t, b, d)
		if cfg.Split == PerProduct {
			checkQuantities(t, b, d)
		}
		again, err := toBooks(cfg, b, l)
		if err != nil || !reflect.DeepEqual(d, again) {
			t.Fatalf("the same Bill gave another document, %v", err)
		}
		for _, split := range []Split{PerProduct, PerBand, PerAggregation} {
			other := cfg
			other.Split = split
			if o, err := toBooks(other, b, l); tooLong(err, b) {
				continue
			} else if err != nil || !o.Total.Equal(d.Total) || o.Kind != d.Kind {
				t.Fatalf("total %s as %s, %s as %s, %v", d.Total, cfg.Split, o.Total, split, err)
			}
		}
	})
}

// tooLong tells that a Bill was refused for more digits than Books keeps,
// and rightly: its lines together have that many.
func tooLong(err error, b bill.Bill) bool {
	var f *integration.Failure
	if !errors.As(err, &f) || f.Cause != "amount_too_long" {
		return false
	}
	var sum decimal.D
	for _, l := range b.Lines {
		sum = sum.Add(l.ConvertedSubtotal.Abs())
		for _, b := range l.Bands {
			sum = sum.Add(b.FixedPrice.Mul(l.ConversionRate).Abs())
		}
	}
	places, _ := Exponent(b.Currency)
	return sum.Cmp(decimal.New(1, int32(books.Limits.Digits-1-places))) > 0
}

type fataler interface{ Fatalf(string, ...any) }

// checkMoney computes by itself what the sums of a document must be.
func checkMoney(t fataler, cfg Config, b bill.Bill, d Document) {
	places, _ := Exponent(b.Currency)
	var included, excluded, sum decimal.D
	for _, l := range b.Lines {
		if cfg.excludes(l.Type) {
			excluded = excluded.Add(l.ConvertedSubtotal)
		} else {
			included = included.Add(l.ConvertedSubtotal)
		}
	}
	if d.Kind == CreditMemo {
		included, excluded, b.BillTotal = included.Neg(), excluded.Neg(), b.BillTotal.Neg()
	}
	for _, l := range d.Lines {
		sum = sum.Add(l.Amount)
		if l.Amount.Places() > places || l.Rate.Places() > books.Limits.Places || l.Quantity.Places() > books.Limits.Places ||
			l.Amount.Digits() > books.Limits.Digits || l.Rate.Digits() > books.Limits.Digits || l.Quantity.Digits() > books.Limits.Digits ||
			!l.Quantity.Mul(l.Rate).Round(places).Equal(l.Amount) {
			t.Fatalf("%s x %s is sent with %s", l.Quantity, l.Rate, l.Amount)
		}
	}
	if !sum.Equal(d.Total) || !d.Total.Equal(included.Round(places)) || d.Total.Sign() < 0 {
		t.Fatalf("lines add up to %s, total %s, included %s", sum, d.Total, included)
	}
	if !d.Included.Equal(d.Total) || d.Included.Sub(included).Abs().Cmp(decimal.New(1, int32(-places))) >= 0 || !d.Excluded.Equal(excluded) ||
		!d.Included.Add(d.Excluded).Add(d.Rounding).Equal(b.BillTotal) {
		t.Fatalf("included %s + excluded %s + rounding %s is not %s", d.Included, d.Excluded, d.Rounding, b.BillTotal)
	}
}

// checkOrder wants the lines in the order in which their first source stands
// in the Bill, and every source to be there.
func checkOrder(t fataler, b bill.Bill, d Document) {
	at := map[string]int{}
	for i, l := range b.Lines {
		at[l.ID] = i
	}
	last := 0
	for _, l := range d.Lines {
		first := at[l.Why.Sources[0]]
		if first < last {
			t.Fatalf("line of %s stands behind one of a later line item", l.Why.Sources[0])
		}
		last = first
	}
}

// checkQuantities wants every line item's true quantity on its line: as the
// quantity, or in the description beside a multiple of it or a quantity of 1.
func checkQuantities(t fataler, b bill.Bill, d Document) {
	units := map[string]decimal.D{}
	for _, l := range b.Lines {
		units[l.ID] = l.Units
	}
	for _, l := range d.Lines {
		u := units[l.Why.Sources[0]]
		if u.IsZero() || l.Quantity.Equal(u) {
			continue
		}
		told := between + "quantity " + u.Trim() + " GB"
		ok := l.Quantity.Equal(decimal.New(1, 0)) && strings.HasSuffix(l.Description, told)
		for _, s := range scales[1:] {
			ok = ok || l.Quantity.Mul(decimal.New(1, s.power)).Equal(u) && strings.HasSuffix(l.Description, told+", priced per "+s.name)
		}
		if !ok {
			t.Fatalf("%s of %s are sent and the line says %q", l.Quantity, u, l.Description)
		}
	}
}

// The share a line gets or gives is less than one unit.
func TestRoundingIsFairProperty(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T) {
		places := rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "places")
		parts := make([]part, rapid.IntRange(1, 12).Draw(t, "parts"))
		var exact, sum decimal.D
		for i := range parts {
			parts[i].amount = num(amountText.Draw(t, "amount"))
			exact = exact.Add(parts[i].amount)
		}
		for i, a := range round(parts, exact.Round(places), places) {
			sum = sum.Add(a)
			if off := a.Sub(parts[i].amount).Abs(); off.Cmp(newUnit(places)) >= 0 {
				t.Fatalf("%s became %s", parts[i].amount, a)
			}
		}
		if !sum.Equal(exact.Round(places)) {
			t.Fatalf("%s of %s", sum, exact)
		}
	})
}
