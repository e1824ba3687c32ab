package netsuite

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"billferry/internal/spec"
	"billferry/mapping"
)

// The frozen shape of configData (README, Settings) and its defaults.
const defaults = `{
 "accountIds": [], "restrictedAccountIds": [], "integrationDisabledNotificationUsers": [],
 "onlySendBillOnApproval": false, "accountFilter": "", "useExternalMappingAccountCode": false, "excludedLineItemTypes": [],
 "splitUsageLineItems": "ITEM_PER_PRODUCT", "netsuiteSendDueDate": false, "netsuiteCommitmentItemId": "", "netsuiteMinimumSpendId": "",
 "netsuiteDefaultItemId": "", "netsuiteItemMapping": {}, "netsuiteItemCustomFieldMapping": {},
 "billferry": {"negativeBills": "HOLD", "servicePeriodEnd": "INCLUSIVE", "maxConcurrency": 5, "strictItems": false, "mergeLines": false,` +
	` "externalIdPrefix": "",
  "approval": "NONE", "baseCurrency": "", "tranId": "NETSUITE", "postingPeriod": "BY_DATE", "fields": [], "customerBy": "EXTERNAL_ID",` +
	` "customerField": "", "sendFrom": "",
  "invoiceDate": "EXTERNAL_ELSE_BILL_DATE", "zeroBills": "SEND", "prepaymentItems": "PRODUCT_FIRST", "tax": "NETSUITE",` +
	` "proof": {"ignore": []},
  "whenFinal": "HOLD", "whenIssued": "UPDATE", "revenueManagement": false, "amendmentApply": "NONE", "amendmentExchangeRate": "DATE"}
}`

func TestFormHasTheFrozenKeysAndDefaults(t *testing.T) {
	t.Parallel()
	var want any
	if err := json.Unmarshal([]byte(defaults), &want); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(Form().Defaults())
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("defaults\n%s\nwant\n%s", a, b)
	}
	if _, err := (Adapter{}).Config("id", Form().Defaults()); err != nil {
		t.Errorf("mapping does not take the defaults: %v", err)
	}
	if p := Form().Validate("NetSuite US", Form().Defaults()); p.Err() != nil || len(p) != 1 || !p[0].Warning ||
		p[0].Key != "netsuiteDefaultItemId" {
		t.Errorf("defaults: %v", p)
	}
	for _, f := range append(Form().Fields, Form().Auth...) {
		if f.Help == "" || f.Label == "" || f.Ours != (slices.Contains(spec.Extensions, f.Panel) || f.Key == KeyRESTURL || f.Key == KeyTokenURL) {
			t.Errorf("%s: help %q, label %q, ours %v", f.Key, f.Help, f.Label, f.Ours)
		}
	}
}

func TestFormRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key   string
		value any
		words string
	}{
		{"name", "", "Name is required"},
		{"name", strings.Repeat("n", 201), "longer than 200"},
		{"name", "a\nb", "control character"},
		{"accountIds", []any{"a", "a"}, "twice"},
		{"accountIds", []any{" "}, "empty id"},
		{"accountIds", "a", "must be a list of strings"},
		{"restrictedAccountIds", []any{"both"}, "both is in Account Ids as well"},
		{"accountFilter", "address.country ==", ""},
		{"excludedLineItemTypes", []any{"USAGES"}, `"USAGES" is not known`},
		{"splitUsageLineItems", "ITEM_PER_DAY", "is not known"},
		{"netsuiteDefaultItemId", "Usage", "not a NetSuite internal id"},
		{"netsuiteDefaultItemId", "0", "not a NetSuite internal id"},
		{"netsuiteItemMapping", map[string]any{"USAGE": "x"}, "USAGE: "},
		{"netsuiteItemMapping", map[string]any{"FOO": "1"}, "is not known"},
		{"netsuiteItemCustomFieldMapping", map[string]any{"servicePeriodStart": "custbody_x"}, "custcol_"},
		{"netsuiteItemCustomFieldMapping", map[string]any{"servicePeriodStart": "custcol_a", "servicePeriodEnd": "custcol_a"}, "use two fields"},
		{"billferry.maxConcurrency", 0, "1 to 64"},
		{"billferry.maxConcurrency", 65, "1 to 64"},
		{"billferry.externalIdPrefix", "a b", "at most 8"},
		{"billferry.externalIdPrefix", "m3", "cannot be told from m3b-"},
	} {
		v, name := Form().Defaults(), "x"
		v.Set("accountIds", []any{"both"})
		if c.key == "name" {
			name = c.value.(string)
		} else {
			v.Set(c.key, c.value)
		}
		p := Form().Validate(name, v).Errors()
		if len(p) != 1 || p[0].Key != c.key || !strings.Contains(p[0].Message, c.words) {
			t.Errorf("%s = %v: %v; want %q", c.key, c.value, p, c.words)
		}
	}
}

func TestAuthRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, words string }{
		{KeyAccount, "evil.example/", "not a NetSuite account id"},
		{KeyAccount, "", "is required"},
		{KeyClient, "a b", "holds a space"},
		{KeyKey, "", "is required"},
		{KeyPrivateKey, "nonsense", "not in PEM form"},
		{KeyRESTURL, "http://1234567.suitetalk.api.netsuite.com", "not encrypted"},
		{KeyRESTURL, "https://h/path", "must end after the host"},
		{KeyTokenURL, "ftp://h", "not a web address"},
	} {
		for _, f := range Form().Auth {
			if f.Key != c.key {
				continue
			}
			if err := f.Validate(c.value); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%s = %q: %v; want %q", c.key, c.value, err, c.words)
			}
		}
	}
	good := map[string]string{KeyAccount: "1234567_SB1", KeyClient: "c", KeyKey: "k", KeyPrivateKey: testKeys().pem.Reveal(),
		KeyRESTURL: "http://127.0.0.1:99", KeyTokenURL: ""}
	for _, f := range Form().Auth {
		if err := f.Validate(good[f.Key]); err != nil {
			t.Errorf("%s: %v", f.Key, err)
		}
	}
}

// What is left of an address that a person typed is what paths are put behind.
func TestOriginsAreBare(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"https://h.example", "https://h.example/", "https://h.example?", "https://h.example/%2F",
		"https://h.example#"} {
		if u, err := checkOrigin(typed); err != nil || u.String() != "https://h.example" {
			t.Errorf("%s: %v, %v", typed, u, err)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"1234567": "1234567", "1234567_SB1": "1234567-sb1", "1234567_RP": "1234567-rp",
		"TSTDRV1204919": "tstdrv1204919", "9910981-sb1": "9910981-sb1"} {
		if got, err := Host(id); err != nil || got != want+".suitetalk.api.netsuite.com" {
			t.Error(id, got, err)
		}
	}
	for _, id := range []string{"", "a.b", "a/b", "a@b", "a#", "a?b", "a b", "-a", "a_", "é", "a\n", "a:80", strings.Repeat("a", 64)} {
		if _, err := Host(id); !errors.Is(err, ErrAccountID) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := Credentials{AccountID: "1234567-sb1", ClientID: "c", KeyID: "k", PrivateKey: testKeys().pem}
	c, err := New(good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Account() != "1234567_SB1" || c.tokens.url != "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token" {
		t.Error(c.Account(), c.tokens.url)
	}
	if got := pageURL(c.origin, mapping.CreditMemo,
		"7"); got != "https://1234567-sb1.app.netsuite.com/app/accounting/transactions/custcred.nl?id=7" {
		t.Error(got)
	}
	for words, edit := range map[string]func(*Credentials){
		"external customer id": func(c *Credentials) { c.AccountID = "x.y" },
		"rest url":             func(c *Credentials) { c.RESTURL = "https://u:p@h" },
		"token url":            func(c *Credentials) { c.TokenURL = "http://h.example/t" },
		"private key":          func(c *Credentials) { c.PrivateKey = testKeysCert() },
	} {
		bad := good
		edit(&bad)
		if _, err := New(bad, Options{}); err == nil || !strings.HasPrefix(err.Error(), words) || strings.Contains(err.Error(), ":p@") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func TestAnEmptyCellOfTheItemMappingSaysWhatItFallsBackTo(t *testing.T) {
	t.Parallel()
	f, ok := Form().Field("netsuiteItemMapping")
	if !ok || f.Fallback == nil {
		t.Fatal("the item mapping says nothing of its fallbacks")
	}
	all := spec.Values{"netsuiteCommitmentItemId": "102", "netsuiteMinimumSpendId": "103", KeyDefaultItem: "199"}
	for _, x := range []struct {
		v              spec.Values
		lineType, want string
	}{
		{all, "USAGE", "Default Item Id 199"},
		{all, "COMMITMENT_FEE", "Commitment Item Id 102"},
		{all, "MINIMUM_SPEND", "Minimum Spend Id 103"},
		{spec.Values{KeyDefaultItem: "199"}, "COMMITMENT_FEE", "Default Item Id 199"},
		{spec.Values{}, "USAGE", "no item: the Bill stops"},
	} {
		if got := f.Fallback(x.v, x.lineType); got != x.want {
			t.Errorf("%s falls back to %q, want %q", x.lineType, got, x.want)
		}
	}
}
