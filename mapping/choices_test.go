package mapping

import (
	"errors"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// Bills dated before Send From are another integration's; the day itself is ours.
func TestSendFrom(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.SendFrom = "2026-08-02" })
	b := billOf(line(usage, "1"))
	if v := Qualify(cfg, b.Head, nil); !v.Send {
		t.Errorf("dated on the day: %+v", v)
	}
	b.ExternalInvoiceDate = "2026-08-01"
	if v := Qualify(cfg, b.Head, nil); v.Send || v.Cause != CauseSendFrom || v.Outcome != integration.Skipped ||
		!strings.Contains(v.Reason, "2026-08-01") {
		t.Errorf("dated before: %+v", v)
	}
}

// September's usage with m3ter's own bill date would post in October.
func TestInvoiceDateMayBeRequired(t *testing.T) {
	t.Parallel()
	b := billOf(line(usage, "1"))
	f := refused(t, with(func(c *Config) { c.NeedDate = true }), b, integration.ClassHeld, "invoice_date_missing")
	if !strings.Contains(f.Advice, "EXTERNAL_ELSE_BILL_DATE") {
		t.Error(f.Advice)
	}
	b.ExternalInvoiceDate = "2026-07-31"
	if d := mapped(t, with(func(c *Config) { c.NeedDate = true }), b); d.TranDate != "2026-07-31" {
		t.Error(d.TranDate)
	}
	b.ExternalInvoiceDate = ""
	if d := mapped(t, plain, b); d.TranDate != "2026-08-02" || !warned(d, "billDate 2026-08-02 dates the document") {
		t.Errorf("%s %v", d.TranDate, d.Warnings)
	}
}

func TestZeroBills(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.SkipZero = true })
	var nothing *NothingError
	if _, err := Map(cfg, billOf(line(usage, "0"), line(adHoc, "0")), Lookups{CurrencyID: "1"}); !errors.As(err, &nothing) ||
		nothing.Cause != "zero_bill" {
		t.Errorf("all zero: %v", err)
	}
	// Lines that cancel out move money between items: they are no zero Bill.
	if d := mapped(t, cfg, billOf(line(usage, "5"), line(creditMemo, "-5"))); len(d.Lines) != 2 || !d.Total.IsZero() {
		t.Error(brief(d))
	}
	if d := mapped(t, plain, billOf(line(usage, "0"))); !warned(d, "every line is zero") {
		t.Error(d.Warnings)
	}
}

// A prepayment's fee is a liability until it is drawn down. With the product's own
// mapping first it goes where its usage goes: revenue at once.
func TestPrepaymentItems(t *testing.T) {
	t.Parallel()
	fee, drawn, used := line(commitmentFee, "900"), line(commitmentConsumed, "-100"), usageLine("10", "10", "100")
	balance, least := line(balanceFee, "50"), line(minimumSpend, "20")
	b := billOf(fee, drawn, used, balance, least)
	l := Lookups{CurrencyID: "1", Items: map[string]Item{"product|p-1": {ID: "220"}}}
	cfg := with(func(c *Config) {
		c.CommitmentItem, c.MinimumSpendItem, c.ItemByType = "310", "320", map[string]string{balanceFee: "330"}
	})
	d := mustMap(t, cfg, b, l)
	if got := itemsOf(d); got != "220 220 220 220 220" || !warned(d, "prepayments go to item 220, which takes usage as well") {
		t.Errorf("product first: %s %v", got, d.Warnings)
	}
	cfg.TypeFirst = true
	d = mustMap(t, cfg, b, l)
	if got := itemsOf(d); got != "310 310 220 330 320" || warned(d, "prepayments go to") {
		t.Errorf("type first: %s %v", got, d.Warnings)
	}
	if y := d.Lines[0].Why; y.Rule != "Commitment Item" || !strings.Contains(y.Fallback, "external mapping of the Product: item 220") {
		t.Errorf("the explanation: %+v", y)
	}
	cfg.TypeFirst, cfg.StrictItems = false, true
	_, err := Map(cfg, b, l)
	var f *integration.Failure
	if !errors.As(err, &f) || f.Cause != "prepayment_item_shared" || f.Class != integration.ClassHeld ||
		!strings.Contains(f.Advice, "TYPE_FIRST") {
		t.Errorf("strict: %v", err)
	}
	// The default item, too, is told.
	d = mapped(t, plain, billOf(fee))
	if !warned(d, "1 line of prepayments on the default item") {
		t.Error(d.Warnings)
	}
}

