package mapping

import (
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

func TestQuantityAndRateOnlyWhenTheyGiveTheAmount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		units, price, amount, want, why string
	}{
		"they do":               {"1250", "0.48", "600", "99: 1250 x 0.48 = 600.00", ""},
		"an average is rounded": {"7350", "0.046598639455782313", "342.50", "99: 7350 x 0.04659864 = 342.50", ""},
		"tokens at tiny prices": {"48215733012", "0.00000125", "60269.67", "99: 48215733.012 x 0.00125 = 60269.67",
			"sent per 1,000: Books keeps quantities below 10,000,000,000"},
		"1e12 tokens":              {"1000000000000", "0.0000004", "400000", "99: 1000000000 x 0.0004 = 400000.00", "sent per 1,000: "},
		"just below the bound":     {"9999999999", "0.01", "99999999.99", "99: 9999999999 x 0.01 = 99999999.99", ""},
		"just at the bound":        {"10000000000", "0.01", "100000000", "99: 10000000 x 10 = 100000000.00", "sent per 1,000: "},
		"15 characters":            {"123456.12345678", "1", "123456.12", "99: 123456.12345678 x 1 = 123456.12", ""},
		"16 characters":            {"1234567.12345678", "1", "1234567.12", "99: 1 x 1234567.12 = 1234567.12", "15 characters"},
		"a bound and no thousands": {"10000000001.1234", "0.01", "100000000.01", "99: 1 x 100000000.01 = 100000000.01", "15 characters"},
		"more digits than a double": {"123456789012345.5", "0.01", "1234567890123.46", "99: 1 x 1234567890123.46 = 1234567890123.46",
			"15 characters"},
		"more decimals than 8":      {"1.123456789", "100", "112.35", "99: 1 x 112.35 = 112.35", "the quantity has more than 8 decimals"},
		"they do not":               {"3", "5", "14.99", "99: 1 x 14.99 = 14.99", "3 x 5 rounds to 15.00"},
		"they do not, in any scale": {"3000", "5", "14999.99", "99: 1 x 14999.99 = 14999.99", "3000 x 5 rounds to 15000.00"},
		"no quantity":               {"0", "5", "14.99", "99: 1 x 14.99 = 14.99", ""},
		"negative quantity":         {"-2", "5", "-10", "99: 1 x -10 = -10.00", "negative"},
		"nothing used":              {"0", "5", "0", "99: 1 x 0 = 0.00", "nothing was used"},
		"a long average of few":     {"3", "3.333333333333", "10", "99: 3 x 3.33333333 = 10.00", ""},
		"an average that fails at 8": {"900000000", "0.0000111111111111", "10000", "99: 900000 x 0.01111111 = 10000.00",
			"the price 0.0000111111111111 has more than 8 decimals"},
	} {
		d := mapped(t, plain, billOf(usageLine(c.units, c.price, c.amount), line(adHoc, "1000")))
		first := strings.Split(brief(d), "; ")[0]
		y := d.Lines[0]
		if first != c.want || (c.why != "") != strings.Contains(y.Description, "quantity "+c.units+" GB") ||
			!strings.Contains(y.Why.Money, c.why) {
			t.Errorf("%s: %s (%s; %s)", name, first, y.Why.Money, y.Description)
		}
		alone := c.why != "" && strings.HasPrefix(c.want, "99: 1 x ")
		if alone != warned(d, "1 line sent as quantity 1") || alone != strings.Contains(y.Why.Money, "sent as quantity 1: ") &&
			name != "no quantity" {
			t.Errorf("%s: %s; %v", name, y.Why.Money, d.Warnings)
		}
	}
}

