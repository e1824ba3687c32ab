package mapping

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

func TestItemPerProduct(t *testing.T) {
	t.Parallel()
	l := usageLine("1250", "0.48", "600", band("b-1", "0", "0", "0.5", "1000", "500"), band("b-2", "1000", "0", "0.4", "250", "100"))
	d := mapped(t, plain, billOf(l, line(standingCharge, "10")))
	if got := brief(d); got != "99: 1250 x 0.48 = 600.00; 99: 1 x 10 = 10.00" {
		t.Error(got)
	}
}

func TestItemPerUsageBand(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.Split = PerBand })
	for name, c := range map[string]struct {
		l    bill.Line
		want string
		text string // in the description of the last line
	}{
		"one line per band used": {usageLine("1250", "0.48", "600", band("b-1", "0", "0", "0.5", "1000", "500"),
			band("b-2", "1000", "0", "0.4", "250", "100"), band("b-3", "9000", "0", "0.1", "0", "0")),
			"99: 1000 x 0.5 = 500.00; 99: 250 x 0.4 = 100.00", "band 1000 to 9000"},
		"a fixed price is its own part": {usageLine("700", "0.4", "285", band("b-1", "0", "5", "0.4", "700", "285")),
			"99: 700 x 0.4 = 280.00; 99: 1 x 5 = 5.00", "fixed price of band from 0"},
		"a fixed price alone": {usageLine("820", "0.243902", "200", band("b-1", "500", "200", "0", "820", "200")),
			"99: 1 x 200 = 200.00", "fixed price of band from 500, quantity 820 GB"},
		"a fixed price alone, rounded by m3ter": {usageLine("820", "0.243902", "199.9959", band("b-1", "500", "200", "0", "820", "199.9959")),
			"99: 1 x 200 = 200.00", "fixed price of band from 500, quantity 820 GB"},
		"prices that do not add up to the band": {usageLine("7", "0.4", "100", band("b-1", "0", "500", "0.4", "7", "100")),
			"99: 1 x 100 = 100.00", "band from 0 | quantity 7 GB"},
		"no bands: as per product": {usageLine("10", "2", "20"), "99: 10 x 2 = 20.00", "a USAGE"},
		"a price of 9 decimals is told per 1,000": {usageLine("8000000", "0.000000125", "1",
			band("b-1", "0", "0", "0.000000125", "8000000", "1")),
			"99: 8000 x 0.000125 = 1.00", "quantity 8000000 GB, priced per 1,000"},
		"a price of 17 decimals is not altered": {usageLine("2350", "0.03936170212765957", "92.5",
			band("b-1", "0", "0", "0.03936170212765957", "2350", "92.5")),
			"99: 1 x 92.5 = 92.50", "quantity 2350 GB"},
		"bands short of the line by less than a unit": {usageLine("3", "1.001", "3.003", band("b-1", "0", "0", "1", "3", "3")),
			"99: 3 x 1 = 3.00", "band from 0"},
		"bands that do not add up": {usageLine("3", "5", "15", band("b-1", "0", "0", "1", "3", "3")), "99: 3 x 5 = 15.00", "a USAGE"},
	} {
		d := mapped(t, cfg, billOf(c.l))
		if got, text := brief(d), d.Lines[len(d.Lines)-1].Description; got != c.want || !strings.Contains(text, c.text) {
			t.Errorf("%s:\n got %s | %s\nwant %s | %s", name, got, text, c.want, c.text)
		}
		if (name == "bands that do not add up") != warned(d, "its bands add up to 3") {
			t.Errorf("%s: %v", name, d.Warnings)
		}
	}
	gbp := usageLine("100", "1", "100", band("b-1", "0", "0", "1", "100", "100"))
	gbp.Currency, gbp.ConversionRate, gbp.ConvertedSubtotal, gbp.Bands[0].ConvertedSubtotal = "GBP", num("1.27"), num("127"), num("127")
	d := mapped(t, cfg, billOf(gbp))
	if got := brief(d); got != "99: 100 x 1.27 = 127.00" || d.Lines[0].Why.Money != "100 GBP x 1.27 = 127 USD, 100 x 1" {
		t.Errorf("the rate is in the Bill's currency: %s (%s)", got, d.Lines[0].Why.Money)
	}
	gbp.Bands[0].HasConverted = false
	if got := brief(mapped(t, cfg, billOf(gbp))); got != "99: 100 x 1.27 = 127.00" {
		t.Errorf("a band without its converted amount: %s", got)
	}
}

