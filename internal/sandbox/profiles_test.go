package sandbox_test

import (
	"strings"
	"testing"

	"billferry/internal/sandbox"
)

// in logs in to a simulator with the account of a name.
func in(t *testing.T, name string) *caller {
	t.Helper()
	p, err := sandbox.OpenAccount(name)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, sandbox.Options{Account: p, Clean: true}).login()
}

// bodyOf is an invoice with more fields in its header and in its one line.
func bodyOf(entity, head, line string) string {
	return `{"entity":"` + entity + `","tranDate":"2026-11-01",` + head + `"item":{"items":[{` + line + `"item":{"id":"101"},"amount":100}]}}`
}

// The strict account names what is missing by its labels, in the header first.
func TestStrictAccount(t *testing.T) {
	t.Parallel()
	c := in(t, "strict")
	const full = `"department":{"id":"5"},"class":{"id":"12"},"custbody_billing_source":{"id":"1"},"cseg_channel":{"id":"2"},`
	for _, r := range []struct{ head, line, want string }{
		{"", "", "Please enter value(s) for: Department, Class, Billing Source, Sales Channel"},
		{`"department":"5","class":"12",`, "", "Please enter value(s) for: Billing Source, Sales Channel"},
		{full, "", "Please enter value(s) for: Department, Class"},
		{full, `"department":"5",`, "Please enter value(s) for: Class"},
		{full, `"department":"77",`, "Invalid Field Value 77 for the following field: department"},
		{strings.Replace(full, `{"id":"2"}`, `{"id":"9"}`, 1), `"department":"5","class":"12",`,
			"Invalid Field Value 9 for the following field: cseg_channel"},
	} {
		c.post(bodyOf("601", r.head, r.line)).expect(t, 400, r.want)
	}
	c.call("POST", "/record/v1/invoice", bodyOf("601", full+`"custbody_none":"x",`, ""), "X-NetSuite-PropertyNameValidation", "Error").
		expect(t, 400, "Unknown property 'custbody_none'")
	a := c.post(bodyOf("601", full, `"department":"5","class":"12","custcol_service_start":"2026-10-01",`)).expect(t, 204, "")
	got := c.get(a.id())
	for path, want := range map[string]string{"cseg_channel.refName": "Partner", "custbody_billing_source.id": "1",
		"item.items.0.class.refName":         "EMEA",
		"item.items.0.custcol_service_start": "2026-10-01"} {
		if got.text(path) != want {
			t.Errorf("%s = %q, want %q", path, got.text(path), want)
		}
	}
	if n := len(c.box.NetSuite().Invoices()); n != 1 {
		t.Errorf("%d invoices are told: those of people before are none of ours", n)
	}
}

// Customers belong to subsidiaries, which have locations of their own.
func TestOneWorldAccount(t *testing.T) {
	t.Parallel()
	c := in(t, "oneworld")
	const us, de, uk = "601", "606", "609"
	for _, r := range []struct{ entity, head, line, want string }{
		{us, "", "", "Please enter value(s) for: Location"},
		{us, "", `"location":"2",`, "Invalid Field Value 2 for the following field: location"},
		{uk, `"subsidiary":"1",`, `"location":"1",`, "Invalid subsidiary reference key 1 for entity 609."},
	} {
		c.post(bodyOf(r.entity, r.head, r.line)).expect(t, 400, r.want)
	}
	for _, r := range []struct{ entity, head, line, subsidiary string }{
		{us, "", `"location":"1",`, "Parent Company"}, {de, "", `"location":"2",`, "Europe GmbH"},
		{de, `"subsidiary":"1",`, `"location":"1",`, "Parent Company"}, {uk, "", `"location":"3",`, "UK Ltd"},
	} {
		a := c.get(c.post(bodyOf(r.entity, r.head, r.line)).expect(t, 204, "").id())
		if a.text("subsidiary.refName") != r.subsidiary || a.text("subtotal") != "100.00" || a.text("taxTotal") != "20.00" ||
			a.text("total") != "120.00" {
			t.Errorf("%+v: %s", r, a.body)
		}
	}
	a := c.query("SELECT subsidiary, isprimarysub FROM customersubsidiaryrelationship WHERE entity = ? ORDER BY id", de)
	if a.text("items.0.subsidiary") != "2" || a.text("items.0.isprimarysub") != "T" || a.text("items.1.subsidiary") != "1" {
		t.Errorf("%s", a.body)
	}
	if a := c.query("SELECT subsidiary FROM itemsubsidiarymap WHERE item = ?", "101"); a.text("totalResults") != "3" {
		t.Errorf("%s", a.body)
	}
}

