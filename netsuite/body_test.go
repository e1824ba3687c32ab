package netsuite

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/spec"
	"billferry/mapping"
)

// lineOf is a line of item 99 with both days of service.
func lineOf(quantity, rate, amount, text string) mapping.Line {
	return mapping.Line{
		ItemID: "99", Quantity: decimal.MustParse(quantity), Rate: decimal.MustParse(rate), Amount: decimal.MustParse(amount), Description: text,
		Fields: []mapping.Field{{Name: "custcol_start", As: mapping.AsDate, Value: "2026-07-01"},
			{Name: "custcol_end", As: mapping.AsDate, Value: "2026-07-31"}},
	}
}

func TestBodyIsNetSuitesShape(t *testing.T) {
	t.Parallel()
	d := mapping.Document{
		Kind: mapping.Invoice, ExternalID: "m3b-1", Entity: mapping.Ref{ExternalID: "a-1"}, CurrencyID: "1", Currency: "USD",
		TranDate: "2026-08-02", DueDate: "2026-09-01",
		OtherRefNum: `PO "7"`, Memo: "INVOICE-101 | billing period 2026-07-01 to 2026-08-01",
		Lines: []mapping.Line{lineOf("1250", "0.480", "600.00", "Data API"), lineOf("1", "-50", "-50.00", "")},
	}
	want := `{"externalId":"m3b-1","entity":{"externalId":"a-1"},"currency":{"id":"1"},"tranDate":"2026-08-02",` +
		`"dueDate":"2026-09-01","otherRefNum":"PO \"7\"","memo":"INVOICE-101 | billing period 2026-07-01 to 2026-08-01",` +
		`"toBeEmailed":false,"item":{"items":[` +
		`{"item":{"id":"99"},"quantity":1250,"rate":0.48,"amount":600.00,"price":{"id":"-1"},"description":"Data API",` +
		`"custcol_start":"2026-07-01","custcol_end":"2026-07-31"},` +
		`{"item":{"id":"99"},"quantity":1,"rate":-50,"amount":-50.00,"price":{"id":"-1"},"custcol_start":"2026-07-01",` +
		`"custcol_end":"2026-07-31"}]}}`
	if got := string(encode(d).Body); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if h := encode(d).Hash(); len(h) != 64 || h != encode(d).Hash() {
		t.Errorf("hash %s", h)
	}
	other := d
	other.Entity, other.CurrencyID, other.Number, other.PeriodID = mapping.Ref{ID: "614"}, "", "INVOICE-101", "9"
	want = strings.Replace(want, `{"externalId":"a-1"},"currency":{"id":"1"},"tranDate":"2026-08-02","dueDate"`,
		`{"id":"614"},"tranId":"INVOICE-101","tranDate":"2026-08-02","postingPeriod":{"id":"9"},"dueDate"`, 1)
	if got := string(encode(other).Body); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if encode(other).Hash() == encode(d).Hash() {
		t.Error("another document has the same hash")
	}
}

func TestBodyIsJSONWhateverTheText(t *testing.T) {
	t.Parallel()
	d := mapping.Document{ExternalID: "\xff\u2028\"\\\n", Lines: []mapping.Line{{Description: "</script>\x00"}}}
	if body := encode(d).Body; !json.Valid(body) {
		t.Errorf("%s", body)
	}
}

