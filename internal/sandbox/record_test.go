package sandbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"billferry/internal/sandbox"
)

func TestInvoiceIsCreatedAndReadBack(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	a := c.post(`{"externalId":"m3b-1","ENTITY":{"externalId":"`+c.box.World().Accounts[0].ID+
		`"},"tranDate":"2026-11-01","otherrefnum":"PO-1","toBeEmailed":false,
		"item":{"items":[{"item":{"id":"101"},"quantity":3,"rate":0.125,"amount":0.38,"price":{"id":"-1"},"description":"API calls",`+
		`"custcol_service_start":"2026-10-01"},
		{"item":"199","quantity":2,"rate":10.005}]}}`).expect(t, 204, "")
	if want := c.box.NetSuiteURL() + "/services/rest/record/v1/invoice/" + a.id(); a.header.Get("Location") != want {
		t.Fatalf("Location %q, want %q", a.header.Get("Location"), want)
	}
	for _, id := range []string{a.id(), "eid:m3b-1", "eid:M3B-1"} {
		g := c.get(id).expect(t, 200, "")
		for path, want := range map[string]string{
			"id": a.id(), "externalId": "m3b-1", "total": "20.39", "amountRemaining": "20.39", "currency.id": "1", "currency.refName": "USD",
			"entity.id": "601", "otherRefNum": "PO-1", "dueDate": "2026-12-01", "status.id": "A", "item.count": "2", "item.items.0.line": "1",
			"item.items.0.amount": "0.38", "item.items.0.custcol_service_start": "2026-10-01", "item.items.1.amount": "20.01",
			"item.items.1.item.refName": "Services (default)",
		} {
			if got := g.text(path); got != want {
				t.Errorf("%s: %s = %q, want %q", id, path, got, want)
			}
		}
	}
	if g := c.call("GET", "/record/v1/invoice/"+a.id(), ""); g.at("item.items") != nil || g.at("item.links") == nil {
		t.Errorf("without expandSubResources lines are links: %s", g.body)
	}
	c.call("GET", "/record/v1/invoice/"+a.id()+"/item/2", "").expect(t, 200, `"line":2`)
	c.call("GET", "/record/v1/invoice/"+a.id()+"?simpleEnumFormat=true", "").expect(t, 200, `"status":"A"`)
	c.call("DELETE", "/record/v1/invoice/"+a.id(), "").expect(t, 204, "")
	c.get("eid:m3b-1").expect(t, 404, "NONEXISTENT_ID")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	line := `"item":{"items":[{"item":{"id":"101"},"amount":1}]}`
	for name, tc := range map[string]struct {
		body   string
		status int
		text   string
	}{
		"no json":     {`{"entity"`, 400, "Invalid content in the request body"},
		"no customer": {`{` + line + `}`, 400, "Please enter value(s) for: Customer."},
		"customer id": {`{"entity":{"id":"53384"},` + line + `}`, 400, "Invalid Field Value 53384 for the following field: entity"},
		"customer eid": {`{"entity":{"externalId":"nobody"},` + line + `}`, 404,
			"The record instance for external ID 'nobody' does not exist"},
		"no lines": {`{"entity":"601"}`, 400, "at least one line item"},
		"item": {`{"entity":"601","item":{"items":[{"item":{"id":101},"amount":1},{"item":{"id":9999},"amount":1}]}}`, 400,
			`"o:errorPath":"item.items[1].item"`},
		"wrong shape":      {`{"entity":"601","item":[1]}`, 400, "INVALID_VALUE"},
		"foreign currency": {`{"entity":"601","currency":{"id":"3"},` + line + `}`, 400, "Invalid currency reference key 3 for entity 601."},
		"date":             {`{"entity":"601","tranDate":"1/11/2026",` + line + `}`, 400, "INVALID_VALUE"},
		"negative": {`{"entity":"601","item":{"items":[{"item":"101","amount":5},{"item":"105","amount":-5.01}]}}`, 400,
			"The total cannot be negative"},
		"too many decimals": {`{"entity":"601","item":{"items":[{"item":"101","amount":5.001}]}}`, 400, "maximum of 2 decimal places"},
		"no amount":         {`{"entity":"601","item":{"items":[{"item":"101"}]}}`, 400, "Please enter value(s) for: Amount"},
		"yen with cents":    {`{"entity":"611","item":{"items":[{"item":"101","amount":100.5}]}}`, 400, "maximum of 0 decimal places"},
		"closed period": {`{"entity":"601","tranDate":"2026-03-31",` + line + `}`, 400,
			"No valid, open, posting period for date - 3/31/2026"},
		"other period": {`{"entity":"601","tranDate":"2026-11-01","postingPeriod":"1",` + line + `}`, 400,
			"not within the date range of your accounting period"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := c.post(tc.body).expect(t, tc.status, tc.text)
			if a.text("status") != fmt.Sprint(tc.status) || a.code() == "" || !strings.Contains(a.header.Get("Content-Type"), "type=error") {
				t.Errorf("not NetSuite's envelope: %s", a.body)
			}
		})
	}
	t.Run("negative line", func(t *testing.T) {
		t.Parallel()
		c.post(`{"entity":"601","item":{"items":[{"item":"101","amount":5},{"item":"105","amount":-5}]}}`).expect(t, 204, "")
	})
	c.get("7").expect(t, 400, "Transaction type specified is incorrect.")
	c.get("000").expect(t, 400, "Invalid record instance identifier '000'")
	c.call("GET", "/record/v1/customer/77777", "").expect(t, 404, "NONEXISTENT_ID")
	c.call("GET", "/record/v1/file", "").expect(t, 404, "Record type 'file' does not exist.")
}