// Without Multiple Currencies there is no currency to send, to read or to query.
func TestLegacyAccount(t *testing.T) {
	t.Parallel()
	c := in(t, "legacy")
	c.post(bodyOf("601", "", "")).expect(t, 400, "Please enter value(s) for: Document Number")
	c.call("POST", "/record/v1/invoice", bodyOf("601", `"currency":{"id":"1"},`, ""), "X-NetSuite-PropertyNameValidation", "Error").
		expect(t, 400, "Unknown property 'currency'")
	a := c.get(c.post(bodyOf("601", `"tranId":"INVOICE-101",`, "")).expect(t, 204, "").id())
	for path, want := range map[string]string{"tranId": "INVOICE-101", "taxTotal": "5.00", "tax2Total": "7.00", "subtotal": "100.00",
		"total": "112.00", "currency": ""} {
		if a.text(path) != want {
			t.Errorf("%s = %q, want %q", path, a.text(path), want)
		}
	}
	c.call("GET", "/record/v1/currency/1", "").expect(t, 404, "Record type 'currency' does not exist.")
	c.call("GET", "/record/v1/metadata-catalog/currency", "").expect(t, 404, "does not exist")
	if a := c.query("SELECT id FROM currency"); a.status != 400 {
		t.Errorf("currencies can be queried: %s", a.body)
	}
	for _, b := range c.box.World().Bills {
		if b.Head.TextOf("currency") != "CAD" {
			t.Fatalf("a Bill in %s", b.Head.TextOf("currency"))
		}
	}
}

// An invoice that waits for approval does not post, and is locked against reading.
func TestApprovalAccount(t *testing.T) {
	t.Parallel()
	c := in(t, "approval")
	id := c.post(bodyOf("601", `"externalId":"m3b-1","approvalStatus":{"id":"2"},`, "")).expect(t, 204, "").id()
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		c.call(method, "/record/v1/invoice/"+id, "{}").expect(t, 400, "This record has been locked by a user defined workflow.")
	}
	row := func() string {
		a := c.query("SELECT posting, status, approvalstatus FROM transaction WHERE id = ?", id)
		return a.text("items.0.posting") + a.text("items.0.status") + a.text("items.0.approvalstatus")
	}
	if row() != "FD1" {
		t.Errorf("pending: %s", row())
	}
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/approvals", `{"transaction":"m3b-1"}`).expect(t, 200, "done")
	if a := c.get(id).expect(t, 200, ""); row() != "TA2" || a.text("status.refName") != "Open" {
		t.Errorf("approved: %s %s", row(), a.body)
	}
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/approvals", `{}`).expect(t, 200, `"approved":3`)
}