func itemsOf(d Document) string {
	var s []string
	for _, l := range d.Lines {
		s = append(s, l.ItemID)
	}
	return strings.Join(s, " ")
}

func TestCustomerBy(t *testing.T) {
	t.Parallel()
	b := billOf(line(usage, "1"))
	words := with(func(c *Config) { c.CustomerBy, c.CustomerField = ByCustomField, "netsuite_id" }) // ids are what they are
	field := words
	field.Terms = &books // ids are numbers
	for _, c := range []struct {
		cfg  Config
		l    Lookups
		want string // the customer, or a part of the refusal
	}{
		{plain, Lookups{}, "ext a-1"},
		{with(func(c *Config) { c.CustomerBy = ByEntityID }), Lookups{Customer: "614"}, "614"},
		{with(func(c *Config) { c.CustomerBy = ByEntityID }), Lookups{}, `no customer with the entity id "acme"`},
		{field, Lookups{Records: map[Record]map[string]string{{"account", "a-1"}: {"customFields.netsuite_id": " 614 "}}}, "614"},
		{field, Lookups{}, `customFields.netsuite_id of account acme (a-1) is ""`},
		{field, Lookups{Records: map[Record]map[string]string{{"account", "a-1"}: {"customFields.netsuite_id": "Acme"}}}, `is "Acme"`},
		{words, Lookups{Records: map[Record]map[string]string{{"account", "a-1"}: {"customFields.netsuite_id": "Acme"}}}, "Acme"},
		{words, Lookups{Records: map[Record]map[string]string{{"account", "a-1"}: {"customFields.netsuite_id": "Ac me"}}}, `is "Ac me"`},
	} {
		c.l.CurrencyID = "1"
		d, err := Map(c.cfg, b, c.l)
		got := d.Entity.ID
		switch {
		case err != nil:
			got = err.Error()
		case got == "":
			got = "ext " + d.Entity.ExternalID
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.cfg.CustomerBy, got, c.want)
		}
	}
	if got := Records(field, b); len(got) != 1 || got[0] != (Record{"account", "a-1"}) {
		t.Errorf("records: %v", got)
	}
}

// A credit for another Bill says for which: the person who reads the invoice has
// no other way to know.
func TestCreditNamesTheInvoiceItIsFor(t *testing.T) {
	t.Parallel()
	l := line(creditMemo, "-5")
	l.ReferencedBillID = "b-7"
	b := billOf(line(usage, "10"), l)
	d := mustMap(t, plain, b, Lookups{CurrencyID: "1", Numbers: map[string]string{"b-7": "INVOICE-7"}})
	if got := d.Lines[1].Description; got != "a CREDIT_MEMO | Data API | for INVOICE-7" {
		t.Error(got)
	}
	if d.Lines[1].Plain != "a CREDIT_MEMO | Data API" || d.Lines[0].Plain != "" {
		t.Errorf("without the name: %q, %q", d.Lines[1].Plain, d.Lines[0].Plain)
	}
	if d := mapped(t, plain, b); d.Lines[1].Description != "a CREDIT_MEMO | Data API" || d.Lines[1].Plain != d.Lines[1].Description {
		t.Error(d.Lines[1].Description)
	}
	b.Lines[1].Description = strings.Repeat("a", 3995)
	long := mustMap(t, plain, b, Lookups{CurrencyID: "1", Numbers: map[string]string{"b-7": "INVOICE-7"}})
	if got := long.Lines[1]; got.Description != got.Plain || len(got.Why.Cut) == 0 {
		t.Errorf("%d characters, want the words of the line alone", len(got.Description))
	}
}

// What the proof has to know travels with the document.
func TestProofSettingsTravel(t *testing.T) {
	t.Parallel()
	d := mapped(t, with(func(c *Config) { c.NoTax, c.Ignore = true, []string{"memo"} }), billOf([]bill.Line{line(usage, "1")}...))
	if !d.NoTax || len(d.Ignore) != 1 {
		t.Errorf("%+v", d)
	}
}
