package e2e

import "testing"

// With When Final at DELTA the demo leads to the end of an amendment: an invoice is
// paid, its Bill recalculated, and what the amendment waits for is in the menu too.
func TestDemoAmendsAPaidInvoice(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	s.press("e")
	s.see("ctrl+f find a setting")
	s.press("ctrl+f", "When Final")
	s.see("billferry.whenFinal", "Search: When Final")
	s.press("enter")
	s.see("● Hold:")
	s.press("right")
	s.see("‹ Post the difference ›")
	s.press("ctrl+s")
	s.see("Saved")
	delivered(s)
	s.act("p", "Internal id", "invoice ")
	s.act("r", "Bill *", "the Bill was recalculated")
	s.see("41 runs", "HELD")
	s.act("m", "Bill *", "the Bill is approved")
	s.see("42 runs", "SUPERSEDED")
	s.gone("STARTED", "WAITING")
	s.press("g", "enter")
	// 12.345 more, from the rounded sum of before to that of now: which invoice it is, and so
	// whether that is 12.34 or 12.35, depends on which was made last.
	s.see("[1 Summary]", "COMPLETE · created", "USD paid or applied", "an invoice over 12.3", "m3d-")
}
