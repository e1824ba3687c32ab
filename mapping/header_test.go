package mapping

import (
	"slices"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	b := billOf(line(standingCharge, "5"))
	b.PurchaseOrderNumber, b.SequentialInvoiceNumber, b.ExternalInvoiceReference = "PO-1", "INVOICE-101", "REF-9"
	d := mapped(t, plain, b)
	if d.ExternalID != "m3b-b1110000-0000-4000-8000-000000000808" || len(d.ExternalID) != 40 || d.Entity != (Ref{ExternalID: "a-1"}) ||
		d.TranDate != "2026-08-02" || d.DueDate != "" || d.CurrencyID != "1" || d.OtherRefNum != "PO-1" ||
		d.Memo != "INVOICE-101 | billing period 2026-07-01 to 2026-08-01" || d.Kind != Invoice {
		t.Errorf("%+v", d)
	}
	if !warned(d, "no externalInvoiceDate: its billDate 2026-08-02") {
		t.Errorf("billDate instead of externalInvoiceDate is not told: %v", d.Warnings)
	}
	b.ExternalInvoiceDate, b.SequentialInvoiceNumber = "2026-08-01", ""
	d = mapped(t, with(func(c *Config) { c.SendDueDate = true }), b)
	if d.TranDate != "2026-08-01" || d.DueDate != "2026-09-01" || !strings.HasPrefix(d.Memo, "REF-9 | ") || warned(d, "externalInvoiceDate") {
		t.Errorf("externalInvoiceDate, due date, reference: %+v", d)
	}
	b.DueDate = ""
	if d = mapped(t, with(func(c *Config) { c.SendDueDate = true }), b); d.DueDate != "" || !warned(d, "no due date") {
		t.Errorf("no due date: %+v", d)
	}
	b.PurchaseOrderNumber = strings.Repeat("é", 60) + "\x1b[2J"
	if d = mapped(t, plain, b); units(d.OtherRefNum) != books.Limits.OtherRef || !warned(d, "purchaseOrderNumber was shortened") {
		t.Errorf("long PO: %q %v", d.OtherRefNum, d.Warnings)
	}
	b.PurchaseOrderNumber = "PO\t1"
	if d = mapped(t, plain, b); d.OtherRefNum != "PO 1" || !warned(d, "control characters were taken out of purchaseOrderNumber") {
		t.Errorf("PO with a tab: %q %v", d.OtherRefNum, d.Warnings)
	}
}

func TestCustomerByExternalMapping(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.UseExternalMapping = true })
	b := billOf(line(standingCharge, "5"))
	d, err := toBooks(cfg, b, Lookups{CurrencyID: "1", Customer: "614"})
	if err != nil || d.Entity != (Ref{ID: "614"}) {
		t.Fatalf("%+v %v", d.Entity, err)
	}
	f := refused(t, cfg, b, integration.ClassMapping, "account_mapping_missing")
	if !strings.Contains(f.Message, "acme (a-1)") || !strings.Contains(f.Advice, "Account a-1") {
		t.Errorf("%+v", f)
	}
}

func TestHeaderThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for cause, change := range map[string]func(*bill.Bill){
		"account_missing":  func(b *bill.Bill) { b.AccountID = "" },
		"currency_unknown": func(b *bill.Bill) { b.Currency = "BTC" },
		"date_unreadable":  func(b *bill.Bill) { b.BillDate = "2026-02-30" },
	} {
		b := billOf(line(standingCharge, "5"))
		change(&b)
		refused(t, plain, b, integration.ClassData, cause)
	}
	_, err := toBooks(plain, billOf(line(standingCharge, "5")), Lookups{})
	if f, ok := err.(*integration.Failure); !ok || f.Cause != "currency_missing" {
		t.Errorf("no Books currency: %v", err)
	}
}