func TestItemPerAggregation(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.Split = PerAggregation })
	compound := usageLine("1", "7", "7")
	compound.AggregationID, compound.CompoundAggregationID = "", "g-1"
	august := usageLine("1", "2", "2")
	august.ServicePeriodStart = "2026-08-01T00:00:00Z"
	none := usageLine("1", "3", "3")
	none.AggregationID = ""
	d := mapped(t, cfg, billOf(usageLine("10", "2", "20"), line(standingCharge, "1"), usageLine("5", "2", "10"), august, none, none, compound))
	want := "99: 1 x 37 = 37.00; 99: 1 x 1 = 1.00; 99: 1 x 2 = 2.00; 99: 1 x 3 = 3.00; 99: 1 x 3 = 3.00"
	if got := brief(d); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if l := d.Lines[0]; len(l.Why.Sources) != 3 || !strings.Contains(l.Description, "quantity 16 GB") ||
		!strings.Contains(l.Why.Money, "different prices") {
		t.Errorf("%+v", l)
	}
	if got := brief(mapped(t, cfg, billOf(usageLine("10", "2", "20"), usageLine("5", "2", "10")))); got != "99: 15 x 2 = 30.00" {
		t.Errorf("one price: %s", got)
	}
}

// The quantity of joined lines is told only when it is one.
func TestItemPerAggregationAddsUpOnlyWhatCountsTheSame(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.Split = PerAggregation })
	gb, none := usageLine("10", "2", "20"), usageLine("0", "0", "4")
	calls := usageLine("7", "2", "14")
	calls.Unit = "calls"
	credit := usageLine("3", "-2", "-6")
	credit.Type = usageCredit
	for name, c := range map[string]struct {
		lines []bill.Line
		why   string
		note  string // at the end of the description
	}{
		"one unit, other prices":             {[]bill.Line{gb, usageLine("5", "1", "5")}, differentPrices, "| quantity 15 GB"},
		"two units":                          {[]bill.Line{gb, calls}, differentThings, "2 lines of one aggregation"},
		"two units, and the first once more": {[]bill.Line{gb, calls, gb}, differentThings, "3 lines of one aggregation"},
		"charged and credited":               {[]bill.Line{gb, credit}, differentThings, "2 lines of one aggregation"},
		"one without a quantity":             {[]bill.Line{gb, none, gb}, someUncounted, "3 lines of one aggregation"},
	} {
		for i := range c.lines {
			c.lines[i].Description = fmt.Sprintf("part %d", i+1)
		}
		d := mapped(t, cfg, billOf(c.lines...))
		l := d.Lines[0]
		if len(d.Lines) != 1 || !l.Quantity.Equal(num("1")) || !strings.HasSuffix(l.Why.Money, ": "+c.why) ||
			!strings.HasSuffix(l.Description, c.note) {
			t.Errorf("%s: %s (%s) %s", name, brief(d), l.Why.Money, l.Description)
		}
		if summed := strings.Contains(c.note, "quantity"); warned(d, "true quantity in the description") != summed ||
			warned(d, "do not add up") == summed {
			t.Errorf("%s: %v", name, d.Warnings)
		}
	}
}

// What tells joined lines apart stands in their description.
func TestItemPerAggregationDescribesAllItJoins(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.Split = PerAggregation })
	var lines []bill.Line
	for i := range 7 {
		l := usageLine("1", "2", "2")
		l.Description, l.Segment = "Stored", []bill.Pair{{Name: "region", Value: fmt.Sprintf("r%d", i)}}
		if i == 6 {
			l.ChildAccountCode = "acme_uk"
		}
		lines = append(lines, l)
	}
	want := "Stored | Data API | region: r0, r1, r2, r3, r4 and 2 more | account: acme_uk | 7 lines of one aggregation"
	if got := mapped(t, cfg, billOf(lines...)).Lines[0].Description; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	lines[1].Segment = nil
	if got := mapped(t, cfg, billOf(lines[0], lines[1])).Lines[0].Description; got != "Stored | Data API | region: r0, none | 2 "+
		"lines of one aggregation" {
		t.Errorf("a line without a segment: %s", got)
	}
	if got := mapped(t, cfg, billOf(lines[0], lines[0])).Lines[0].Description; got != "Stored | Data API | region: r0" {
		t.Errorf("lines that read alike: %s", got)
	}
}

// Joining must not move money from one item to another.
func TestItemPerAggregationKeepsItemsApart(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.Split, c.ItemByType = PerAggregation, map[string]string{usageCredit: "55"} })
	credit := usageLine("1", "-4", "-4")
	credit.Type = usageCredit
	d := mapped(t, cfg, billOf(usageLine("10", "2", "20"), credit))
	if got := brief(d); got != "99: 10 x 2 = 20.00; 55: 1 x -4 = -4.00" || !warned(d, "not joined") {
		t.Errorf("%s %v", got, d.Warnings)
	}
}

