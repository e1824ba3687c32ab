package ui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/muesli/termenv"
)

// TestColours draws every page at four sizes in the 16 colours of a dark and
// of a light terminal. The text must be that of TestFrames, so that nothing is
// said by colour alone; the golden files keep which words are drawn how. It is
// not parallel: the colours of the whole process are turned, which no test
// that runs beside it may see.
func TestColours(t *testing.T) {
	back := func() { lipgloss.SetColorProfile(termenv.Ascii); lipgloss.SetHasDarkBackground(true) }
	t.Cleanup(back)
	for _, p := range pages {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", p.name, size[0], size[1]), func(t *testing.T) {
				back()
				p.open(t, size[0], size[1], func(d *driver) {
					plain, found := d.view(), ""
					for _, background := range []string{"dark", "light"} {
						lipgloss.SetColorProfile(termenv.ANSI)
						lipgloss.SetHasDarkBackground(background == "dark")
						d.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]}) // what was drawn once is drawn anew
						if text := d.view(); text != plain {
							t.Errorf("with colours the text is another:\n%s\nwithout:\n%s", text, plain)
						}
						found += background + "\n" + styled(t, d.root.View())
					}
					golden.RequireEqual(t, []byte(found))
				})
			})
		}
	}
}

var (
	sgr  = regexp.MustCompile(`\x1b\[([0-9;]*)m([^\x1b]*)`)
	link = regexp.MustCompile(`\x1b\]8;;[^\x1b]*\x1b\\|\x1b\]8;;[^\a]*\a`)
)

// styled lists the words of a frame that are not drawn plainly, each with its
// line and what it is drawn with.
func styled(t *testing.T, frame string) string {
	t.Helper()
	if strings.Contains(frame, "38;") || strings.Contains(frame, "48;") {
		t.Error("a colour beyond the 16 that every terminal has")
	}
	var out strings.Builder
	for i, l := range strings.Split(link.ReplaceAllString(frame, ""), "\n") {
		for _, m := range sgr.FindAllStringSubmatch(l, -1) {
			if words := strings.TrimSpace(m[2]); words != "" && m[1] != "" && m[1] != "0" {
				fmt.Fprintf(&out, "%d %s %s\n", i+1, m[1], words)
			}
		}
		if strings.Contains(ansi.Strip(l), "\x1b") {
			t.Errorf("line %d has more than colours and links: %q", i+1, l)
		}
	}
	return out.String()
}
