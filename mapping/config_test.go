package mapping

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

// readConfig reads the settings of books, three of which are its own.
func readConfig(id string, v spec.Values) (Config, error) {
	s := ReadSettings(v)
	c := s.Config(id)
	c.DefaultItem, c.ItemByType, c.CustomFields = s.Text("item"), s.ItemByType("items"), s.PeriodFields("days")
	return c, s.Err()
}

func TestSettingsReadEverySetting(t *testing.T) {
	t.Parallel()
	var v spec.Values
	err := json.Unmarshal([]byte(`{"accountIds":["a"],"restrictedAccountIds":["b"],"onlySendBillOnApproval":true,"accountFilter":"id == 1",
		"useExternalMappingAccountCode":true,"excludedLineItemTypes":["AD_HOC"],"splitUsageLineItems":"ITEM_PER_USAGE_BAND","unknown":{"kept":1},
		"item":" 3 ","items":{"USAGE":"4"},"days":{"servicePeriodEnd":"custcol_e"},
		"billferry":{"negativeBills":"CREDIT_MEMO","servicePeriodEnd":"EXCLUSIVE","strictItems":true,"externalIdPrefix":"us-",`+
		`"mergeLines":true}}`), &v)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readConfig("i-1", v)
	if err != nil {
		t.Fatal(err)
	}
	if c.IntegrationID != "i-1" || c.AccountIDs[0] != "a" || c.RestrictedAccountIDs[0] != "b" || !c.OnApproval ||
		c.AccountFilter != "id == 1" ||
		!c.UseExternalMapping || !c.excludes("AD_HOC") || c.Split != PerBand || c.DefaultItem != "3" || c.ItemByType["USAGE"] != "4" ||
		c.CustomFields["servicePeriodEnd"] != "custcol_e" ||
		!c.CreditMemos || !c.ExclusiveEnd || !c.StrictItems || c.ExternalIDPrefix != "us-" || !c.MergeLines {
		t.Errorf("%+v", c)
	}
	c, err = readConfig("", spec.Values{})
	if err != nil || c.Split != PerProduct || c.CreditMemos || c.ExclusiveEnd {
		t.Errorf("defaults: %+v, %v", c, err)
	}
}

// A setting that is not understood must not read as its default: an allow list
// of the wrong type would let everybody pass.
func TestSettingsRefuseWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]any{
		"accountIds": "a-1", "restrictedAccountIds": []any{1}, "onlySendBillOnApproval": "true", "accountFilter": "country is US",
		"excludedLineItemTypes": []any{"USGAE"}, "splitUsageLineItems": "PER_LINE", "item": 99.0,
		"items": map[string]any{"USGAE": "1"}, "days": map[string]any{"start": "custcol_s"},
		"billferry.negativeBills": "credit", "billferry.servicePeriodEnd": "inclusive", "billferry.externalIdPrefix": "far/too/long",
	} {
		v := spec.Values{}
		v.Set(key, value)
		_, err := readConfig("", v)
		var p spec.Problems
		if !errors.As(err, &p) || len(p) != 1 || p[0].Key != key {
			t.Errorf("%s = %v: %v", key, value, err)
		}
	}
}

// What an integration with a prefix makes must not pass for the documents of one
// without: of its invoices, credit memos or amendments, by how their ids begin.
func TestNoPrefixBeginsAsThoseOfNone(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"m", "m3", "M3", "m3b", "m3b-", "m3c-x", "M3D", "far_too_long", "a b"} {
		if err := CheckPrefix(p); err == nil || !strings.Contains(err.Error(), `"`+p+`" cannot`) {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, p := range []string{"", "us-", "m3ter-", "m-", "b-"} {
		if err := CheckPrefix(p); err != nil {
			t.Error(err)
		}
		cfg := with(func(c *Config) { c.Terms, c.ExternalIDPrefix = &books, p })
		for _, id := range []string{ExternalID(cfg, Invoice, "1"), ExternalID(cfg, CreditMemo, "1"), AmendmentPrefix(cfg, "1")} {
			if ours := slices.ContainsFunc(ownPrefixes, func(own string) bool { return strings.HasPrefix(id, own) }); ours != (p == "") {
				t.Errorf("with the prefix %q an id is %s", p, id)
			}
		}
	}
}

func TestLineTypesAreM3tersNineteen(t *testing.T) {
	t.Parallel()
	var ours []string
	for _, o := range LineTypes() {
		if classOf(o.Value) == unknownClass || o.Label == "" || slices.Contains(ours, o.Value) {
			t.Errorf("%+v: class %d", o, classOf(o.Value))
		}
		ours = append(ours, o.Value)
	}
	if len(ours) != 19 || classOf("NEW_THING") != unknownClass {
		t.Fatalf("%d types", len(ours))
	}
	raw, err := os.ReadFile("../../shared/fixtures/m3ter/openapi.json")
	if err != nil {
		t.Skipf("m3ter's OpenAPI file is not beside the repository, so the list is not compared with it: %v", err)
	}
	for _, name := range ours {
		if !strings.Contains(string(raw), `"`+name+`"`) {
			t.Errorf("m3ter has no %s", name)
		}
	}
}

func TestQualify(t *testing.T) {
	t.Parallel()
	h := bill.Head{AccountID: "a-1", Status: "APPROVED"}
	pending := bill.Head{AccountID: "a-1", Status: "PENDING"}
	us := map[string]string{"address.country": "US"}
	for name, c := range map[string]struct {
		cfg  Config
		h    bill.Head
		want string // cause; "" is sent
	}{
		"no lists":                       {Config{}, h, ""},
		"listed":                         {Config{AccountIDs: []string{"a-0", "a-1"}}, h, ""},
		"not listed":                     {Config{AccountIDs: []string{"a-2"}}, h, CauseNotListed},
		"restricted":                     {Config{RestrictedAccountIDs: []string{"a-1"}}, h, CauseRestricted},
		"in both lists, restricted wins": {Config{AccountIDs: []string{"a-1"}, RestrictedAccountIDs: []string{"a-1"}}, h, CauseRestricted},
		"restricted others":              {Config{RestrictedAccountIDs: []string{"a-2"}}, h, ""},
		"filter holds":                   {Config{AccountFilter: "address.country == US"}, h, ""},
		"filter does not hold":           {Config{AccountFilter: "address.country == GB"}, h, CauseFilter},
		"filter is ANDed with the list":  {Config{AccountIDs: []string{"a-2"}, AccountFilter: "address.country == US"}, h, CauseNotListed},
		"broken filter sends to nobody":  {Config{AccountFilter: "address.country"}, h, CauseFilter},
		"gate, approved":                 {Config{OnApproval: true}, h, ""},
		"gate, fell back to pending":     {Config{OnApproval: true}, pending, CauseNotApproved},
		"gate, no status at all":         {Config{OnApproval: true}, bill.Head{AccountID: "a-1"}, CauseNotApproved},
		"no gate, pending":               {Config{}, pending, ""},
	} {
		v := Qualify(c.cfg, c.h, us)
		if v.Send != (c.want == "") || v.Cause != c.want || !v.Send && (v.Outcome != integration.Skipped || v.Reason == "") {
			t.Errorf("%s: %+v, want %q", name, v, c.want)
		}
	}
}
