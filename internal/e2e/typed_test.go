package e2e

import (
	"strings"
	"testing"
)

// What is typed is not lost by a key: letters stay letters, esc and ctrl+c ask while
// something is not saved, and the answer is No until it is chosen.
func TestTypedWorkIsAskedFor(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	s.press("e")
	s.see("▸   Name *")
	s.press(" q?:/D")
	s.see("NetSuite US q?:/D", "changed, not saved")
	s.press("f1")
	s.see("Keys: Edit", "find a setting", "next field")
	s.press("esc", "esc")
	s.see("Discard the changes?", "[  No  ]")
	s.press("enter", "ctrl+c")
	s.see("Leave billferry?", "[  No  ]")
	s.press("n")
	s.gone("Leave billferry?")
	s.press("esc")
	s.see("Discard the changes?")
	s.press("y")
	s.see("Connected since")
	s.gone("q?:/D")

	s.press("esc")
	s.see("Needs you")
	s.press("m", "n")
	s.see("Create external mapping", "▸   External entity ID *")
	s.press("4711")
	s.see("4711")
	s.press("esc")
	s.see("Discard", "[  No  ]")
	s.press("enter")
	s.gone("Discard")
	s.see("Create external mapping", "4711")
	s.press("esc")
	s.see("[  No  ]")
	s.press("y")
	s.gone("Create external mapping")
	if strings.Contains(s.see("mappings"), "4711") {
		t.Error("what was discarded was saved")
	}
}

// Letters on a setting that is chosen from a list search that list, and a key that does
// nothing on a setting says so.
func TestLettersSearchAListInATerminal(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	s.press("e")
	s.see("▸   Name *")
	s.press("down")
	s.see("▸   Account Ids", "type to search, enter opens")
	s.press("glo")
	s.see("Search: glo", "▸ [ ] Globex Logistics")
	s.press("enter")
	s.see("1 account: Globex Logistics", "type to search, enter opens")
	s.press("tab", "tab", "tab", "tab")
	s.see("▸   Only Send Bill On Approval")
	s.press("x")
	s.see("✗ x does nothing here: space switches it")
	s.press("space")
	s.see("[x] on")
	s.gone("does nothing here")
	s.press("esc", "y")
	s.gone("Discard the changes?")
}

// A page that was scrolled returns to its place when the terminal shrinks and grows,
// and a row stays under the cursor.
func TestAPlaceIsKeptThroughResizes(t *testing.T) {
	t.Parallel()
	s := connected(t, 100, 30)
	delivered(s)
	s.press("esc")
	s.see("✓ COMPLETE 37")
	s.press("ctrl+d", "ctrl+d")
	before := s.see("Netsuite Default Item Id")
	s.resize(64, 17)
	s.until("it is smaller", func(screen string) bool {
		return !strings.Contains(screen, before) && strings.Contains(screen, "? help")
	})
	s.resize(100, 30)
	s.until("the page is where it was", func(screen string) bool { return screen == before })
	s.press("r", "g")
	s.see("40 runs")
	for range 12 {
		s.press("j")
	}
	s.until("the cursor is there", func(screen string) bool { return onRow(screen, "INVOICE-113") })
	s.resize(60, 16)
	s.until("the cursor stays, smaller", func(screen string) bool { return onRow(screen, "INVOICE-113") })
	s.resize(140, 50)
	s.until("the cursor stays, larger", func(screen string) bool { return onRow(screen, "INVOICE-113") })
}
