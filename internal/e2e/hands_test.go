package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// Pages, ends and marks of the runs by their keys; runs by cause; the cursor of the
// follow mode; and finding in a document.
func TestHandsOnTheRuns(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	on := func(bill string) {
		t.Helper()
		s.until("the cursor is on "+bill, func(screen string) bool { return onRow(screen, bill) })
	}
	s.press("g")
	on("INVOICE-101")
	s.press("ctrl+d")
	on("INVOICE-113")
	s.press("ctrl+u")
	on("INVOICE-101")
	s.press("ctrl+f", "ctrl+b")
	on("INVOICE-101")
	s.press("G")
	on("INVOICE-140")

	s.press("g", "space", "space")
	s.see("2 marked · x acts on them")
	on("INVOICE-103")
	s.press("x")
	s.see("2 marked runs", "mark none")
	s.press("esc", "esc")
	s.gone("marked")

	s.press("b")
	s.see("failed runs by cause", "Period closed", "period_closed")
	s.press("g", "enter")
	s.see("/ status:error cause:negative_total", "1 run ")
	s.press("esc") // clears the filter first
	s.see("40 runs")
	s.press("b")
	s.see("failed runs by cause")
	s.press("b", "s")
	s.see("/ status:failed", "3 runs")
	s.press("s", "s", "s")
	s.see("40 runs")

	s.press("g", "j", "f")
	s.see("following the newest runs", "all runs, following")
	on("INVOICE-101")
	s.press("D")
	act := regexp.MustCompile(`(\w)  recalculate`).FindStringSubmatch(s.see("recalculate"))
	if act == nil {
		t.Fatal("demo's menu has no letter for a recalculated Bill")
	}
	s.press(act[1])
	s.see("Demo: recalculate", "▸   Bill *")
	s.press("ctrl+u", "INVOICE-102", "ctrl+s")
	s.see("41 runs")
	s.until("the cursor stays on its run, and a new one came above it", func(screen string) bool {
		return onRow(screen, "INVOICE-101") && !onRow(strings.SplitN(screen, "\n", 6)[4], "INVOICE")
	})

	s.filters("bill:INVOICE-103", "1 run ")
	s.press("enter")
	s.see("[1 Summary]")
	s.press("n")
	s.see("n does not work now: nothing was found: type / first")
	s.press("3", "/", "item", "enter")
	hit := func(n string) func(screen string) bool {
		return regexp.MustCompile(`/ item +` + n + ` of \d+`).MatchString
	}
	s.until("hits are counted", hit("1"))
	s.press("n")
	s.until("the next hit", hit("2"))
	s.press("N")
	s.until("the hit before", hit("1"))
}

// Keys typed ahead never answer what destroys: in one read or in several they were
// pressed before the question could be seen.
func TestNothingIsAnsweredUnseen(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	create(s, "NetSuite US")
	s.press("dyyy") // in one read
	s.see("Delete NetSuite US?", "[  No  ]")
	s.press("enter")
	s.gone("Delete NetSuite US?")
	s.press("d")
	s.see("Delete NetSuite US?")
	s.press("esc")
	s.gone("Delete NetSuite US?")
	connect(s)
	delivered(s)
	s.press("x")
	s.see("More actions")
	s.press("ayy") // counted first, then asked
	s.see("Retry all failed runs that match?", " eligible", "[  No  ]")
	s.press("esc")
	s.see("40 runs")
	s.press("esc")
	s.see("Connected since")
	s.press("dNetSuite US\r") // what is typed ahead does not name it either
	s.see("Delete NetSuite US?", "Type its name")
	s.press("esc")
	s.gone("Type its name")
	s.see("● CONNECTED")
}

// The letters mean the same on every screen, and lead there.
func TestTheSameKeysEverywhere(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	s.press("esc")
	s.see("Connected since")
	walk := func(from string) {
		t.Helper()
		for key, to := range map[string]string{"r": " runs", "v": " events", "m": " mappings"} {
			s.press(key)
			s.until(key+" leads to"+to, func(screen string) bool {
				head, _, _ := strings.Cut(strings.TrimSpace(screen), "  ")
				return strings.HasSuffix(head, to)
			})
			s.press("esc")
			s.see(from)
		}
	}
	walk("Connected since")
	s.press("x")
	s.see("More actions", "disable …", "duplicate")
	s.press("esc")
	s.gone("More actions")
	s.press("M", "x") // no key waits for the page that the one before it opens
	s.see("More actions")
	s.press("esc")
	s.gone("More actions")
	s.press("esc")
	s.see("Connected since")
	s.press("M", "x", "esc")
	s.see("Press enter to reconcile it")
	s.gone("More actions")
	s.press("esc")
	s.see("Connected since")
	s.press("esc")
	s.see("Needs you")
	walk("Needs you")

	s.press("m", "U")
	s.see("accounts without a NetSuite customer")
	s.press("/", "harbour")
	s.see("Harbour", "1 of ")
	s.gone("Pennine Water")
	s.press("esc")
	s.gone("/ harbour")
	s.press("U")
	s.see("external mappings")
	s.until("a product has its name", regexp.MustCompile(`Product Data API +Item +Data API  107`).MatchString)
	s.press("g", "e")
	s.see("Edit external mapping")
	s.press("esc")
	s.gone("Edit external mapping")
	s.press("d")
	s.see("Delete this external mapping?", "[  No  ]")
	s.press("esc")
	s.gone("Delete this")
}
