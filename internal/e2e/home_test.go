package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// Home in every size, without colour and with the signs of ASCII alone: each chart has
// its figures beside it, more room shows more, and below 24 rows the upper part folds
// away and says why its keys do nothing.
func TestHomeInEverySize(t *testing.T) {
	t.Parallel()
	s := start(t, 120, 36, []string{"NO_COLOR=1"}, "demo", "--latency", "5ms", "--ascii")
	s.see("Press n to create an integration.")
	s.press("n")
	s.see("* 1 Entity type", "> Bill")
	s.press("enter")
	s.see("* 2 Destination")
	s.press("enter")
	s.see("* 3 Configure and create")
	s.press("NetSuite US")
	s.see("NetSuite US")
	s.press("ctrl+s")
	s.see("o NOT CONNECTED")
	s.press("c")
	s.see("Netsuite Connection")
	s.press("f2")
	s.see("EC P-256")
	s.press("ctrl+s")
	s.see("* CONNECTED")
	s.press("esc")
	usd := regexp.MustCompile(`USD  +53,509\.01  #+!+ +93 % proven \. 7 % in the way`)
	eur := regexp.MustCompile(`EUR  +18,115\.09  #+ +100 % proven`)
	s.until("the figures of the month", func(screen string) bool { return usd.MatchString(screen) && eur.MatchString(screen) })
	s.see("24 h ___", "40 Bills", " 0 of ", "nothing to send", "1 Reference unknown", "Wayfarer Robotics",
		"enter its run . m map . R retry", "+1")
	s.resize(80, 24)
	s.until("smaller", func(screen string) bool { return usd.MatchString(screen) && eur.MatchString(screen) })
	s.see("24 h ___", "40 Bills", " 0 of ", "nothing to send", "1 Reference unknown", "+2")
	s.resize(60, 16)
	s.gone("November", "Reference unknown", "USD")
	s.see("> NetSuite US", "* CONNECTED", "NEEDS YOU")
	s.press("T")
	s.see("the terminal has fewer than 24 rows")
	s.resize(200, 60)
	s.see("GBP", "JPY    983,917  #", "100 % proven") // more room shows every currency
	s.gone("+1")
	s.until("larger", func(screen string) bool { return usd.MatchString(screen) && eur.MatchString(screen) })
	if got := colour.FindString(s.written()); got != "" {
		t.Errorf("NO_COLOR, and %q was sent", got)
	}
	for _, r := range s.written() {
		if r >= 0x80 {
			t.Fatalf("%q was written to a terminal that has only ASCII", r)
		}
	}
}

// While Bills go out, home tells how many slots are in use, how fast they go and when
// they are through; the cursor stays in the list below, and what needs a person is
// acted on by its keys.
func TestHomeWhileBillsGo(t *testing.T) {
	t.Parallel()
	s := start(t, 120, 36, nil, "demo", "--latency", "300ms", "--bills", "120")
	create(s, "NetSuite US")
	connect(s)
	s.press("esc")
	busy := regexp.MustCompile(`NetSuite US  slots ●+○* \d of \d · [0-9.]+ Bills/s · [0-9,]+ to go · done by \d\d:\d\d`)
	first := s.until("the pace", busy.MatchString)
	row := func(screen string) int {
		for i, l := range strings.Split(screen, "\n") {
			if strings.HasPrefix(strings.TrimSpace(l), "▸") {
				return i
			}
		}
		return -1
	}
	s.see("Reference unknown", "Period closed")
	at := row(first)
	later := s.until("it is through", func(screen string) bool { return strings.Contains(screen, "nothing to send") })
	if at < 0 || row(later) < at {
		t.Errorf("the cursor went up from line %d to %d while figures changed", at, row(later))
	}
	s.press("1")
	s.see("› run INVOICE-", "Reference unknown")
	s.press("esc")
	s.see("Needs you")
	s.until("it is the first", func(screen string) bool { return strings.Contains(screen, "1 Reference unknown") })
	s.press("k", "k", "k", "k", "k")
	s.until("the cursor is on what needs a person", func(screen string) bool { return onRow(screen, "1 Reference unknown") })
	s.press("m")
	s.see("Create external mapping", "Wayfarer Robotics")
}
