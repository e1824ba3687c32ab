package mapping

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/bill"
)

var update = flag.Bool("mapping.update", false, "write the golden files anew")

func TestBodyIsNetSuitesShape(t *testing.T) {
	t.Parallel()
	cfg := periodConfig
	cfg.SendDueDate = true
	b := billOf(usageLine("1250", "0.480", "600.00"), line(creditMemo, "-50"))
	b.PurchaseOrderNumber, b.SequentialInvoiceNumber = `PO "7"`, "INVOICE-101"
	d := mapped(t, cfg, b)
	got := string(d.AppendJSON([]byte("x")))
	want := `x{"externalId":"m3b-b1110000-0000-4000-8000-000000000808","entity":{"externalId":"a-1"},"currency":{"id":"1"},"tranDate":"2026-08-02",` +
		`"dueDate":"2026-09-01","otherRefNum":"PO \"7\"","memo":"INVOICE-101 | billing period 2026-07-01 to 2026-08-01","toBeEmailed":false,"item":{"items":[` +
		`{"item":{"id":"99"},"quantity":1250,"rate":0.48,"amount":600.00,"price":{"id":"-1"},"description":"a USAGE | Data API","custcol_start":"2026-07-01","custcol_end":"2026-07-31"},` +
		`{"item":{"id":"99"},"quantity":1,"rate":-50,"amount":-50.00,"price":{"id":"-1"},"description":"a CREDIT_MEMO | Data API","custcol_start":"2026-07-01","custcol_end":"2026-07-31"}]}}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if h := d.Encode().Hash(); len(h) != 64 || h != mapped(t, cfg, b).Encode().Hash() {
		t.Errorf("hash %s", h)
	}
	b.PurchaseOrderNumber = "PO 8"
	if mapped(t, cfg, b).Encode().Hash() == d.Encode().Hash() {
		t.Error("another document has the same hash")
	}
}

// A body that grows while it is written costs its length again each time; one
// with room left over costs that room for as long as it is kept.
func TestBodyFitsItsBuffer(t *testing.T) {
	t.Parallel()
	b, err := bill.Decode(Sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, split := range []Split{PerProduct, PerBand, PerAggregation} {
		cfg := docConfig
		cfg.Split = split
		d, err := Map(cfg, b, docLookups)
		if err != nil {
			t.Fatal(err)
		}
		if size, body := d.bodySize(), d.Encode().Body; size < len(body) || size > 3*len(body)/2 {
			t.Errorf("split %v: room for %d bytes, and the body has %d", split, size, len(body))
		}
	}
}

func TestBodyIsJSONWhateverTheText(t *testing.T) {
	t.Parallel()
	d := Document{ExternalID: "\xff\u2028\"\\\n", Lines: []Line{{Description: "</script>\x00"}}}
	if !json.Valid(d.AppendJSON(nil)) {
		t.Errorf("%s", d.AppendJSON(nil))
	}
}

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

// docConfig is the configuration of the worked example in docs/ACCOUNTING.md.
var (
	docConfig = Config{
		Split: PerBand, SendDueDate: true, UseExternalMapping: true, CommitmentItem: "310", MinimumSpendItem: "320", DefaultItem: "999",
		ItemByType:   map[string]string{standingCharge: "100"},
		CustomFields: map[string]string{periodStart: "custcol_service_start", periodEnd: "custcol_service_end"},
	}
	docLookups = Lookups{Customer: "614", CurrencyID: "1", Items: map[string]Item{
		"product|5a3f0001-0000-4000-8000-000000000002": {ID: "220", Linked: true},
	}}
)

// The sample Bill under each split, as text with the explanation. The one by
// band is the worked example of docs/ACCOUNTING.md, word for word.
func TestSampleInvoices(t *testing.T) {
	t.Parallel()
	b, err := bill.Decode(Sample())
	if err != nil {
		t.Fatal(err)
	}
	for name, split := range map[string]Split{"product": PerProduct, "band": PerBand, "aggregation": PerAggregation} {
		cfg := docConfig
		cfg.Split = split
		d, err := Map(cfg, b, docLookups)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := WriteInvoice(&text, d, true); err != nil {
			t.Fatal(err)
		}
		golden(t, "sample-"+name+".txt", text.String())
		if split != PerBand {
			continue
		}
		page, err := os.ReadFile("../docs/ACCOUNTING.md")
		if err != nil || !strings.Contains(string(page), text.String()) {
			t.Errorf("docs/ACCOUNTING.md does not show the worked example as it is now (%v); it is testdata/sample-band.txt", err)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s differs (%v): if the change is meant, run go test ./mapping -mapping.update\n%s", path, err, got)
	}
}

func TestPlainInvoiceHasNoExplanationAndNoControlCharacters(t *testing.T) {
	t.Parallel()
	d := mapped(t, plain, billOf(usageLine("10", "2", "20")))
	d.Lines[0].ItemID, d.Memo = "9\x1b[2J", "a\nb"
	var short, long strings.Builder
	if err := WriteInvoice(&short, d, false); err != nil {
		t.Fatal(err)
	}
	if err := WriteInvoice(&long, d, true); err != nil {
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
	if err := WriteInvoice(&text, d, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CREDIT MEMO  m3c-", "customer    external id a-1", "USD (NetSuite's id is looked up once the integration is connected)",
		"from    l-0, l-1, l-2, l-3, l-4 and 2 more (USAGE)", "cut     description to 4000 of ", "sign turned: -900 USD",
		"  886.00  USD in 2 lines", "Bill 886.00 = included 886.00 + excluded 0.00 + rounding 0.00",
		"  money per rule\n    886.00  2 lines  Netsuite Default Item Id",
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
	if len(c.Items) != 2 || c.Items[0].Name != "99" || c.Items[0].Lines != 2 || c.Items[0].Amount.String() != "101.00" || c.Items[1].Amount.String() != "6.00" ||
		len(c.Rules) != 3 || c.Default.Lines != 2 || c.Default.Amount.String() != "101.00" {
		t.Errorf("%+v", c)
	}
}