func TestExternalIDIsStableSafeAndShort(t *testing.T) {
	t.Parallel()
	const uuid = "b1110000-0000-4000-8000-000000000808"
	seen := map[string]string{}
	for _, prefix := range []string{"", "us-", "eu-", "longest-"} {
		for _, id := range []string{uuid, "short", "b|1", strings.Repeat("x", 90), strings.Repeat("y", 90)} {
			for _, kind := range []Kind{Invoice, CreditMemo} {
				m := &mapper{cfg: Config{Terms: &books, ExternalIDPrefix: prefix}, bill: &bill.Head{ID: id}}
				got := m.externalID(kind)
				name := prefix + "/" + id + "/" + string(kind)
				if len(got) > books.Limits.ExternalID || !safeID(got) || seen[got] != "" || got != m.externalID(kind) {
					t.Errorf("%s: %q (%d), also of %q", name, got, len(got), seen[got])
				}
				seen[got] = name
			}
		}
	}
	for id, name := range map[string]string{"m3b-" + uuid: "/" + uuid + "/invoice", "m3c-" + uuid: "/" + uuid + "/creditMemo",
		"us-" + uuid: "us-/" + uuid + "/invoice", "us-c-" + strings.ReplaceAll(uuid, "-", ""): "us-/" + uuid + "/creditMemo"} {
		if seen[id] != name {
			t.Errorf("%s is of %q", id, seen[id])
		}
	}
}

// An account without multi-currency gets no currency, and no Bill of another:
// 100 EUR taken for 100 USD would have the same total.
func TestBaseCurrency(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.BaseCurrency = "USD" })
	b := billOf(line(standingCharge, "5"))
	d, err := toBooks(cfg, b, Lookups{})
	if err != nil || d.CurrencyID != "" || d.Currency != "USD" {
		t.Errorf("%+v %v", d, err)
	}
	b.Currency = "EUR"
	if f := refused(t, cfg, b, integration.ClassHeld, "currency_not_base"); !strings.Contains(f.Message,
		"the Bill is in EUR and Base Currency is USD") {
		t.Error(f.Message)
	}
}

func TestNumberOfTheBill(t *testing.T) {
	t.Parallel()
	cfg := with(func(c *Config) { c.NumberOfBill = true })
	b := billOf(line(standingCharge, "5"))
	b.SequentialInvoiceNumber = "INVOICE-101"
	if d := mapped(t, cfg, b); d.Number != "INVOICE-101" {
		t.Errorf("%+v", d)
	}
	if d := mapped(t, plain, b); d.Number != "" {
		t.Errorf("%+v", d)
	}
	for _, n := range []string{"", "\x00", strings.Repeat("9", 46)} {
		b.SequentialInvoiceNumber = n
		refused(t, cfg, b, integration.ClassData, "number_missing")
	}
}

// The date of a document stays; where its period is shut the settings decide.
func TestPostingPeriod(t *testing.T) {
	t.Parallel()
	shut := Period{Name: "Aug 2026", Shut: "closed", OpenID: "9", OpenName: "Oct 2026"}
	first := with(func(c *Config) { c.FirstOpen = true })
	for name, c := range map[string]struct {
		cfg    Config
		period Period
		id     string
		warn   string
		there  bool
	}{
		"open": {cfg: first},
		"shut": {cfg: first, period: shut, id: "9",
			warn: "accounting period Aug 2026 is closed: the document is posted to Oct 2026, and its date stays 2026-08-02"},
		"there": {cfg: first, period: shut, id: "9", there: true,
			warn: "accounting period Aug 2026 is closed: a new document is posted to Oct 2026, and its date stays 2026-08-02; one that is " +
				"there stays in its period"},
		"none is open": {cfg: first, period: Period{Name: "Aug 2026", Shut: "locked"},
			warn: "accounting period Aug 2026 is locked, and Books shows no open one"},
		"Books's to say":     {cfg: plain, period: shut, warn: "accounting period Aug 2026 is closed: Books may refuse the document"},
		"nothing to be told": {cfg: plain},
	} {
		d, err := toBooks(c.cfg, billOf(line(standingCharge, "5")), Lookups{CurrencyID: "1", Period: c.period, There: c.there})
		if err != nil || d.PeriodID != c.id || d.TranDate != "2026-08-02" ||
			(c.warn == "") == warned(d, "accounting period") || !warned(d, c.warn) {
			t.Errorf("%s: %q %v %v", name, d.PeriodID, d.Warnings, err)
		}
		if len(d.Warnings) == 0 || c.id == "" {
			continue
		}
		was := slices.Clone(d.Warnings)
		stays := d
		if stays.Stay("7"); stays.PeriodID != "7" || !slices.Equal(d.Warnings, was) || warned(stays, "posted to Oct 2026") ||
			!warned(stays, "accounting period Aug 2026 is closed: the document is there already, and stays in the period that it was posted to") {
			t.Errorf("%s: %q", name, stays.Warnings)
		}
	}
}
