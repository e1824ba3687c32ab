package e2e

import (
	"strings"
	"testing"
)

// After the seed Bills are through, home tells where their money is, and one key
// opens what needs a person, the most money first.
func TestHomeAtAGlance(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
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
	s.press("enter")
	s.see("cause:period_closed", "1 run ")
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