// Where 8 decimals are too few for a price, the unit is 1,000 or more, as long
// as nothing is altered by that.
func TestTinyPricesAreToldPerThousandOrMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		units, price, amount, want, per string
	}{
		"per 1,000":                {"48215733012", "0.0000000025", "120.54", "99: 48215733.012 x 0.0000025 = 120.54", "1,000"},
		"per 1,000,000":            {"1000000000000", "0.0000000000004", "0.4", "99: 1000000 x 0.0000004 = 0.40", "1,000,000"},
		"per 1,000,000,000":        {"4000000000000", "0.00000000000000025", "0", "99: 4000 x 0.00000025 = 0.00", "1,000,000,000"},
		"fewer than one of a unit": {"800", "0.0000000125", "0", "99: 1 x 0 = 0.00", ""},
		"too many digits still":    {"1234567890123456", "0.0000000025", "3086419.73", "99: 1 x 3086419.73 = 3086419.73", ""},
		"a quotient stays whole":   {"9000000", "0.00000001111111111111111", "0.1", "99: 1 x 0.1 = 0.10", ""},
	} {
		l := usageLine(c.units, c.price, c.amount, band("b-1", "0", "0", c.price, c.units, c.amount))
		l.Unit = "tokens"
		d := mapped(t, with(func(cfg *Config) { cfg.Split = PerBand }), billOf(l))
		got := d.Lines[0]
		if brief(d) != c.want {
			t.Errorf("%s: %s (%s)", name, brief(d), got.Why.Money)
		}
		if c.per == "" {
			if warned(d, "priced per") || !warned(d, "sent as quantity 1") {
				t.Errorf("%s: %v", name, d.Warnings)
			}
			continue
		}
		if !strings.HasSuffix(got.Description, "| quantity "+c.units+" tokens, priced per "+c.per) ||
			!strings.Contains(got.Why.Money, "sent per "+c.per+": the price "+c.price+" has more than 8 decimals") ||
			!warned(d, "1 line priced per 1,000 units or more") {
			t.Errorf("%s: %s; %s; %v", name, got.Description, got.Why.Money, d.Warnings)
		}
	}
}

// An average price is a quotient, so it may be rounded; that is told.
func TestAveragePriceThatIsRoundedIsTold(t *testing.T) {
	t.Parallel()
	y := mapped(t, plain, billOf(usageLine("7350", "0.046598639455782313", "342.50"))).Lines[0].Why.Money
	if !strings.Contains(y, "average price 0.046598639455782313 sent with 8 decimals") {
		t.Error(y)
	}
	if y := mapped(t, plain, billOf(usageLine("7350", "0.05", "367.50"))).Lines[0].Why.Money; strings.Contains(y, "average") {
		t.Error(y)
	}
}

func TestAmountThatNoDoubleHoldsIsRefused(t *testing.T) {
	t.Parallel()
	if d := mapped(t, plain, billOf(line(adHoc, "9999999999999.99"))); d.Total.String() != "9999999999999.99" {
		t.Errorf("15 digits: %s", d.Total)
	}
	f := refused(t, plain, billOf(line(adHoc, "1"), line(adHoc, "12345678901234.56")), integration.ClassData, "amount_too_long")
	if !strings.Contains(f.Message, "line 2") || !strings.Contains(f.Message, "12,345,678,901,234.56 USD") {
		t.Error(f.Message)
	}
}

// Merged lines keep the quantity they have in common.
func TestMergedLinesKeepTheirQuantity(t *testing.T) {
	t.Parallel()
	var lines []bill.Line
	for range 1001 {
		lines = append(lines, usageLine("3", "2", "6"))
	}
	d := mapped(t, with(func(c *Config) { c.MergeLines = true }), billOf(lines...))
	if l := d.Lines[0]; len(d.Lines) != 1000 || l.Quantity.Trim() != "6" || l.Rate.Trim() != "2" || l.Amount.String() != "12.00" {
		t.Errorf("%d lines, the first %s x %s = %s", len(d.Lines), l.Quantity, l.Rate, l.Amount)
	}
}

// A destination without limits takes every figure and text as it is.
func TestWithoutLimitsNothingIsCut(t *testing.T) {
	t.Parallel()
	free := Terms{Words: books.Words}
	l := usageLine("50000000000", "0.123456789012", "6172839450.60")
	l.Description = strings.Repeat("long ", 2000)
	b := billOf(l)
	b.ID, b.PurchaseOrderNumber = strings.Repeat("a", 80), strings.Repeat("9", 80)
	cfg := plain
	cfg.Terms = &free
	d, err := Map(cfg, b, Lookups{CurrencyID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Lines[0]; got.Rate.Trim() != "0.123456789012" || got.Quantity.Trim() != "50000000000" || len(got.Why.Cut) > 0 {
		t.Errorf("%+v", got)
	}
	if d.ExternalID != "m3b-"+b.ID || d.OtherRefNum != b.PurchaseOrderNumber {
		t.Errorf("%s %s", d.ExternalID, d.OtherRefNum)
	}
}
