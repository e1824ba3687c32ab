package sandbox_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
)

func TestPaidInvoices(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	id := c.post(invoice("p", "10.00")).expect(t, 204, "").id()
	if _, err := c.box.NetSuite().Pay("p", decimal.MustParse("4.00")); err != nil {
		t.Fatal(err)
	}
	if g := c.get(id); g.text("amountPaid") != "4.00" || g.text("amountRemaining") != "6.00" || g.text("status.id") != "A" {
		t.Fatalf("half paid: %s", g.body)
	}
	lower := `{"item":{"items":[{"line":1,"amount":3.99}]}}`
	c.call("PATCH", "/record/v1/invoice/"+id, lower).expect(t, 400, "cannot be less")
	c.call("PATCH", "/record/v1/invoice/"+id, `{"memo":"late"}`).expect(t, 204, "")
	c.call("DELETE", "/record/v1/invoice/"+id, "").expect(t, 400, "cannot be deleted because it is referred to")
	if _, err := c.box.NetSuite().Pay(id, decimal.MustParse("6.01")); err == nil {
		t.Fatal("more was paid than is open")
	}
	pay := c.call("POST", "/record/v1/invoice/"+id+"/!transform/customerPayment", `{}`).expect(t, 204, "")
	c.call("GET", "/record/v1/customerPayment/"+pay.id(), "").expect(t, 200, `"total":6.00`)
	c.get(id).expect(t, 200, `"refName":"Paid In Full"`)
	c.call("DELETE", "/record/v1/customerPayment/"+pay.id(), "").expect(t, 204, "")
	if g := c.get(id); g.text("amountPaid") != "4.00" || g.text("status.id") != "A" {
		t.Fatalf("the payment was deleted, and: %s", g.body)
	}
	c.call("DELETE", "/record/v1/invoice/"+id, "").expect(t, 400, "cannot be deleted because it is referred to")
}

func TestCreditMemos(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	inv := c.post(invoice("i", "10.00")).expect(t, 204, "").id()
	memo := c.call("POST", "/record/v1/creditmemo", invoice("m3c-1", "3.00")).expect(t, 204, "")
	g := c.call("GET", "/record/v1/creditMemo/eid:m3c-1?expandSubResources=true", "").expect(t, 200, `"id":"CustCred"`)
	if g.text("total") != "3.00" || g.text("unapplied") != "3.00" || g.text("id") != memo.id() {
		t.Fatalf("credit memo: %s", g.body)
	}
	c.get(memo.id()).expect(t, 400, "Transaction type specified is incorrect.")
	c.call("POST", "/record/v1/creditMemo", invoice("m3c-2", "-3.00")).expect(t, 400, "The total cannot be negative")

	path := "/record/v1/invoice/" + inv + "/!transform/creditMemo"
	c.call("POST", path, `{}`).expect(t, 400, "Doc")
	body := `{"apply":{"items":[{"apply":true,"doc":{"id":"` + inv + `"}}]}}`
	made := c.call("POST", path, body).expect(t, 204, "").id()
	c.call("GET", "/record/v1/creditMemo/"+made, "").expect(t, 200, `"total":10.00`)
	c.get(inv).expect(t, 200, `"amountRemaining":0.00`)
	c.call("POST", path, body).expect(t, 400, "Unable to find a matching line for sub-list apply with key: [doc,line] and value: ["+inv+
		",null].")
}

func TestVoided(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	id := c.post(invoice("v", "10.00")).expect(t, 204, "").id()
	memo := c.call("POST", "/record/v1/invoice/"+id+"/!transform/creditMemo", `{"apply":{"items":[{"apply":true,"doc":{"id":"`+id+
		`"}}]}}`).expect(t, 204, "").id()
	if err := c.box.NetSuite().Void("v"); err == nil {
		t.Fatal("an invoice that is credited was voided")
	}
	for _, one := range []string{memo, "v"} { // what the memo gave is open again
		if err := c.box.NetSuite().Void(one); err != nil {
			t.Fatal(err)
		}
	}
	g := c.call("GET", "/record/v1/invoice/eid:v?expandSubResources=true", "").expect(t, 200, `"refName":"Voided"`).expect(t,
		200, `"amount":0.00`)
	if g.text("status.id") != "V" || g.text("total") != "0" || g.text("amountRemaining") != "0" {
		t.Errorf("%s", g.body)
	}
	c.call("PATCH", "/record/v1/invoice/"+id, `{"memo":"late"}`).expect(t, 400, "voided")
	c.post(invoice("v", "10.00")).expect(t, 400, "already exists") // it keeps its external id
	if err := c.box.NetSuite().Void("nobody"); err == nil {
		t.Error("what does not exist was voided")
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	id := c.post(invoice("p", "10.00")).expect(t, 204, "").id()
	set := func(to suitetalk.PeriodState) {
		t.Helper()
		if err := c.box.NetSuite().SetPeriod("2026-11-01", to); err != nil {
			t.Fatal(err)
		}
	}
	change := `{"item":{"items":[{"line":1,"amount":11}]}}`
	for _, state := range []suitetalk.PeriodState{suitetalk.Locked, suitetalk.Closed} {
		set(state)
		c.post(invoice("late", "1")).expect(t, 400, "No valid, open, posting period")
		c.call("PATCH", "/record/v1/invoice/"+id, change).expect(t, 400, "You cannot change the G/L impact of a transaction in a closed period.")
		c.call("PATCH", "/record/v1/invoice/"+id, `{"tranDate":"2026-10-31"}`).expect(t, 400,
			"You cannot move a transaction to or from a closed period.")
		c.call("DELETE", "/record/v1/invoice/"+id, "").expect(t, 400, "closed period")
		c.call("PATCH", "/record/v1/invoice/"+id, `{"memo":"no effect"}`).expect(t, 204, "")
	}
	if err := c.box.NetSuite().Grant("Override"); err != nil {
		t.Fatal(err)
	}
	c.post(invoice("late", "1")).expect(t, 400, "No valid, open, posting period") // nobody posts into a closed one
	set(suitetalk.Locked)
	c.post(invoice("allowed", "1")).expect(t, 204, "")
	c.call("PATCH", "/record/v1/invoice/"+id, change).expect(t, 204, "")
	if err := c.box.NetSuite().Grant(); err != nil {
		t.Fatal(err)
	}
	c.post(invoice("late", "1")).expect(t, 400, "No valid, open, posting period")
	set(suitetalk.Closed)
	period := c.get(id).text("postingPeriod.id")
	c.call("GET", "/record/v1/accountingPeriod/"+period, "").expect(t, 200, `"closed":true`)
	set(suitetalk.Open)
	c.call("PATCH", "/record/v1/invoice/"+id, change).expect(t, 204, "")
	if err := c.box.NetSuite().SetPeriod("1999-01-01", suitetalk.Open); err == nil {
		t.Error("a period that does not exist was opened")
	}
	if err := c.box.NetSuite().Grant("invoice"); err == nil {
		t.Error("what the role has anyway was granted")
	}
}
