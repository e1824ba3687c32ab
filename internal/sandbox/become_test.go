package sandbox_test

import "testing"

// An account that becomes one of another kind keeps its documents, the numbers it has
// given and what people made of its periods, and demands from then on what the new
// kind demands.
func TestAnAccountBecomesAnother(t *testing.T) {
	t.Parallel()
	c := in(t, "plain")
	first := c.post(bodyOf("601", `"externalId":"one",`, "")).expect(t, 204, "").id()
	if err := c.box.NetSuite().SetPeriod("2026-11-01", "close"); err != nil {
		t.Fatal(err)
	}
	if at := c.box.NetSuite().LastClosed(); at != "2026-11-01" {
		t.Errorf("the latest month that is closed begins on %q", at)
	}
	if err := c.box.Become("strict"); err != nil {
		t.Fatal(err)
	}
	if got := c.get(first).expect(t, 200, ""); got.text("entity.id") != "601" || got.text("postingPeriod.refName") != "Nov 2026" {
		t.Errorf("the document is %s", got.body)
	}
	c.post(bodyOf("601", "", "")).expect(t, 400, "Please enter value(s) for: Department, Class, Billing Source, Sales Channel")
	const full = `"department":"5","class":"12","custbody_billing_source":{"id":"1"},"cseg_channel":{"id":"2"},`
	c.post(bodyOf("601", full, `"department":"5","class":"12",`)).expect(t, 400, "No valid, open, posting period")
	if err := c.box.NetSuite().SetPeriod("2026-11-01", "open"); err != nil {
		t.Fatal(err)
	}
	c.post(bodyOf("601", full+`"externalId":"one",`, `"department":"5","class":"12",`)).expect(t, 400, "already exists")
	second := c.post(bodyOf("601", full, `"department":"5","class":"12",`)).expect(t, 204, "").id()
	if first == second {
		t.Errorf("both documents are %s", first)
	}

	if err := c.box.Become("oneworld"); err != nil {
		t.Fatal(err)
	}
	// What was a customer of the only company is one of a subsidiary now, and its documents with it.
	if got := c.get(first).expect(t, 200, ""); got.text("subsidiary.id") != c.customerSubsidiary("601") {
		t.Errorf("the document of 601 is of %s, and 601 of %s", got.text("subsidiary.id"), c.customerSubsidiary("601"))
	}
	c.post(bodyOf("601", "", "")).expect(t, 400, "Please enter value(s) for: Location")
	if err := c.box.Become("plain"); err != nil {
		t.Fatal(err)
	}
	c.post(bodyOf("601", "", "")).expect(t, 204, "")

	for _, name := range []string{"legacy", "nonesuch"} {
		if err := c.box.Become(name); err == nil {
			t.Errorf("it became %s", name)
		}
	}
	c.post(bodyOf("601", "", "")).expect(t, 204, "") // and is what it was
}

// customerSubsidiary is where a customer belongs.
func (c *caller) customerSubsidiary(id string) string {
	return c.call("GET", "/record/v1/customer/"+id, "").text("subsidiary.id")
}
