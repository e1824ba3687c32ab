package e2e

import "testing"

// In an account that demands fields every Bill is refused; the refusal names the
// fields, a value is chosen for each, one key saves the rules, and the Bills are in
// NetSuite.
func TestARefusalIsLearntFrom(t *testing.T) {
	t.Parallel()
	s := start(t, 110, 36, nil, "demo", "--account", "strict", "--latency", "0s", "--bills", "43")
	create(s, "Strict US")
	connect(s)
	s.press("t")
	// Whether the prepayments of a Bill are told too depends on whether Bills have arrived by then.
	s.see("Test Strict US", "! Mandatory fields", "Billing Source (custbody_billing_source)", "Segments: each of", " to do")
	s.press("enter")
	s.press("r")
	s.see("43 runs", "Field missing")
	s.gone("STARTED", "WAITING")
	s.press("/", "cause:field_missing")
	s.see("41 runs") // one has no customer, one is below zero
	s.press("enter", "enter")
	s.see("Please enter value(s) for: Department, Class, Billing Source, Sales Channel", "enter fills the fields")
	s.press("enter")
	s.see("Fields that NetSuite demands", "▸ Department", "Class, each line", "cseg_channel")
	for _, x := range []struct{ field, id, name string }{
		{"Department (department)", "5", "Sales"}, {"Class (class)", "11", "Other"},
		{"Billing Source (custbody_billing_source)", "1", "m3ter"}, {"Sales Channel (cseg_channel)", "1", "Direct"},
	} {
		s.press("enter")
		s.see(x.field, "Search: ")
		s.press(x.name[:3])
		s.see("▸     " + x.name)
		s.press("enter")
		s.see(x.id + " " + x.name)
	}
	s.see("ctrl+s saves 6 rules and sends the Bills again")
	s.press("ctrl+s")
	s.see("6 rules saved")
	s.press("esc")
	s.gone("[1 Summary]")
	s.press("/", "ctrl+u", "proof:proven")
	s.see("40 runs")
	s.press("enter", "enter")
	s.see("✓ COMPLETE · created", "NetSuite holds")
}
