package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"billferry/internal/httpapi"
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
	watch(t, dir, func(c *httpapi.Client) bool {
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

var colour = regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m`)

func TestNoColour(t *testing.T) {
	t.Parallel()
	plain, coloured := demo(t, 100, 30, "NO_COLOR=1"), demo(t, 100, 30)
	for _, s := range []*terminal{plain, coloured} {
		configure(s, "NetSuite US")
		s.press("ctrl+s")
		s.see("○ NOT CONNECTED") // the state is a word and a sign
		s.press("ctrl+c")
		s.ends()
	}
	if got := colour.Find(plain.raw); got != nil {
		t.Errorf("NO_COLOR, and %q was sent", got)
	}
	if colour.Find(coloured.raw) == nil {
		t.Error("without NO_COLOR there is no colour: the test would not see one")
	}
}