// Revenue is recognised within the accounting periods, which a person sets up.
func TestRevenueAccount(t *testing.T) {
	t.Parallel()
	c := in(t, "arm")
	const from = `"revRecStartDate":"2026-11-01",`
	c.post(bodyOf("601", "", "")).expect(t, 400, "No Revenue Recognition Start Date Specified")
	c.post(bodyOf("601", "", from)).expect(t, 400, "No Revenue Recognition End Date Specified")
	next := bodyOf("601", "", from+`"revRecEndDate":"2027-10-31",`)
	c.post(next).expect(t, 400, "outside the range of available accounting periods")
	c.post(bodyOf("601", "", from+`"revRecEndDate":"2026-12-31",`)).expect(t, 204, "")
	c.send("POST", c.box.NetSuiteURL()+"/sandbox/periods/2027", `{"state":"open"}`).expect(t, 200, "done")
	c.post(next).expect(t, 204, "")
	if a := c.query("SELECT revenuerecognitionrule FROM item WHERE id = ?", "101"); a.text("items.0.revenuerecognitionrule") != "3" {
		t.Errorf("%s", a.body)
	}
}

// A new record as its form opens tells who numbers it and what it begins as;
// nothing is saved.
func TestCreateForm(t *testing.T) {
	t.Parallel()
	form := func(name string) answer {
		c := in(t, name)
		a := c.call("POST", "/record/v1/invoice", `{"entity":{"id":"601"}}`, "Accept",
			"application/vnd.oracle.resource+json; type=create-form").expect(t, 200, "")
		if n := len(c.box.NetSuite().Invoices()); n != 0 {
			t.Errorf("%s: %d invoices were saved", name, n)
		}
		return a
	}
	if a := form("plain"); a.text("tranId") != "To Be Generated" || a.text("currency.refName") != "USD" || a.text("customForm.id") == "" {
		t.Errorf("%s", a.body)
	}
	if a := form("legacy"); a.text("tranId") != "" || a.text("currency") != "" {
		t.Errorf("%s", a.body)
	}
	if a := form("approval"); a.text("approvalStatus.refName") != "Pending Approval" {
		t.Errorf("%s", a.body)
	}
}

// The values of a field depend on what is in the body.
func TestSelectOptions(t *testing.T) {
	t.Parallel()
	c := in(t, "oneworld")
	const accept = "application/vnd.oracle.resource+json; type=select-options"
	all := c.call("POST", "/record/v1/invoice?fields=department,item.location", "", "Accept", accept).expect(t, 200, "")
	if all.text("department.items.0.refName") != "Sales" || all.text("item.location.totalResults") != "3" {
		t.Errorf("%s", all.body)
	}
	own := c.call("POST", "/record/v1/invoice?fields=item.location", `{"entity":{"id":"609"}}`, "Accept", accept).expect(t, 200, "")
	if own.text("item.location.totalResults") != "1" || own.text("item.location.items.0.refName") != "Leeds" {
		t.Errorf("%s", own.body)
	}
	c.call("POST", "/record/v1/invoice?fields=memo", "", "Accept", accept).expect(t, 400, "Provide a valid select field")
}

// What is taken from the role is not in the list of its permissions; the list and
// the definitions of fields can be hidden, as they may be in an account.
func TestGrants(t *testing.T) {
	t.Parallel()
	c := in(t, "strict")
	const grants, fields = "SELECT permkey, permlevel FROM rolepermissions WHERE role = 1042 AND permkey = 'LIST_CURRENCY'",
		"SELECT scriptid, name, ismandatory FROM customfield ORDER BY internalid"
	if a := c.query(grants); a.text("items.0.permlevel") != "1" {
		t.Errorf("%s", a.body)
	}
	if a := c.query(fields); a.text("items.0.scriptid") != "CUSTBODY_BILLING_SOURCE" || a.text("items.0.ismandatory") != "T" {
		t.Errorf("%s", a.body)
	}
	if err := c.box.NetSuite().Deny("currency"); err != nil {
		t.Fatal(err)
	}
	if a := c.query(grants); a.text("totalResults") != "0" {
		t.Errorf("%s", a.body)
	}
	if err := c.box.NetSuite().Deny("rolepermissions", "customfield"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{grants, fields} {
		if a := c.query(q); a.status != 400 || a.code() != "INVALID_PARAMETER" {
			t.Errorf("%s: %d %s", q, a.status, a.body)
		}
	}
}
