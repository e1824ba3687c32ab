package e2e

import (
	"strings"
	"testing"
)

// act does an act of demo's menu, with what is filled in.
func (s *terminal) act(key, asked, told string) {
	s.t.Helper()
	s.press("D")
	s.see("Make something happen in the simulators")
	s.press(key)
	if asked != "" {
		s.see(asked, "esc back")
		s.press("ctrl+s")
	}
	s.see("demo: " + told)
}

// An invoice that is paid is not touched when its Bill is recalculated, and the run
// says what to do; one that is not paid is updated. A closed period stops the next.
func TestDemoActsOnDocuments(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.act("p", "Internal id", "invoice ")
	s.act("r", "Bill *", "the Bill was recalculated")
	s.see("41 runs")
	s.filters("status:failed", "4 runs")
	s.press("g", "enter")
	s.see("[1 Summary]", "paid", "enter ")
	s.press("esc", "esc")
	s.see("41 runs")
	s.act("c", "A date in it", "the period of ")
	s.act("w", "", "NetSuite has gone away")
	s.act("n", "", "all is well again")
}

// NetSuite that refuses every third request costs time and no Bill. While it takes writes
// and does not answer an update waits for its answer, and what was sent before stays.
func TestDemoRefusesAndHangs(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.act("f", "", "NetSuite refuses every third request")
	s.act("b", "", "100 Bills were added")
	s.see("140 runs")
	s.filters("outcome:created", "137 runs") // all have arrived, those out of view as well
	s.press("esc")
	s.see("140 runs")
	s.press("g")
	s.act("h", "", "NetSuite takes writes and does not answer")
	s.act("r", "Bill *", "the Bill was recalculated")
	s.see("141 runs", "STARTED")
	s.act("n", "", "all is well again")
	s.filters("outcome:created", "137 runs") // the update is looked up once its time, a minute, is over
}

// The account of demo becomes one whose documents wait for approval, and then one that
// demands more: the next Bills are refused, the run names the fields, and what is
// mended there goes out.
func TestDemoChoosesAnAccount(t *testing.T) {
	t.Parallel()
	s := connected(t, 80, 24)
	delivered(s)
	s.press("D", "s")
	s.see("‹ strict ›", "esc back")
	s.press("left", "left", "left", "left")
	s.see("‹ approval ›")
	s.press("ctrl+s")
	s.see("45 runs", "not posted")
	s.act("a", "", "8 documents were approved") // three of them people entered before

	s.press("D")
	s.see("make the NetSuite account one of another kind")
	s.press("s")
	s.see("‹ strict ›", "esc back")
	s.press("ctrl+s")
	s.see("demo: the account is strict now, and 5 Bills are added")
	s.see("50 runs", "Field missing")
	s.filters("cause:field_missing", " 5 runs")
	s.press("enter")
	s.see("Please enter value(s) for: Department, Class", "enter fills")
	s.press("enter")
	s.see("Fields that NetSuite demands", "▸ Department")
	for _, x := range [][2]string{{"Department", "Sales"}, {"Class", "Other"}, {"Billing Source", "m3ter"}, {"Sales Channel", "Direct"}} {
		s.see("▸ " + x[0])
		s.press("enter")
		s.see(x[0]+" (", "Search: ", "▸     "+x[1])
		s.press("enter")
		s.gone("Search: ")
	}
	s.see("ctrl+s saves 6 rules and sends the Bills again")
	s.press("ctrl+s")
	s.see("✓ COMPLETE · created")
}

// Who changes a document by hand is told which month has it, and the keys that are told
// lead there: M opens the month that has ended, and few Bills are dated in that.
func TestDemoNamesTheMonthOfADocument(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.act("e", "Internal id", "document ")
	_, told, _ := strings.Cut(s.see("; it is of ", "Then reconcile its month"), "; it is of ")
	month, keys, found := strings.Cut(told, " (M")
	keys, _, closed := strings.Cut(keys, ")")
	if !found || !closed || strings.Count(keys, "\n") > 0 {
		t.Fatalf("told %q", told)
	}
	s.gone("; it is of ") // else the first esc closes that
	s.press("esc", "esc")
	s.gone("› NetSuite US")
	s.press("M")
	s.see("was not reconciled yet")
	for _, k := range strings.Fields(keys) {
		s.press(map[string]string{"←": "left", "→": "right"}[k])
	}
	s.see(month, "was not reconciled yet")
	s.press("enter")
	s.see("BREAKS", "Another amount")
}