// samples maps the sample Bill by each split; sample-band is the worked example
// of docs/ACCOUNTING.md.
func samples(t *testing.T, do func(name string, d mapping.Document)) {
	b, err := bill.Decode(mapping.Sample())
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]mapping.Item{"product|5a3f0001-0000-4000-8000-000000000002": {ID: "220", Linked: true}}
	for name, split := range map[string]mapping.Split{"product": mapping.PerProduct, "band": mapping.PerBand,
		"aggregation": mapping.PerAggregation} {
		cfg, err := Adapter{}.Config("", spec.Values{
			"billferry":           map[string]any{"prepaymentItems": "TYPE_FIRST"},
			"splitUsageLineItems": string(split), "netsuiteSendDueDate": true, "useExternalMappingAccountCode": true,
			"netsuiteCommitmentItemId": "310", "netsuiteMinimumSpendId": "320", "netsuiteDefaultItemId": "999",
			"netsuiteItemMapping": map[string]any{"STANDING_CHARGE": "100"},
			"netsuiteItemCustomFieldMapping": map[string]any{"servicePeriodStart": "custcol_service_start",
				"servicePeriodEnd": "custcol_service_end"},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := mapping.Map(cfg, b, mapping.Lookups{Customer: "614", CurrencyID: "1", Items: items})
		if err != nil {
			t.Fatal(err)
		}
		do(name, d)
	}
}

// A body that grows while it is written costs its length again each time; one
// with room left over costs that room for as long as it is kept.
func TestBodyFitsItsBuffer(t *testing.T) {
	t.Parallel()
	samples(t, func(name string, d mapping.Document) {
		if size, body := bodySize(&d), encode(d).Body; size < len(body) || size > 3*len(body)/2 {
			t.Errorf("%s: room for %d bytes, and the body has %d", name, size, len(body))
		}
	})
}

// The sample Bill under each split, as text with the explanation.
func TestSampleInvoices(t *testing.T) {
	t.Parallel()
	samples(t, func(name string, d mapping.Document) {
		var text strings.Builder
		if err := mapping.WriteInvoice(&text, names, d, true); err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/sample-"+name+".txt", text.String())
		if name != "band" {
			return
		}
		page, err := os.ReadFile("../docs/ACCOUNTING.md")
		shown := notShown.ReplaceAllString(text.String(), "")
		if err != nil || !strings.Contains(string(page), shown) {
			t.Errorf("docs/ACCOUNTING.md does not show the worked example as it is now: %v\n%s", err, shown)
		}
	})
}

// notShown is what of an explained invoice the page leaves out: ids, dates, and the
// money by item and rule.
var notShown = regexp.MustCompile(`(?m)^      (from|bands|custcol_).*\n|^  money per .*\n(    .*\n)*\n`)

// Settings that texts point to are those of the form, by its labels.
func TestTermsNameTheFormsSettings(t *testing.T) {
	t.Parallel()
	labels := map[string]string{}
	for _, f := range Form().Fields {
		labels[f.Key] = f.Label
	}
	s := terms.Settings
	for key, label := range map[string]string{
		keySendDueDate: s.SendDueDate, KeyDefaultItem: s.DefaultItem, keyItemMapping: s.ItemMapping, KeyCommitmentItem: s.CommitmentItem,
		keyMinimumItem: s.MinimumSpendItem,
	} {
		if label == "" || labels[key] != label {
			t.Errorf("%s is called %q in texts, and %q in the form", key, label, labels[key])
		}
	}
}

func TestConfigReadsNetSuitesOwnSettings(t *testing.T) {
	t.Parallel()
	c, err := Adapter{}.Config("i-1", spec.Values{
		"accountIds": []any{"a"}, "netsuiteSendDueDate": true, "netsuiteCommitmentItemId": "1", "netsuiteMinimumSpendId": "2",
		"netsuiteDefaultItemId": " 3 ",
		"netsuiteItemMapping":   map[string]any{"USAGE": "4"}, "netsuiteItemCustomFieldMapping": map[string]any{"servicePeriodEnd": "custcol_e"},
		"billferry": map[string]any{"tranId": "BILL"},
	})
	if err != nil || c.IntegrationID != "i-1" || c.AccountIDs[0] != "a" || !c.SendDueDate || c.CommitmentItem != "1" ||
		c.MinimumSpendItem != "2" || c.DefaultItem != "3" ||
		c.ItemByType["USAGE"] != "4" || c.CustomFields["servicePeriodEnd"] != "custcol_e" || !c.NumberOfBill || c.Terms.System != "NetSuite" {
		t.Errorf("%+v, %v", c, err)
	}
	for key, value := range map[string]any{
		"netsuiteSendDueDate": "true", "netsuiteDefaultItemId": 99.0, "netsuiteItemMapping": map[string]any{"USGAE": "1"},
		"netsuiteItemCustomFieldMapping": map[string]any{"start": "custcol_s"}, "billferry.tranId": "m3ter",
	} {
		v := spec.Values{}
		v.Set(key, value)
		_, err := Adapter{}.Config("", v)
		if p, ok := err.(spec.Problems); !ok || len(p) != 1 || p[0].Key != key {
			t.Errorf("%s = %v: %v", key, value, err)
		}
	}
}

// What appendBody writes, as structs with tags. The fields of a line that are
// named by settings are left out: tags cannot tell their names.
type (
	idTags struct {
		ID         string `json:"id,omitempty"`
		ExternalID string `json:"externalId,omitempty"`
	}
	lineTags struct {
		Item        idTags          `json:"item"`
		Quantity    json.RawMessage `json:"quantity"`
		Rate        json.RawMessage `json:"rate"`
		Amount      decimal.D       `json:"amount"`
		Price       idTags          `json:"price"`
		Description string          `json:"description,omitempty"`
	}
	bodyTags struct {
		ExternalID  string  `json:"externalId"`
		Entity      idTags  `json:"entity"`
		Currency    *idTags `json:"currency,omitempty"`
		TranID      string  `json:"tranId,omitempty"`
		TranDate    string  `json:"tranDate,omitempty"`
		Period      *idTags `json:"postingPeriod,omitempty"`
		DueDate     string  `json:"dueDate,omitempty"`
		OtherRefNum string  `json:"otherRefNum,omitempty"`
		Memo        string  `json:"memo,omitempty"`
		ToBeEmailed bool    `json:"toBeEmailed"`
		Item        struct {
			Items []lineTags `json:"items"`
		} `json:"item"`
	}
)

func bodyByTags(d *mapping.Document) ([]byte, error) {
	b := bodyTags{ExternalID: d.ExternalID, Entity: idTags(d.Entity), TranID: d.Number, TranDate: d.TranDate, DueDate: d.DueDate,
		OtherRefNum: d.OtherRefNum, Memo: d.Memo}
	if d.CurrencyID != "" {
		b.Currency = &idTags{ID: d.CurrencyID}
	}
	if d.PeriodID != "" {
		b.Period = &idTags{ID: d.PeriodID}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		b.Item.Items = append(b.Item.Items, lineTags{Item: idTags{ID: l.ItemID}, Quantity: l.Quantity.AppendTrim(nil),
			Rate:   l.Rate.AppendTrim(nil),
			Amount: l.Amount, Price: idTags{ID: "-1"}, Description: l.Description})
	}
	return json.Marshal(b)
}

// BenchmarkBody is why the body is written by hand: decoding, mapping and encoding
// a Bill has half of the time that plain Go takes into float64 (BenchmarkRatios of
// mapping), and tags would take most of what is left of it.
func BenchmarkBody(b *testing.B) {
	in, err := bill.Decode(mapping.Sample())
	if err != nil {
		b.Fatal(err)
	}
	cfg, err := Adapter{}.Config("", spec.Values{"netsuiteDefaultItemId": "999"})
	if err != nil {
		b.Fatal(err)
	}
	d, err := mapping.Map(cfg, in, mapping.Lookups{CurrencyID: "1"})
	if err != nil {
		b.Fatal(err)
	}
	tags, err := bodyByTags(&d)
	if err != nil || !json.Valid(tags) {
		b.Fatal(string(tags), err)
	}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			appendBody(nil, &d)
		}
	})
	b.Run("by tags", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = bodyByTags(&d)
		}
	})
}
