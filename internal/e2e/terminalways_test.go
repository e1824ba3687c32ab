package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"billferry/internal/api"
)

// kill -9 in the middle of stage 3 loses nothing that was typed.
func TestAnInterruptedWizard(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "bfd") // a short path: a socket is made in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := start(t, 100, 30, nil, "--no-keyring", "--data-dir", dir)
	configure(s, "Half done")
	for range 14 {
		s.press("down")
	}
	s.see("▸   Netsuite Default Item Id")
	s.press("4711")
	watch(t, dir, func(c *api.Client) bool {
		drafts, err := c.Drafts(t.Context())
		return err == nil && len(drafts) == 1 && strings.Contains(string(drafts[0].Data), `"4711"`)
	})
	s.kill()

	s = start(t, 100, 30, nil, "--no-keyring", "--data-dir", dir)
	s.see("Half done", "DRAFT", "stage 3 of 3")
	s.press("enter")
	s.see("● 3 Configure and create", "Half done", "4711")
	s.press("ctrl+s")
	s.see("Half done", "○ NOT CONNECTED")
	s.press("esc")
	s.see("Half done")
	s.gone("DRAFT")
}

// An arrow key that ssh split in two reads as esc and two letters. Nothing is
// lost by it: the wizard went back a stage, and comes forward with all of it.
func TestASplitArrowKey(t *testing.T) {
	t.Parallel()
	s := demo(t, 80, 24)
	configure(s, "Before the split")
	s.press("esc")
	s.see("● 2 Destination")
	s.press("[A")
	s.press("enter")
	s.see("● 3 Configure and create", "Before the split")
}

func TestResizeWhileTyping(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	configure(s, "Net")
	s.resize(60, 16)
	s.see("● 3 Configure and create", "Net", "──────")
	s.press("Suite")
	s.see("NetSuite")
	s.resize(40, 10)
	s.see("billferry needs 60x16", "this terminal is 40x10")
	s.resize(100, 30)
	s.see("Preview of")
	s.press(" US")
	s.see("NetSuite US ")
}

// ctrl+z gives the terminal back to the shell, and fg the same screen to the
// operator, with what was typed and in the size that the terminal has by then.
func TestSuspended(t *testing.T) {
	t.Parallel()
	s := startProgram(t, "/bin/sh", 100, 30, nil, "-m", "-c", program+" demo --latency 5ms; echo STOPPED; read line; fg")
	configure(s, "Half typed")
	s.press("ctrl+z")
	s.see("STOPPED")
	s.gone("Half typed")
	s.resize(80, 24)
	s.press("enter")
	s.see("● 3 Configure and create", "Half typed")
	s.press(" and more")
	s.see("typed and more")
}

// With --no-mouse the mouse stays the terminal's own, so that text can be selected
// with it; pastes come as pastes; nothing is asked that a terminal may not answer;
// and what was turned on is turned off again, the mouse too.
func TestWhatTheTerminalIsAsked(t *testing.T) {
	t.Parallel()
	ended := func(args ...string) string {
		s := start(t, 100, 30, nil, append([]string{"demo", "--latency", "5ms"}, args...)...)
		s.see("Press n to create an integration.")
		s.press("ctrl+c")
		s.ends()
		return s.written()
	}
	mouse := ended()
	raw := ended("--no-mouse")
	for _, mode := range []string{"?1000h", "?1002h", "?1003h", "?1006h", "]11;?", "]10;?", "[c", "[6n"} {
		if strings.Contains(raw, "\x1b["+mode) || strings.Contains(raw, "\x1b"+mode) {
			t.Errorf("%q was written", mode)
		}
	}
	for _, mode := range []string{"?1002", "?1006"} {
		on, off := strings.LastIndex(mouse, "\x1b["+mode+"h"), strings.LastIndex(mouse, "\x1b["+mode+"l")
		if on < 0 || off < on {
			t.Errorf("%s is turned on at %d and off at %d", mode, on, off)
		}
	}
	for on, off := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?2004h": "\x1b[?2004l", "\x1b[?25l": "\x1b[?25h"} {
		if at := strings.LastIndex(raw, on); at < 0 || strings.LastIndex(raw, off) < at {
			t.Errorf("%q was not written, or not taken back by %q", on, off)
		}
	}
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m`)

func TestNoColour(t *testing.T) {
	t.Parallel()
	plain, coloured := demo(t, 100, 30, "NO_COLOR=1"), demo(t, 100, 30)
	for _, s := range []*terminal{plain, coloured} {
		create(s, "NetSuite US") // the state is a word and a sign
		s.press("ctrl+c")
		s.see("Leave billferry?")
		s.press("y")
		s.ends()
	}
	if !strings.Contains(string(plain.raw), "\x1b[7m \x1b[") {
		t.Error("NO_COLOR, and the cursor of a field cannot be seen")
	}
	if got := colour.Find(plain.raw); got != nil {
		t.Errorf("NO_COLOR, and %q was sent", got)
	}
	if colour.Find(coloured.raw) == nil {
		t.Error("without NO_COLOR there is no colour: the test would not see one")
	}
}

// The colours are those of --theme, else of BILLFERRY_THEME, else of what the terminal
// hints at; nothing is asked for it.
func TestTheTheme(t *testing.T) {
	t.Parallel()
	colours := func(env []string, args ...string) string {
		s := start(t, 100, 30, env, append([]string{"demo", "--latency", "5ms"}, args...)...)
		s.see("Press n to create an integration.")
		s.goes("n", "● 1 Entity type", "> Bill")
		s.kill()
		all := colour.FindAllString(s.written(), -1)
		slices.Sort(all)
		return strings.Join(slices.Compact(all), "")
	}
	dark, light := colours(nil), colours(nil, "--theme", "light")
	if dark == light {
		t.Fatal("--theme light draws the colours of a dark background")
	}
	for what, x := range map[string][2]string{
		"--theme=dark on a light terminal": {dark, colours([]string{"COLORFGBG=0;15"}, "--theme=dark")},
		"a light terminal":                 {light, colours([]string{"COLORFGBG=0;15"})},
		"BILLFERRY_THEME":                  {light, colours([]string{"BILLFERRY_THEME=light"})},
	} {
		if x[0] != x[1] {
			t.Errorf("%s: the colours are %q, not %q", what, x[1], x[0])
		}
	}
	if got := colours(nil, "--theme", "none"); got != "" {
		t.Errorf("--theme none draws %q", got)
	}
	s := start(t, 100, 30, nil, "demo", "--theme", "sepia")
	if code := s.ends(); code != 2 || !strings.Contains(s.written(), "sepia") {
		t.Errorf("it ended with %d and said %q", code, s.written())
	}
}

// Three keys and a name in one go, faster than any screen: they arrive where
// they were meant for.
func TestTypingAhead(t *testing.T) {
	t.Parallel()
	s := demo(t, 100, 30)
	s.see("Press n to create an integration.")
	if _, err := s.tty.Write([]byte("n\r\rTyped ahead")); err != nil {
		t.Fatal(err)
	}
	s.see("● 3 Configure and create", "Typed ahead")
}
