package mapping

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/bill"
)

// Nothing is decided silently: whatever the configuration does not say outright
// is told in a note of the document or in the explanation of a line. docs/MAPPING.md
// calls this test the list of what that is.
func TestNothingIsDecidedSilently(t *testing.T) {
	t.Parallel()
	var (
		byBand        = func(c *Config) { c.Split = PerBand }
		byAggregation = func(c *Config) { c.Split = PerAggregation }
		periods       = func(c *Config) { c.CustomFields = periodConfig.CustomFields }
	)
	change := func(l bill.Line, how func(*bill.Line)) bill.Line { how(&l); return l }
	many := func(n int) (lines []bill.Line) {
		for range n {
			lines = append(lines, usageLine("1", "1", "1"))
		}
		return lines
	}
	for what, c := range map[string]struct {
		cfg   func(*Config)
		lines []bill.Line
		head  func(*bill.Bill)
		want  string // in a note, or in the explanation of the first line
	}{
		"`billDate` dates the document": {head: func(b *bill.Bill) { b.ExternalInvoiceDate = "" },
			want: "note: the Bill has no externalInvoiceDate: its billDate 2026-08-02 dates the document"},
		"no due date to send": {cfg: func(c *Config) { c.SendDueDate = true }, head: func(b *bill.Bill) { b.DueDate = "" },
			want: "note: Send Due Date is on and the Bill has no due date"},
		"service days in UTC": {cfg: periods, head: func(b *bill.Bill) { b.Timezone = "" }, want: "note: the Bill tells no time zone"},
		"a line without a service period": {cfg: periods,
			lines: []bill.Line{change(line(adHoc, "1"), func(l *bill.Line) { l.ServicePeriodEnd = "" })},
			want:  "note: 1 line without a service period"},
		"a service period of a moment": {cfg: periods, lines: []bill.Line{change(line(adHoc, "1"), func(l *bill.Line) {
			l.ServicePeriodEnd = l.ServicePeriodStart
		})},
			want: "note: 1 line with a service period that ends where it begins"},
		"a PO number or memo shortened": {head: func(b *bill.Bill) {
			b.PurchaseOrderNumber = strings.Repeat("9", 46)
		}, want: "note: purchaseOrderNumber was shortened to 45 characters"},
		"a description shortened": {lines: []bill.Line{change(line(adHoc, "1"), func(l *bill.Line) {
			l.Description = strings.Repeat("x", 5000)
		})},
			want: "line: cut: description to 4000 of 5011 characters"},
		"control characters taken out": {lines: []bill.Line{change(line(adHoc, "1"), func(l *bill.Line) { l.Description = "a\x1b[2J" })},
			want: "line: cut: control characters of the description"},
		"no `billTotal`": {head: func(b *bill.Bill) { b.HasTotal = false }, want: "note: the Bill came without billTotal"},
		"a total other than m3ter's": {lines: []bill.Line{line(adHoc, "1.006")}, head: func(b *bill.Bill) { b.BillTotal = num("1") },
			want: "note: the lines add up to 1.01 USD, which is sent; by billTotal 1.00 USD it would be 1.00 USD"},
		"a conversion that disagrees": {lines: []bill.Line{change(line(adHoc, "1"), func(l *bill.Line) { l.ConversionRate = num("2") })},
			want: "note: line item l-AD_HOC (AD_HOC, a AD_HOC): subtotal x conversionRate is 2, convertedSubtotal is 1"},
		"usage without pricing bands": {cfg: byBand, lines: many(1), want: "note: 1 line of usage sent whole, for want of pricing bands"},
		"bands that do not add up to their line": {cfg: byBand, lines: []bill.Line{usageLine("2", "1", "2", band("b", "0", "0", "1", "1", "1"))},
			want: "its bands add up to 1 and the line says 2, so it is sent as one line"},
		"bands that are a part of a unit short": {cfg: byBand,
			lines: []bill.Line{usageLine("1", "1", "1.004", band("b", "0", "0", "1", "1", "1"))},
			want:  "line: 1 USD, 1 x 1; +0.004 so that the bands add up to the line's 1.004"},
		"a band whose prices do not add up to it": {cfg: byBand, lines: []bill.Line{usageLine("2", "1", "2", band("b", "0", "9", "1", "2", "2"))},
			want: "line: 2 USD, 2 x 1 and fixed price 9, sent as quantity 1: " + pricesDisagree},
		"usage without an aggregation": {cfg: byAggregation,
			lines: []bill.Line{change(usageLine("1", "1", "1"), func(l *bill.Line) { l.AggregationID = "" })},
			want:  "note: 1 line of usage sent whole, for want of an aggregation"},
		"an aggregation with several items": {cfg: func(c *Config) { byAggregation(c); c.ItemByType = map[string]string{overageUsage: "5"} },
			lines: []bill.Line{usageLine("1", "1", "1"), change(usageLine("1", "1", "1"), func(l *bill.Line) { l.Type = overageUsage })},
			want:  "they are not joined"},
		"joined lines that count different things": {cfg: byAggregation,
			lines: []bill.Line{usageLine("1", "1", "1"), change(usageLine("1", "1", "1"), func(l *bill.Line) { l.Unit = "h" })},
			want:  "note: 1 line sent as quantity 1, joined of usage whose quantities do not add up"},
		"joined lines with different prices": {cfg: byAggregation, lines: []bill.Line{usageLine("1", "1", "1"), usageLine("1", "2", "2")},
			want: "line: 1 USD + 2 USD, sent as quantity 1: the lines have different prices"},
		"the item, and what it would have been": {want: "line: Default Item; else nothing: the Bill would have stopped"},
		"the true quantity in the description": {lines: []bill.Line{usageLine("3", "5", "14.99")},
			want: "note: 1 line sent as quantity 1, with the true quantity in the description"},
		"a price per 1,000 units or more": {lines: []bill.Line{usageLine("8000000", "0.000000125", "1")},
			want: "note: 1 line priced per 1,000 units or more"},
		"an average price with 8 decimals": {lines: []bill.Line{usageLine("3", "0.333333333", "1")},
			want: "line: 1 USD, average price 0.333333333 sent with 8 decimals"},
		"no quantity on the Bill":      {want: "line: 1 USD, sent as quantity 1: the Bill tells no quantity"},
		"the rounding share of a line": {lines: []bill.Line{line(adHoc, "1.004")}, want: "line: 1.004 USD, rounding share -0.004"},
		"a credit memo": {cfg: func(c *Config) { c.CreditMemos = true }, lines: []bill.Line{line(creditMemo, "-1")},
			want: "note: the Bill's total is -1.00 USD: it becomes a credit memo"},
		"every line is zero":  {lines: []bill.Line{line(usage, "0")}, want: "note: every line is zero"},
		"more than 200 lines": {lines: many(201), want: "note: 201 lines: Books advises at most 200"},
		"a field that rules leave out": {cfg: func(c *Config) {
			c.Rules = rules(t, `[{"to":"line.class","from":"line.segment.x","missing":"LEAVE_OUT"}]`)
		},
			want: "note: class is left out of 1 line of the Bill"},
		"a field that a rule filled": {cfg: func(c *Config) {
			c.Rules = rules(t, `[{"to":"line.class","value":"1"}]`)
		}, want: "line: rule 1: fixed value"},
		"a prepayment on an item of usage, or on the default item": {lines: []bill.Line{line(commitmentFee, "1")},
			want: "note: 1 line of prepayments on the default item"},
		"merged lines": {cfg: func(c *Config) { c.MergeLines = true }, lines: many(1001), want: "note: 1001 lines became 1000"},
	} {
		if len(c.lines) == 0 {
			c.lines = []bill.Line{line(adHoc, "1")}
		}
		b := billOf(c.lines...)
		b.ExternalInvoiceDate, b.Timezone = "2026-08-01", "UTC"
		if c.head != nil {
			c.head(&b)
		}
		cfg := plain
		if c.cfg != nil {
			c.cfg(&cfg)
		}
		if told := allReasons(mapped(t, cfg, b)); !strings.Contains(told, c.want) {
			t.Errorf("%s: want %q in\n%s", what, c.want, told)
		}
	}
	quiet := billOf(usageLine("2", "1", "2"))
	quiet.ExternalInvoiceDate = "2026-08-01"
	if d := mapped(t, plain, quiet); len(d.Warnings) > 0 {
		t.Errorf("nothing was decided, and it is told: %v", d.Warnings)
	}
}

// allReasons is what a document says of how it came about, but for the ids.
func allReasons(d Document) string {
	var b strings.Builder
	for _, w := range d.Warnings {
		fmt.Fprintf(&b, "note: %s\n", w)
	}
	y := d.Lines[0].Why
	fmt.Fprintf(&b, "line: %s\nline: %s; else %s\n", y.Money, y.Rule, y.Fallback)
	for _, c := range y.Cut {
		fmt.Fprintf(&b, "line: cut: %s\n", c)
	}
	for _, f := range d.Lines[0].Fields {
		fmt.Fprintf(&b, "line: %s\n", f.Why)
	}
	return b.String()
}
