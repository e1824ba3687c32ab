package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
)

func (a answer) data(t *testing.T) []map[string]any {
	t.Helper()
	var page struct{ Data []map[string]any }
	if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
		t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	return page.Data
}

func TestM3terTokens(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	c := start(t, sandbox.Options{Now: func() time.Time { return clock.Add(time.Duration(later.Load())) }})
	ask := func(key, secret, ctype, body string) int {
		req, err := http.NewRequest("POST", c.box.M3terURL()+"/oauth/token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(key, secret)
		req.Header.Set("Content-Type", ctype)
		res, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	src := c.box.Source()
	const form = "application/x-www-form-urlencoded"
	if s := ask(src.AccessKey, src.APISecret.Reveal(), form, "grant_type=client_credentials"); s != 200 {
		t.Errorf("form: %d", s)
	}
	if s := ask(src.AccessKey, "wrong", form, "grant_type=client_credentials"); s != 403 {
		t.Errorf("wrong secret: %d", s)
	}
	if s := ask(src.AccessKey, src.APISecret.Reveal(), "application/json", `{"grant_type":"password"}`); s != 400 {
		t.Errorf("grant type: %d", s)
	}
	c.meter("GET", "/accounts", "").expect(t, 200, "")
	c.send("GET", c.box.M3terURL()+"/organizations/other/accounts", "", "Authorization", "Bearer "+c.m3ter).expect(t, 403,
		`{"message":"Unauthorized"}`)
	later.Store(int64(18000 * time.Second))
	c.meter("GET", "/accounts", "").expect(t, 403, `{"message":"Unauthorized"}`)
	c.send("GET", c.box.M3terURL()+"/nothing", "").expect(t, 404, "message")
}

func TestM3terBills(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1})
	var ids, created []string
	for token, pages := "", 0; ; pages++ {
		a := c.meter("GET", "/bills?pageSize=7&excludeLineItems=true&nextToken="+url.QueryEscape(token), "")
		for _, b := range a.data(t) {
			ids, created = append(ids, b["id"].(string)), append(created, b["createdDate"].(string))
			if b["lineItems"] != nil || b["billTotal"] != nil {
				t.Fatalf("lines or total were not asked for: %v", b)
			}
		}
		if token = a.text("nextToken"); token == "" {
			if pages != 5 {
				t.Errorf("%d pages", pages+1)
			}
			break
		}
	}
	if slices.Reverse(created); len(ids) != 40 || !slices.IsSorted(created) {
		t.Fatalf("%d Bills, newest first: %v", len(ids), slices.IsSorted(created))
	}
	count := func(query string) int { return len(c.meter("GET", "/bills?"+query, "").data(t)) }
	account := c.box.World().Accounts[0].ID
	all := count("accountId=" + account)
	for query, want := range map[string]int{
		"": 40, "status=PENDING": 3, "status=APPROVED": 37, "ids=" + ids[0] + "," + ids[3]: 2, "ids=" + ids[0] + "&ids=" + ids[1]: 2,
		"locked=true": 0, "billDateStart=2026-11-01": 13, "billDateEnd=2026-11-01": 27, "billDate=2026-11-01": 13,
		"externalInvoiceDateStart=2026-10-01&externalInvoiceDateEnd=2026-11-01": 11, "billingFrequency=ANNUALLY": 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if n := len(c.meter("GET", "/bills/accountid/"+account, "").data(t)); n != all || n < 4 {
		t.Errorf("%d Bills of the account by path, %d by filter", n, all)
	}
	c.meter("GET", "/bills/latest/"+account, "").expect(t, 200, `"accountCode":"northwind"`)
	one := c.meter("GET", "/bills/"+ids[0], "").expect(t, 200, `"lineItems":[`)
	lines := c.meter("GET", "/bills/"+ids[0]+"/lineitems", "").data(t)
	if len(lines) == 0 || lines[0]["billId"] != ids[0] || lines[1]["bandUsage"] == nil || lines[1]["usagePerPricingBand"] != nil {
		t.Errorf("line items have their own shape: %v", lines)
	}
	c.meter("GET", "/bills/"+ids[0]+"/lineitems/"+one.text("lineItems.0.id"), "").expect(t, 200, ids[0])
	c.meter("GET", "/bills/nobody", "").expect(t, 404, "message")
	c.meter("GET", "/bills/nobody/lineitems", "").expect(t, 404, "message")
	c.meter("GET", "/bills?pageSize=101", "").expect(t, 400, "pageSize")
	c.meter("GET", "/bills?nextToken=x", "").expect(t, 400, "nextToken")
}

func TestM3terBillsChange(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1})
	pending := c.meter("GET", "/bills?status=PENDING", "").data(t)[0]["id"].(string)
	c.meter("PUT", "/bills/"+pending+"/lock", "").expect(t, 400, "pending")
	c.meter("POST", "/bills/approve", `{"billIds":["`+pending+`"]}`).expect(t, 200, "1 bills approved")
	a := c.meter("GET", "/bills/"+pending, "").expect(t, 200, `"status":"APPROVED"`)
	if a.text("version") != "3" || a.text("dtApproved") == "" {
		t.Errorf("approval makes a version: %s", a.body)
	}
	before := decimal.MustParse(a.text("billTotal"))
	if err := c.box.M3ter().Recalculate(pending, decimal.MustParse("1.2345")); err != nil {
		t.Fatal(err)
	}
	b := c.meter("GET", "/bills/"+pending, "").expect(t, 200, `"status":"PENDING"`)
	if got := decimal.MustParse(b.text("billTotal")); !got.Sub(before).Equal(decimal.MustParse("1.2345")) || b.text("version") != "4" {
		t.Errorf("recalculated from %s to %s, version %s", before, got, b.text("version"))
	}
	if b.text("lastCalculatedDate") == a.text("lastCalculatedDate") || b.text("dtApproved") != "" {
		t.Errorf("recalculated: %s", b.body)
	}
	c.meter("PUT", "/bills/"+pending+"/status", `{"status":"APPROVED"}`).expect(t, 200, `"status":"APPROVED"`)
	c.meter("PUT", "/bills/"+pending+"/status", `{"status":"SENT"}`).expect(t, 400, "status must be")
	c.meter("PUT", "/bills/"+pending+"/lock", "").expect(t, 200, `"locked":true`)
	if c.box.M3ter().Recalculate(pending, decimal.D{}) == nil {
		t.Error("a locked Bill was recalculated")
	}
}

