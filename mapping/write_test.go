package mapping

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/bill"
)

func TestExponentIsISO4217(t *testing.T) {
	t.Parallel()
	for iso, want := range map[string]int{"JPY": 0, "KRW": 0, "USD": 2, "EUR": 2, "XCG": 2, "KWD": 3, "BHD": 3, "CLF": 4} {
		if got, ok := Exponent(iso); !ok || got != want {
			t.Errorf("%s: %d %t", iso, got, ok)
		}
	}
	for _, iso := range []string{"", "usd", "BTC", "US", "D E", "USDT", " US", "ED "} {
		if _, ok := Exponent(iso); ok {
			t.Errorf("%q is a currency", iso)
		}
	}
}

func TestPlainInvoiceHasNoExplanationAndNoControlCharacters(t *testing.T) {
	t.Parallel()
	d := mapped(t, plain, billOf(usageLine("10", "2", "20")))
	d.Lines[0].ItemID, d.Memo = "9\x1b[2J", "a\nb"
	var short, long strings.Builder
	if err := WriteInvoice(&short, books.Words, d, false); err != nil {
		t.Fatal(err)
	}
	if err := WriteInvoice(&long, books.Words, d, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(short.String(), "else nothing") || !strings.Contains(long.String(), "else nothing") ||
		strings.Contains(long.String(), "\x1b") || !strings.Contains(short.String(), "memo        a b") {
		t.Errorf("%s\n%s", short.String(), long.String())
	}
}

func TestInvoiceShowsWhatIsUnusual(t *testing.T) {
	t.Parallel()
	lines := []bill.Line{line(creditMemo, "-900")}
	for i := range 7 {
		l := usageLine("1", "2", "2")
		l.ID = fmt.Sprintf("l-%d", i)
		l.Description = strings.Repeat(l.ID, 900)
		lines = append(lines, l)
	}
	d := mapped(t, with(func(c *Config) { c.Split, c.CreditMemos = PerAggregation, true }), billOf(lines...))
	d.CurrencyID = "USD"
	var text strings.Builder
	if err := WriteInvoice(&text, books.Words, d, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CREDIT MEMO  m3c-", "customer    external id a-1", "USD (Books's id is looked up once the integration is connected)",
		"from    l-0, l-1, l-2, l-3, l-4 and 2 more (USAGE)", "cut     description to 4000 of ", "sign turned: -900 USD",
		"  886.00  USD in 2 lines", "Bill 886.00 = included 886.00 + excluded 0.00 + rounding 0.00",
		"  money per rule\n    886.00  2 lines  Default Item",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%.3000s", want, text.String())
		}
	}
}

func TestCoverageAddsUpPerItemAndRule(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.ItemByType = map[string]string{standingCharge: "5", creditMemo: "5"} })
	c := Coverage(mapped(t, cfg, billOf(line(standingCharge, "10"), line(creditMemo, "-4"), line(usage, "100"), line(adHoc, "1"))))
	if len(c.Items) != 2 || c.Items[0].Name != "99" || c.Items[0].Lines != 2 || c.Items[0].Amount.String() != "101.00" ||
		c.Items[1].Amount.String() != "6.00" ||
		len(c.Rules) != 3 {
		t.Errorf("%+v", c)
	}
}

// A line of an amendment has no line items behind it and no rule that it would fall
// back to: neither is told of with nothing in it.
func TestALineOfAnAmendmentHasNoEmptyReasons(t *testing.T) {
	t.Parallel()
	d := mapped(t, plain, billOf(usageLine("10", "2", "20")))
	d.Lines[0].Why = Provenance{Rule: "the difference", Money: "newest - held = 20"}
	var text strings.Builder
	if err := WriteInvoice(&text, books.Words, d, true); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); strings.Contains(got, "from  ") || strings.Contains(got, "else") ||
		!strings.Contains(got, "      item    the difference\n      amount  newest - held = 20\n") {
		t.Error(got)
	}
}
