package runs

import (
	"testing"

	"billferry/internal/integration"
)

// What is marked is acted on together, and nothing else; what an act does not fit
// is said.
func TestMarkedRunsAreActedOnTogether(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 120, 30)
		status := func(ref string) integration.Run {
			page, err := f.Runs(t.Context(), integration.RunFilter{Text: ref}, "", 1)
			if err != nil || len(page.Runs) != 1 {
				t.Fatal(err, page)
			}
			return page.Runs[0]
		}
		d.Press("space", "down", "down", "space") // 101 and 104
		d.Shows("2 marked", " *✗ ERROR", "x acts on them")
		d.Press("x")
		d.Shows("2 marked runs", "hold …", "release", "skip or accept …")
		d.Press("h")
		d.Shows("Hold: 2 runs")
		d.Type("wait for the controller")
		d.Press("ctrl+s")
		d.Shows("1 of 2 held; not 1: ERROR")
		if !status("INVOICE-104").HeldByHand() || status("INVOICE-103").HeldByHand() || status("INVOICE-101").HeldByHand() {
			t.Error("not what was marked is held")
		}
	})
}

// A range is marked from one V to the next; esc marks none, and so does another
// filter.
func TestARangeIsMarkedAndForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 120, 30)
		d.Press("V")
		d.Shows("1 marked, V ends the range")
		d.Press("G", "V")
		d.Shows("6 marked")
		d.Press("R")
		d.Shows("Retry 6 marked runs?", "3 eligible, 3 not", "1 would stop again", "accounting period Jul 2026 is still",
			"To do before: Open the period Jul 2026")
		d.Press("y")
		d.Shows("9 runs")
		d.Hides(" marked")
		if n := f.Calls("Retry"); n != 2 {
			t.Errorf("%d calls", n)
		}
		d.Press("g", "space", "esc")
		d.Hides("marked")
		d.Press("space", "s")
		d.Hides("marked")
	})
}
