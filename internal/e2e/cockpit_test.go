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
	configure(s, "NetSuite US")
	s.press("ctrl+s")
	s.see("o NOT CONNECTED")
	s.press("esc")
	s.see("> NetSuite US", "24 h ________________________", "Nothing needs you.")
	for _, r := range s.written() {
		if r >= 0x80 {
			text, _ := s.text()
			t.Fatalf("%q was written:\n%s", r, strings.TrimSpace(text))
		}
	}
}