func TestPropertyNameValidation(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	body := `{"entity":"601","memmo":"x","item":{"items":[{"item":"101","amount":1,"cuscol_x":1}]}}`
	const header = "X-NetSuite-PropertyNameValidation"
	c.call("POST", "/record/v1/invoice", body, header, "Error").expect(t, 400, "memmo")
	if a := c.call("POST", "/record/v1/invoice", body).expect(t, 204, ""); a.header.Get(
		"X-NetSuite-PropertyValidation") != "memmo,item.items.cuscol_x" {
		t.Errorf("the default warns: %v", a.header)
	}
	if a := c.call("POST", "/record/v1/invoice", body, header, "Ignore").expect(t, 204, ""); a.header.Get(
		"X-NetSuite-PropertyValidation") != "" {
		t.Errorf("Ignore warns: %v", a.header)
	}
}

func TestPropertyValueValidation(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	body := `{"entity":"601","tranDate":"soon","startDate":"2026-11-01","memmo":"x","item":{"items":[{"item":"101",` +
		`"quantity":"many","amount":1}]}}`
	const header = "X-NetSuite-PropertyValueValidation"
	c.post(body).expect(t, 400, "INVALID_VALUE")
	c.call("POST", "/record/v1/invoice", body, header, "Error").expect(t, 400, "INVALID_VALUE")
	a := c.call("POST", "/record/v1/invoice", body, header, "Warning").expect(t, 204, "")
	if got := a.header.Get("X-NetSuite-PropertyValidation"); got != "memmo,tranDate,item.items.quantity" {
		t.Errorf("the warning names %q", got)
	}
	g := c.get(a.id()).expect(t, 200, "")
	if g.text("tranDate") != "2026-11-22" || g.text("startDate") != "2026-11-01" || g.text("item.items.0.quantity") != "" {
		t.Errorf("wrong values were not dropped, or good ones were: %s", g.body)
	}
	if a := c.call("POST", "/record/v1/invoice", body, header, "Ignore").expect(t, 204, ""); a.header.Get(
		"X-NetSuite-PropertyValidation") != "memmo" {
		t.Errorf("values are told of: %v", a.header)
	}
}

func TestLinesMergeUnlessReplaced(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	id := c.post(invoice("a", "10.00")).expect(t, 204, "").id()
	patch := func(query, body string) answer { return c.call("PATCH", "/record/v1/invoice/"+id+query, body) }
	check := func(total, lines string) {
		t.Helper()
		if g := c.get(id); g.text("total") != total || g.text("item.count") != lines {
			t.Fatalf("total %s of %s lines, want %s of %s: %s", g.text("total"), g.text("item.count"), total, lines, g.body)
		}
	}
	patch("", `{"item":{"items":[{"item":"102","amount":2.50}]}}`).expect(t, 204, "")
	check("12.50", "2") // added
	patch("", `{"item":{"items":[{"line":1,"quantity":4,"rate":3}]}}`).expect(t, 204, "")
	check("14.50", "2") // changed: the amount follows
	patch("", `{"item":{"items":[{"line":9,"amount":3}]}}`).expect(t, 400, "Invalid Field Value 9 for the following field: line")
	patch("?replace=item", `{"item":{"items":[{"line":2,"amount":7},{"item":"101","amount":1}]}}`).expect(t, 204, "")
	check("8.00", "2")
	if g := c.get(id); g.text("item.items.0.line") != "2" || g.text("item.items.0.item.id") != "102" || g.text("item.items.1.line") != "3" {
		t.Fatalf("replace keeps what it names: %s", g.body)
	}
	patch("", `{"memo":"changed","currency":{"id":"1"}}`).expect(t, 204, "")
	patch("", `{"currency":{"id":"2"}}`).expect(t, 400, "currency")
	check("8.00", "2")
	c.call("PUT", "/record/v1/invoice/eid:a?replace=item", `{"item":{"items":[{"item":"101","amount":4}]}}`).expect(t, 204, "")
	check("4.00", "1")
	c.call("PUT", "/record/v1/invoice/eid:a", `{"item":{"items":[{"item":"101","amount":4}]}}`).expect(t, 204, "")
	check("8.00", "2") // the trap: a blind PUT again adds the line once more
	made := c.call("PUT", "/record/v1/invoice/eid:b", strings.Replace(invoice("ignored", "1"), `"externalId":"ignored",`, "", 1)).expect(t,
		204, "")
	c.get("eid:b").expect(t, 200, `"id":"`+made.id()+`"`)
}

func TestExternalIDIsUniqueOverAllKinds(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Concurrency: 64}).login()
	var wg sync.WaitGroup
	created, refused := make(chan string, 32), make(chan string, 32)
	for range 32 {
		wg.Go(func() {
			switch a := c.post(invoice("same", "1")); {
			case a.status == 204:
				created <- a.id()
			case a.status == 400 && strings.Contains(a.detail(), "This record already exists."):
				refused <- a.detail()
			default:
				t.Errorf("%d %s %v", a.status, a.body, a.err)
			}
		})
	}
	wg.Wait()
	if len(created) != 1 || len(refused) != 31 {
		t.Fatalf("%d created, %d refused", len(created), len(refused))
	}
	c.call("POST", "/record/v1/creditMemo", invoice("SAME", "1")).expect(t, 400, "This record already exists.")
	st := c.box.Stats()
	if st.CreatesByExternalID["same"] != 1 || st.DuplicateCreates != 0 || st.RefusedDuplicates != 32 {
		t.Errorf("stats: %+v", st)
	}
}
