package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

func TestAllNineteenTypesBecomeLines(t *testing.T) {
	t.Parallel()
	var lines []bill.Line
	for _, o := range LineTypes() {
		lines = append(lines, line(o.Value, "2.50"))
	}
	for _, split := range []Split{PerProduct, PerBand, PerAggregation} {
		d := mapped(t, with(func(c *Config) { c.Split = split }), billOf(lines...))
		if len(d.Lines) != 19 || d.Total.String() != "47.50" {
			t.Errorf("%s: %d lines, %s", split, len(d.Lines), d.Total)
		}
	}
}

func TestUnknownTypeParksTheBill(t *testing.T) {
	t.Parallel()
	f := refused(t, plain, billOf(line(usage, "1"), line("HYPERDRIVE_FEE", "1")), integration.ClassData, "line_type_unknown")
	if !strings.Contains(f.Message, "HYPERDRIVE_FEE") || !strings.Contains(f.Message, "l-HYPERDRIVE_FEE") {
		t.Error(f.Message)
	}
}

func TestExcludedTypesAreDroppedFirst(t *testing.T) {
	t.Parallel()
	cfg := Config{ExcludedTypes: []string{creditMemo, commitmentConsumed}, ItemByType: map[string]string{usage: "1"}}
	d := mapped(t, cfg, billOf(line(usage, "100.004"), line(creditMemo, "-20"), line(commitmentConsumed, "-30.5")))
	if len(d.Lines) != 1 || d.Total.String() != "100.00" || d.Included.String() != "100.00" || d.Excluded.String() != "-50.5" ||
		d.BillTotal.String() != "49.504" || d.Rounding.String() != "0.004" {
		t.Errorf("%s: %+v", brief(d), d)
	}
}

func TestNothingToSend(t *testing.T) {
	t.Parallel()
	for cause, b := range map[string]bill.Bill{"no_lines": billOf(), "all_excluded": billOf(line(adHoc, "5"))} {
		_, err := toBooks(Config{ExcludedTypes: []string{adHoc}}, b, Lookups{})
		var n *NothingError
		if !errors.As(err, &n) || n.Cause != cause || n.Reason == "" {
			t.Errorf("%s: %v", cause, err)
		}
	}
	// Money without lines, and more money than the lines have, is no "nothing".
	for name, b := range map[string]bill.Bill{"no lines": billOf(), "all excluded": billOf(line(adHoc, "5"))} {
		b.BillTotal = num("17")
		f := refused(t, Config{ExcludedTypes: []string{adHoc}}, b, integration.ClassData, "total_mismatch")
		if !strings.Contains(f.Message, "billTotal is 17") {
			t.Errorf("%s: %s", name, f.Message)
		}
	}
}

// A Bill whose lines cancel out moves money between items, so it is sent; and
// one of zeros may replace an invoice that was not zero.
func TestZeroBillsAreSent(t *testing.T) {
	t.Parallel()
	if d := mapped(t, plain, billOf(line(usage, "80"), line(commitmentConsumed, "-80"))); d.Total.String() != "0.00" || len(d.Lines) != 2 ||
		warned(d, "zero") {
		t.Errorf("%s %v", brief(d), d.Warnings)
	}
	if d := mapped(t, plain, billOf(line(usage, "0"))); brief(d) != "99: 1 x 0 = 0.00" || !warned(d, "every line is zero") {
		t.Errorf("%s %v", brief(d), d.Warnings)
	}
}

func TestNegativeTotal(t *testing.T) {
	t.Parallel()
	b := billOf(usageLine("10", "1", "10"), line(creditMemo, "-25.5"))
	f := refused(t, plain, b, integration.ClassHeld, "negative_total")
	if !strings.Contains(f.Message, "-15.50 USD") || !strings.Contains(f.Advice, "CREDIT_MEMO") {
		t.Errorf("%+v", f)
	}
	d := mapped(t, with(func(c *Config) { c.CreditMemos = true }), b)
	if d.Kind != CreditMemo || !strings.HasPrefix(d.ExternalID, "m3c-") || !strings.HasPrefix(d.OtherID, "m3b-") ||
		d.Total.String() != "15.50" || d.BillTotal.String() != "15.5" ||
		brief(d) != "99: 10 x -1 = -10.00; 99: 1 x 25.5 = 25.50" || !warned(d, "credit memo") {
		t.Errorf("%s %+v", brief(d), d)
	}
	if d := mapped(t, plain, billOf(line(creditMemo, "-0.004"))); d.Kind != Invoice || d.Total.String() != "0.00" ||
		!strings.HasPrefix(d.ExternalID, "m3b-") || !strings.HasPrefix(d.OtherID, "m3c-") {
		t.Errorf("a total that rounds to zero is not negative: %+v", d)
	}
}

