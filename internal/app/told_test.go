package app

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
)

// strictWorld has an account with required fields, and settings with a rule for each.
func strictWorld(t *testing.T, rules map[string]string) (*world, spec.Values) {
	t.Helper()
	p, err := sandbox.OpenAccount("strict")
	if err != nil {
		t.Fatal(err)
	}
	var fields []any
	for to, value := range rules {
		fields = append(fields, map[string]any{"to": to, "value": value})
	}
	return newWorld(t, sandbox.Options{Clean: true, Account: p}),
		spec.Values{"netsuiteDefaultItemId": "199", "billferry": map[string]any{"fields": fields}}
}

// Values that rules tell by external id before there is a connection are looked up
// once for all Bills, and sent as internal ids.
func TestValuesToldByExternalIDAreLookedUpOnce(t *testing.T) {
	t.Parallel()
	w, values := strictWorld(t, map[string]string{"department": "ext:DEPT-5", "line.department": "ext:DEPT-6", "class": "name:EMEA",
		"line.class": "11", "custbody_billing_source": "1", "cseg_channel": "name:Direct"})
	for _, r := range values.Get("billferry.fields").([]any) {
		if r := r.(map[string]any); r["to"] == "custbody_billing_source" {
			r["as"] = "REFERENCE"
		}
	}
	in := w.create(t, "NetSuite", values)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	runs, err := w.app.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID}, "", 100)
	if err != nil || len(runs.Runs) != 40 {
		t.Fatal(len(runs.Runs), err)
	}
	for _, r := range runs.Runs {
		if r.Status != integration.Complete {
			t.Errorf("%s: %s %s", r.BillRef, r.Status, r.Error)
		}
	}
	for _, d := range w.sb.NetSuite().Invoices() {
		item := d.Get("item").Get("items").Items[0]
		for _, x := range []struct{ got, want string }{{d.Get("department").TextOf("id"), "5"}, {item.Get("department").TextOf("id"), "6"},
			{d.Get("class").TextOf("id"), "12"}, {d.Get("cseg_channel").TextOf("id"), "1"}} {
			if x.got != x.want {
				t.Fatalf("%q, want %q: %s", x.got, x.want, d.JSON())
			}
		}
	}
	// The creates, the read-backs in bulk, and the look-ups: of 40 Bills each would have been 160.
	if n := w.sb.NetSuite().Stats().Requests; n > 70 {
		t.Errorf("%d requests for 40 Bills", n)
	}
}