func TestItemIsTheFirstThatExists(t *testing.T) {
	t.Parallel()
	l := usageLine("1", "1", "1")
	l.AccountingProductID = "ap-1"
	all := map[string]Item{"aggregation|g-1": {ID: "1", Linked: true}, "accountingproduct|ap-1": {ID: "2"}, "product|p-1": {ID: "3"}}
	drop := func(keys ...string) map[string]Item {
		out := map[string]Item{}
		for k, v := range all {
			out[k] = v
		}
		for _, k := range keys {
			delete(out, k)
		}
		return out
	}
	typed := map[string]string{usage: "4", commitmentFee: "", minimumSpend: "40"}
	for name, c := range map[string]struct {
		cfg            Config
		lineType       string
		items          map[string]Item
		item, rule, or string
	}{
		"aggregation when splitting by it": {Config{Split: PerAggregation}, usage, all, "1",
			"external mapping of the Aggregation, linked to this integration", "external mapping of the AccountingProduct: item 2"},
		"never otherwise": {Config{Split: PerProduct}, usage, all, "2", "external mapping of the AccountingProduct",
			"external mapping of the Product: item 3"},
		"nor for other lines": {Config{Split: PerAggregation}, adHoc, all, "2", "external mapping of the AccountingProduct",
			"external mapping of the Product: item 3"},
		"product": {Config{ItemByType: typed}, usage, drop("accountingproduct|ap-1"), "3", "external mapping of the Product",
			"Item Mapping for USAGE: item 4"},
		"type": {Config{ItemByType: typed, DefaultItem: "9"}, usage, nil, "4", "Item Mapping for USAGE",
			"Default Item: item 9"},
		"commitment": {Config{ItemByType: typed, CommitmentItem: "5", MinimumSpendItem: "6", DefaultItem: "9"}, commitmentFee, nil,
			"5", "Commitment Item", "Default Item: item 9"},
		"drawn down": {Config{CommitmentItem: "5", MinimumSpendItem: "6"}, commitmentConsumed, nil, "5",
			"Commitment Item", nothingElse},
		"type before minimum spend": {Config{ItemByType: typed, MinimumSpendItem: "6"}, minimumSpend, nil, "40", "Item Mapping for MINIMUM_SPEND",
			"Minimum Spend Item: item 6"},
		"minimum spend refund": {Config{CommitmentItem: "5", MinimumSpendItem: "6"}, minimumSpendRefund, nil, "6",
			"Minimum Spend Item", nothingElse},
		"default": {Config{CommitmentItem: "5", MinimumSpendItem: "6", DefaultItem: "9"}, usage, nil, "9", "Default Item", nothingElse},
	} {
		l := l
		l.Type = c.lineType
		d, err := toBooks(c.cfg, billOf(l), Lookups{CurrencyID: "1", Items: c.items})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if y := d.Lines[0].Why; d.Lines[0].ItemID != c.item || y.Rule != c.rule || y.Fallback != c.or {
			t.Errorf("%s: item %s, %+v", name, d.Lines[0].ItemID, y)
		}
		if isDefault := name == "default"; (d.DefaultLines == 1) != isDefault || d.DefaultAmount.IsZero() == isDefault {
			t.Errorf("%s: %d lines, %s on the default item", name, d.DefaultLines, d.DefaultAmount)
		}
	}
}

func TestNoItemStopsBeforeSending(t *testing.T) {
	t.Parallel()
	fee := line(commitmentFee, "10")
	f := refused(t, Config{}, billOf(fee), integration.ClassData, "item_missing")
	for _, want := range []string{"l-COMMITMENT_FEE", "COMMITMENT_FEE", "Product p-1", "Item Mapping for COMMITMENT_FEE",
		"Commitment Item", "Default Item"} {
		if !strings.Contains(f.Message+f.Advice, want) {
			t.Errorf("%q is not in: %s; %s", want, f.Message, f.Advice)
		}
	}
	refused(t, with(func(c *Config) { c.StrictItems = true }), billOf(fee), integration.ClassHeld, "default_item_strict")
	if _, err := toBooks(with(func(c *Config) { c.StrictItems = true }), billOf(fee),
		Lookups{CurrencyID: "1", Items: map[string]Item{"product|p-1": {ID: "8"}}}); err != nil {
		t.Errorf("strict, with a mapping: %v", err)
	}
}

func TestWantsAsksForEachOnceAndNothingExcluded(t *testing.T) {
	t.Parallel()
	fee := line(commitmentFee, "1")
	fee.AccountingProductID = "ap-1"
	gone := line(adHoc, "1")
	gone.ProductID = "p-gone"
	b := billOf(usageLine("1", "1", "1"), fee, usageLine("1", "1", "1"), gone)
	got := Wants(Config{Split: PerAggregation, ExcludedTypes: []string{adHoc}}, b)
	want := []Want{{"Aggregation", "g-1"}, {"Product", "p-1"}, {"AccountingProduct", "ap-1"}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v", got)
	}
	if got := Wants(Config{Split: PerBand}, b); got[0].Entity != "Product" {
		t.Errorf("%v", got)
	}
}