func TestBillTotalIsReconciled(t *testing.T) {
	t.Parallel()
	third := "0.001"
	for _, c := range []struct{ third, total, warning string }{
		{third, "0.012", ""},
		{third, "0.01", ""}, // rounded
		{"0.005", "0.03", "the lines add up to 0.02 USD, which is sent; by billTotal 0.03 USD it would be 0.03 USD"}, // the sum of rounded lines
	} {
		b := billOf(line(usage, "0.005"), line(adHoc, "0.006"), line(debitMemo, c.third))
		b.BillTotal = num(c.total)
		d := mapped(t, plain, b)
		if sum := d.Included.Add(d.Excluded).Add(d.Rounding); !sum.Equal(num(c.total)) || c.warning != "" && !warned(d, c.warning) {
			t.Errorf("%s: %s, %v", c.total, sum, d.Warnings)
		}
	}
	// Within a unit of its lines, but another invoice.
	b := billOf(line(usage, "10.006"))
	b.BillTotal = num("10")
	if d := mapped(t, plain, b); d.Total.String() != "10.01" ||
		!warned(d, "the lines add up to 10.01 USD, which is sent; by billTotal 10.00 USD it would be 10.00 USD") {
		t.Errorf("%s %v", d.Total, d.Warnings)
	}
	for _, total := range []string{"0.022", "0", "120"} {
		b := billOf(line(usage, "0.005"), line(adHoc, "0.006"), line(debitMemo, third))
		b.BillTotal = num(total)
		f := refused(t, plain, b, integration.ClassData, "total_mismatch")
		if !strings.Contains(f.Message, total) || !strings.Contains(f.Message, "0.012") {
			t.Errorf("%s: %s", total, f.Message)
		}
	}
	b = billOf(line(usage, "1.5"))
	b.HasTotal = false
	if d := mapped(t, plain, b); d.BillTotal.String() != "1.5" || !warned(d, "without billTotal") {
		t.Errorf("no total: %+v", d)
	}
	b.Lines[0].HasConverted = false
	refused(t, plain, b, integration.ClassData, "amount_missing")
}

func TestConversionThatDisagreesIsShown(t *testing.T) {
	t.Parallel()
	l := line(usage, "100")
	l.Currency, l.ConversionRate, l.ConvertedSubtotal = "GBP", num("1.27"), num("130")
	d := mapped(t, plain, billOf(l))
	if d.Total.String() != "130.00" || !warned(d, "is 127, convertedSubtotal is 130") {
		t.Errorf("%s %v", d.Total, d.Warnings)
	}
}

func TestRoundingByLargestRemainder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency string
		amounts  []string
		want     string
	}{
		{"USD", []string{"0.333333", "0.333333", "0.333334"}, "0.33 0.33 0.34"},
		{"USD", []string{"0.005", "0.005"}, "0.01 0.00"}, // a tie: the earlier line
		{"USD", []string{"10.004", "-3.006", "0.004"}, "10.01 -3.01 0.00"},
		{"JPY", []string{"100.4", "100.4", "100.4"}, "101 100 100"},
		{"KWD", []string{"1.0005", "1.0005"}, "1.001 1.000"},
		{"USD", []string{"1", "2"}, "1.00 2.00"},
	} {
		var lines []bill.Line
		for _, a := range c.amounts {
			lines = append(lines, line(adHoc, a))
		}
		b := billOf(lines...)
		b.Currency = c.currency
		var got []string
		d := mapped(t, plain, b)
		for _, l := range d.Lines {
			got = append(got, l.Amount.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %v: %v, want %s", c.currency, c.amounts, got, c.want)
		}
	}
	d := mapped(t, plain, billOf(line(adHoc, "0.333"), line(usage, "0.667")))
	if y := d.Lines[0].Why.Money; !strings.Contains(y, "rounding share -0.003") {
		t.Error(y)
	}
}

func TestManyLines(t *testing.T) {
	t.Parallel()
	manyOf := func(n int, lineType string) bill.Bill {
		var lines []bill.Line
		for i := range n {
			l := usageLine("1", "1", fmt.Sprintf("%d.5", 1+i%700))
			l.Type, l.ProductID = lineType, fmt.Sprintf("p-%d", i%3)
			lines = append(lines, l)
		}
		return billOf(lines...)
	}
	if d := mapped(t, plain, manyOf(200, usage)); warned(d, "advises") {
		t.Error(d.Warnings)
	}
	if d := mapped(t, plain, manyOf(201, usage)); !warned(d, "201 lines: Books advises at most 200") {
		t.Error(d.Warnings)
	}
	mapped(t, plain, manyOf(1000, adHoc))
	refused(t, plain, manyOf(1001, usage), integration.ClassData, "too_many_lines")
	merging := with(func(c *Config) { c.MergeLines = true })
	b := manyOf(1500, usage)
	items := Lookups{CurrencyID: "1", Items: map[string]Item{"product|p-0": {ID: "1"}, "product|p-1": {ID: "2"}}}
	before := map[string]string{}
	for _, s := range Coverage(mustMap(t, plain, manyOf(999, usage), items)).Items {
		before[s.Name] = "seen"
	}
	d, err := toBooks(merging, b, items)
	if err != nil || len(d.Lines) != 1000 || !d.Total.Equal(b.BillTotal) || !warned(d, "1500 lines became 1000") {
		t.Fatalf("%d lines, %s of %s, %v, %v", len(d.Lines), d.Total, b.BillTotal, d.Warnings, err)
	}
	byItem := map[string]string{}
	for _, l := range b.Lines {
		name := map[string]string{"p-0": "1", "p-1": "2", "p-2": "99"}[l.ProductID]
		byItem[name] = num(or(byItem[name], "0")).Add(l.ConvertedSubtotal).Trim()
	}
	for _, s := range Coverage(d).Items {
		if s.Amount.Trim() != byItem[s.Name] || before[s.Name] == "" {
			t.Errorf("merging moved money: item %s has %s, want %s", s.Name, s.Amount, byItem[s.Name])
		}
	}
	refused(t, merging, manyOf(1001, adHoc), integration.ClassData, "too_many_lines") // nothing to merge
}

func mustMap(t *testing.T, cfg Config, b bill.Bill, l Lookups) Document {
	t.Helper()
	d, err := toBooks(cfg, b, l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
