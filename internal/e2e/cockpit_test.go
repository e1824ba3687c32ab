package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// After the seed Bills are through, home tells where their money is, and one key
// opens what needs a person, the most money first.
func TestHomeAtAGlance(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.see("in 53,509.01 USD · out 49,626.88 · open 3,882.13 · rounding -0.0008") // they add up
	s.press("esc")
	s.see("Connected since")
	s.press("esc")
	s.see("24 h ▁", "40 Bills", "USD", "% proven · 7 % in the way", "slots ○", " · nothing to send", "Needs you")
	s.press("T")
	s.see("30 d ▁")
	s.press("z")
	s.gone("30 d ▁")
	s.press("z")
	s.see("30 d ▁")
	s.press("up", "up")
	s.see("▸ 2 Period closed")
	s.goes("R", "Retry all failed runs that match?", "accounting period Jun 2026 is", "still closed in NetSuite", "[  No  ]")
	s.press("esc")
	s.gone("Retry all")
	s.goes("esc", "all runs, following") // the filter first
	s.press("esc")
	s.until("the cursor is where it was", func(screen string) bool { return onRow(screen, "2 Period closed") })
	s.press("enter")
	s.see("› run INVOICE-101", "ACCOUNTING_PERIOD_CLOSED", "Northwind Analytics · northwind · ") // by name, too
	s.resize(60, 16)
	s.see("✗ PERIOD_CLOSED  ", "nothing in NetSuite")
}

// A terminal that has only ASCII gets only that.
func TestASCIIAlone(t *testing.T) {
	t.Parallel()
	s := start(t, 100, 30, nil, "demo", "--latency", "5ms", "--ascii")
	s.see("There is no integration yet")
	s.press("n")
	s.see("* 1 Entity type", "o 2 Destination", "> Bill")
	for _, r := range s.written() {
		if r >= 0x80 {
			text, _ := s.text()
			t.Fatalf("%q was written:\n%s", r, strings.TrimSpace(text))
		}
	}
}

// The palette does an action by its name, and goes to a place by some letters of
// it; help is searched without closing.
func TestThePaletteByName(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	s.see("There is no integration yet")
	s.press(":", "creat")
	s.see("All actions", "▸ create")
	s.press("enter")
	s.see("● 1 Entity type")
	s.press("esc")
	s.see("There is no integration yet")
	s.press(":", "extmap")
	s.see("▸ go to the external mappings")
	s.press("enter")
	s.see("mappings")
	s.press("?")
	s.see("Keys: ")
	s.press("/", "import")
	s.see("import CSV", "1 of ")
	s.press("esc")
	s.see("close or go back")
	s.press("esc")
	s.gone("close or go back")
}

// click presses and lets go the left button on the first cell of a text, and
// whereever else it was before.
func (s *terminal) click(text string) {
	s.t.Helper()
	screen := s.see(text)
	for y, l := range strings.Split(screen, "\n") {
		if i := strings.Index(l, text); i >= 0 {
			x := len([]rune(l[:i])) + 1
			s.press(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x, y+1, x, y+1))
			return
		}
	}
}

// A click on a hint, a row, the same row and a tab does what the keys do, the wheel
// scrolls, ctrl+t gives the mouse back, and after fg it is on again.
func TestTheMouseInATerminal(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	s.click("INVOICE-105")
	s.until("the cursor is on INVOICE-105", func(screen string) bool { return onRow(screen, "INVOICE-105") })
	s.press("\x1b[<65;10;10M")
	s.until("the wheel went on", func(screen string) bool { return onRow(screen, "INVOICE-108") })
	s.click("INVOICE-108")
	s.see("run INVOICE-108", "[1 Summary]")
	s.click("2 Bill")
	s.see("[2 Bill]")
	s.click("? help")
	s.see("Keys: ")
	s.press("esc")
	s.gone("Keys: ")
	s.press("ctrl+t")
	s.see("the mouse is the terminal's")
	last := func(text string) int { return strings.LastIndex(s.written(), text) }
	modes := func(what, newer, older string) { // they are written beside the frame, before it or after
		s.until(what, func(string) bool {
			return last("\x1b[?1002"+newer) > last("\x1b[?1002"+older) && last("\x1b[?1006"+newer) > last("\x1b[?1006"+older)
		})
	}
	modes("the mouse is off", "l", "h")
	s.press("ctrl+t")
	s.see("the mouse clicks and scrolls here")
	modes("the mouse is on", "h", "l")
}

func onRow(screen, text string) bool {
	for _, l := range strings.Split(screen, "\n") {
		if strings.Contains(l, "▸") && strings.Contains(l, text) {
			return true
		}
	}
	return false
}

// After fg the mouse is on again.
func TestTheMouseAfterSuspension(t *testing.T) {
	t.Parallel()
	s := startProgram(t, "/bin/sh", 100, 30, nil, "-m", "-c", program+" demo --latency 5ms; echo STOPPED; read line; fg")
	s.see("There is no integration yet")
	s.press("ctrl+z")
	s.see("STOPPED")
	s.press("enter")
	s.see("There is no integration yet")
	s.click("n create")
	s.see("● 1 Entity type")
}

// Marked runs are acted on together: here the Bills of a closed period and of a
// missing mapping are skipped with one reason.
func TestMarkedRunsInATerminal(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.press("s")
	s.see("status:failed", "3 runs")
	s.press("g", "V")
	s.see("1 marked, V ends the range")
	s.press("G", "V")
	s.see("3 marked")
	s.press("x")
	s.see("3 marked runs", "skip")
	s.press("p")
	s.see("Skip: 3 runs")
	s.press("invoiced by hand")
	s.press("ctrl+s")
	s.see("3 runs skipped", "No run matches this filter")
}

// A filter that was typed is kept under a name, and is there in another session, in the
// palette and for commands.
func TestSavedFiltersInATerminal(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, 100, 30, nil, "--no-keyring", "--data-dir", dir)
	s.see("Press n to create an integration.")
	s.press(":", "runs of all", "enter")
	s.see("No runs yet")
	s.press("/", "cause:period_closed", "ctrl+s")
	s.see("Save a filter", "cause:period_closed")
	s.press("Closed periods", "ctrl+s")
	s.see("the filter is saved as “Closed periods”")
	s.press("ctrl+c")
	s.ends()

	if out := command(t, "--no-keyring", "--data-dir", dir, "runs", "list", "--saved", "closed periods", "--json"); out != "[]\n" {
		t.Errorf("the command lists %q", out)
	}
	s = start(t, 100, 30, nil, "--no-keyring", "--data-dir", dir)
	s.see("Press n to create an integration.")
	s.press(":", "closed")
	s.see("▸ filter runs: Closed periods")
	s.press("enter")
	s.see("/ cause:period_closed")
	s.press("F")
	s.see("Saved filters of the runs", "▸ Closed periods")
	s.press("e", "ctrl+u", "Closed months", "ctrl+s")
	s.see("▸ Closed months")
	s.press("d")
	s.see("Delete the filter Closed months?", "[  No  ]")
	s.press("y")
	s.see("No filter is saved yet")
}
