package e2e

import (
	"strings"
	"testing"
)

// What docs/EXPECTATIONS.md promises, by the keys that a person presses, on one program.
// Its number stands beside each.
func TestExpectations(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)

	// 12: vim keys beside the arrows; 21: the cursor stays on its row while rows come.
	s.press("g", "j")
	s.until("j goes down", func(screen string) bool { return onRow(screen, "INVOICE-102") })
	s.press("k", "j", "j")
	s.until("k goes up", func(screen string) bool { return onRow(screen, "INVOICE-103") })
	s.press("D", "b")
	s.see("100 Bills were added")
	s.see("140 runs")
	s.until("the cursor stays", func(screen string) bool { return onRow(screen, "INVOICE-103") })
	s.press("G", "g")
	s.until("g is the first", func(screen string) bool { return onRow(screen, "INVOICE-") && !onRow(screen, "INVOICE-103") })

	// 15: an id is copied through the terminal; 16: an address is a link, and plain text.
	s.filters("bill:INVOICE-103", "1 run ")
	s.press("y")
	s.see("copied")
	if !strings.Contains(s.written(), "\x1b]52;c;") {
		t.Error("nothing was put on the clipboard by OSC 52")
	}
	s.press("enter")
	s.see("[1 Summary]", "Link            http://127.0.0.1")
	if !strings.Contains(s.written(), "\x1b]8;;http://127.0.0.1") {
		t.Error("the address is no link")
	}

	// 13: an error stands until a key, a success goes by itself.
	s.press("u")
	s.see("✗ nothing to take back")
	s.press("j")
	s.gone("nothing to take back")
	s.press("y")
	s.see("✓ copied")
	s.gone("✓ copied")

	// 1: esc goes one step back, and at the end nowhere.
	s.press("esc")
	s.see("/ bill:INVOICE-103")
	s.press("esc")
	s.see("140 runs")
	s.press("esc")
	s.see("Connected since")

	// 20: what destroys asks, No is the default, and what is connected asks for its name.
	s.press("d")
	s.see("Delete NetSuite US?", "Type its name to delete it")
	s.press("wrong", "enter")
	s.see("That is not its name. esc keeps it.")
	s.press("esc")
	s.gone("Delete NetSuite US?")
	s.press("x", "e")
	s.see("Disable NetSuite US?", "[  No  ]")
	s.press("enter")
	s.gone("Disable NetSuite US?")
	s.see("● CONNECTED")
	s.press("esc")
	s.see("Needs you")
	for range 5 {
		s.press("esc")
	}

	// 5: a small terminal is enough; a smaller one says so and takes no keys.
	s.resize(60, 16)
	s.see("NetSuite US", "? help")
	s.resize(50, 12)
	s.see("billferry needs 60x16")
	s.resize(120, 36)
	s.see("Needs you")

	// 3: the keys are on the screen, all under ?, and one that does not work says why.
	s.see("n create · enter open · r runs · M month end", "? help")
	s.press("d")
	s.see("d does not work now: only a draft can be discarded")
	s.press("?")
	s.see("Keys: Integrations", "discard the draft", "not now: only a draft")
	s.press("esc")
	s.gone("Keys: Integrations")

	// 4: / filters, folds accents, stays with enter, goes with esc, comes back with up.
	s.press("m")
	s.see("Café Lumière")
	s.press("/", "muller")
	s.see("Müller & Söhne", "1 of ")
	s.gone("Café Lumière")
	s.press("enter", "esc")
	s.see("Café Lumière")
	s.press("/", "up")
	s.see("/ muller", "1 of ")
	s.press("esc", "esc", "esc")
	s.see("Needs you")

	// What needs a person is acted on from home, with a question first.
	s.press("up", "R")
	s.see("Retry all failed runs that match?", "1 eligible", "[  No  ]")
	s.press("enter", "esc", "esc")
	s.see("Needs you")
}

// What waits is held, and u takes that back. 14: slow work shows that it goes on, and esc
// stops it; what was typed stays.
func TestUndoAndSlowWork(t *testing.T) {
	t.Parallel()
	s := start(t, 100, 40, nil, "demo", "--latency", "3s")
	create(s, "NetSuite US")
	s.press("r")
	s.see("○ WAITING")
	s.press("x", "h")
	s.see("Hold: ", "Reason")
	s.press("ask the controller")
	s.press("ctrl+s")
	s.see("held; u takes it back", "HELD")
	s.press("u")
	s.see("taken back: ", "released")
	s.gone("HELD")
	s.press("x", "h")
	s.see("Hold: ", "Reason")
	s.press("ask again", "ctrl+s")
	s.see("held; u takes it back", "HELD")
	s.press("x", "p")
	s.see("Skip: ", "Reason")
	s.press("no need to", "ctrl+s")
	s.see("skipped", "COMPLETE")
	s.press("u") // the hold has been followed by what stays
	s.see("it is on the record and is not taken back")
	s.press("esc")
	s.see("not yet authenticated")
	demoValues(s, "c")
	s.press("ctrl+s")
	s.see("asking NetSuite, esc stops")
	s.press("esc")
	s.see("stopped before the connection was verified; nothing was saved", "TSTDRV1234567")
}