func TestM3terAccountsAndMappings(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1})
	list := c.meter("GET", "/accounts?pageSize=100", "").data(t)
	if len(list) != 12 || list[0]["address"] == nil {
		t.Fatalf("%d accounts", len(list))
	}
	c.meter("GET", "/accounts/"+list[3]["id"].(string), "").expect(t, 200, list[3]["code"].(string))
	if n := len(c.meter("GET", "/accounts?codes=globex,sakura", "").data(t)); n != 2 {
		t.Errorf("by codes: %d", n)
	}
	search := func(q string) int {
		return len(c.meter("GET", "/accounts/search?pageSize=100&searchQuery="+url.QueryEscape(q), "").data(t))
	}
	if a, b, d := search("name~north"), search("currency:EUR$code~v"), search(""); a != 1 || b != 1 || d != 12 {
		t.Errorf("search: %d %d %d", a, b, d)
	}
	if n := len(c.meter("GET", "/externalmappings?externalSystemId=NETSUITE", "").data(t)); n != 10 {
		t.Errorf("%d mappings", n)
	}
	first := c.box.World().Accounts[0].ID
	c.meter("GET", "/externalmappings/external/Account/"+first, "").expect(t, 200, `"externalId":"601"`)
	c.meter("GET", "/externalmappings/externalid/Netsuite/Customer/601", "").expect(t, 200, first)
	if n := len(c.meter("GET", "/externalmappings?m3terIds="+first+",x", "").data(t)); n != 1 {
		t.Errorf("by m3ter id: %d", n)
	}
}

func TestM3terLimitsAndFaults(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: 3}) // the clock stands still: one second
	for range 3 {
		c.meter("GET", "/accounts", "").expect(t, 200, "")
	}
	c.meter("GET", "/accounts", "").expect(t, 429, `{"message":"Too Many Requests"}`)

	c = start(t, sandbox.Options{M3terRateLimit: -1, Faults: faults(t, "m3ter:500@1", "m3ter:429@2", "m3ter:truncate@3", "m3ter:reset@4",
		"m3ter:expire@5", "m3ter:html@6")})
	c.meter("GET", "/accounts", "").expect(t, 500, "message")
	c.meter("GET", "/accounts", "").expect(t, 429, "message")
	for range 2 {
		if a := c.meter("GET", "/accounts", ""); a.err == nil {
			t.Errorf("whole: %d", a.status)
		}
	}
	c.meter("GET", "/accounts", "").expect(t, 403, "Unauthorized")
	c.meter("GET", "/accounts", "").expect(t, 502, "<html>")
}

// Every id that a Bill names leads somewhere, and filters narrow.
func TestWhatBillsAreMadeOf(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{M3terRateLimit: -1})
	bills := c.meter("GET", "/bills?pageSize=100", "").data(t)
	for _, b := range bills[:3] {
		job := c.meter("GET", "/billjobs/"+b["billJobId"].(string), "")
		job.expect(t, 200, b["id"].(string))
		c.meter("GET", "/accounts/"+b["accountId"].(string)+"/children", "").expect(t, 200, `{"data":[]}`)
		for _, l := range b["lineItems"].([]any) {
			line := l.(map[string]any)
			for field, path := range map[string]string{"productId": "/products/", "planId": "/plans/", "contractId": "/contracts/"} {
				if id, ok := line[field].(string); ok {
					c.meter("GET", path+id, "").expect(t, 200, id)
				}
			}
		}
		lines := c.meter("GET", "/lineitems?pageSize=100&billId="+b["id"].(string), "").data(t)
		if len(lines) != len(b["lineItems"].([]any)) {
			t.Errorf("bill %v: %d line items, want %d", b["id"], len(lines), len(b["lineItems"].([]any)))
		}
	}
	one := c.meter("GET", "/products?pageSize=1", "").data(t)
	if only := c.meter("GET", "/products?ids="+one[0]["id"].(string), "").data(t); len(only) != 1 || only[0]["id"] != one[0]["id"] {
		t.Errorf("ids: %v", only)
	}
	c.meter("GET", "/billjobs?status=RUNNING", "").expect(t, 200, `{"data":[]}`)
	for _, path := range []string{"/products/none", "/plans/none", "/contracts/none", "/billjobs/none", "/accounts/none/children"} {
		c.meter("GET", path, "").expect(t, 404, "was not found")
	}
}

// The answers are held against m3ter's own OpenAPI document where it is at
// hand: required fields, types, enumerations, and no field it does not know.
func TestAgainstOpenAPI(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "m3ter", "openapi.json"))
	if err != nil {
		t.Skip("m3ter's OpenAPI document is not beside the repository: ", err)
	}
	var doc struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	check := checker{t, doc.Components.Schemas}
	c := start(t, sandbox.Options{M3terRateLimit: -1})
	for _, tc := range []struct{ path, schema string }{
		{"/bills?pageSize=100&includeBillTotal=true", "BillResponse"}, {"/accounts?pageSize=100", "AccountResponse"},
		{"/externalmappings", "ExternalMappingResponse"},
		{"/billjobs", "BillJobResponse"}, {"/products", "ProductResponse"}, {"/plans", "PlanResponse"}, {"/contracts", "ContractResponse"},
		{"/lineitems", "BillLineItemResponse"},
	} {
		list := c.meter("GET", tc.path, "").data(t)
		if len(list) == 0 {
			t.Fatalf("%s is empty", tc.path)
		}
		for i, v := range list {
			check.value(tc.path+"["+strconv.Itoa(i)+"]", v, schema{Ref: "#/components/schemas/" + tc.schema})
		}
	}
	for path, name := range map[string]string{"/billconfig": "BillConfigResponse", "/organizationconfig": "OrganizationConfigResponse",
		"/customfields": "CustomFieldResponse"} {
		var v map[string]any
		if err := json.Unmarshal(c.meter("GET", path, "").body, &v); err != nil {
			t.Fatal(err)
		}
		check.value(path, v, schema{Ref: "#/components/schemas/" + name})
	}
	for _, id := range c.box.M3ter().BillIDs() {
		for _, v := range c.meter("GET", "/bills/"+id+"/lineitems", "").data(t) {
			check.value("line item", v, schema{Ref: "#/components/schemas/BillLineItemResponse"})
		}
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Format     string
	Enum       []any
	Required   []string
	Properties map[string]schema
	Items      *schema
	AllOf      []schema
}

type checker struct {
	t    *testing.T
	defs map[string]schema
}

// flat follows references and joins what allOf splits.
func (c checker) flat(s schema) schema {
	if s.Ref != "" {
		s = c.defs[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	out := s
	out.Properties = map[string]schema{}
	for k, v := range s.Properties {
		out.Properties[k] = v
	}
	for _, part := range s.AllOf {
		p := c.flat(part)
		out.Required = append(out.Required, p.Required...)
		for k, v := range p.Properties {
			out.Properties[k] = v
		}
	}
	return out
}

func (c checker) value(at string, v any, s schema) {
	c.t.Helper()
	s = c.flat(s)
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		c.t.Errorf("%s: %v is none of %v", at, v, s.Enum)
	}
	switch x := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if x[name] == nil {
				c.t.Errorf("%s: %s is missing", at, name)
			}
		}
		for name, member := range x {
			p, known := s.Properties[name]
			if !known && len(s.Properties) > 0 {
				c.t.Errorf("%s: %s is not in the schema", at, name)
			}
			c.value(at+"."+name, member, p)
		}
	case []any:
		for i, item := range x {
			if s.Items != nil {
				c.value(at+"["+strconv.Itoa(i)+"]", item, *s.Items)
			}
		}
	case string:
		c.text(at, x, s)
	case float64:
		if s.Type != "" && s.Type != "number" && s.Type != "integer" {
			c.t.Errorf("%s: a number, want %s", at, s.Type)
		}
	case bool:
		if s.Type != "" && s.Type != "boolean" {
			c.t.Errorf("%s: a boolean, want %s", at, s.Type)
		}
	}
}

func (c checker) text(at, v string, s schema) {
	c.t.Helper()
	if s.Type != "" && s.Type != "string" {
		c.t.Errorf("%s: a string, want %s", at, s.Type)
	}
	layout := map[string]string{"date": time.DateOnly, "date-time": time.RFC3339}[s.Format]
	if layout == "" {
		return
	}
	if _, err := time.Parse(layout, v); err != nil {
		c.t.Errorf("%s: %q is no %s", at, v, s.Format)
	}
}
