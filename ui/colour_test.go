package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/muesli/termenv"

	"billferry/ui/screen"
)

// The main screens in the 16 colours of a dark and of a light terminal;
// TestFrames has them without any. It is not parallel: the colours of the
// whole process are turned, which no test that runs beside it may see.
func TestColours(t *testing.T) {
	lipgloss.SetColorProfile(termenv.ANSI)
	t.Cleanup(func() { lipgloss.SetColorProfile(termenv.Ascii); lipgloss.SetHasDarkBackground(true) })
	for _, background := range []string{"dark", "light"} {
		lipgloss.SetHasDarkBackground(background == "dark")
		for _, p := range []struct {
			name  string
			start screen.Route
		}{
			{"home", screen.Route{}},
			{"details", screen.Route{Name: screen.Details, ID: "de"}},
			{"runs", screen.Route{Name: screen.Runs, ID: "us"}},
			{"create", screen.Route{Name: screen.Create}},
		} {
			t.Run(p.name+"/"+background, func(t *testing.T) {
				drive(t, seeded(), 100, 30, p.start, func(d *driver) {
					if p.start.Name == screen.Create {
						d.keys("enter", "enter")
					}
					frame := d.root.View()
					if fault := misfit(frame, 100, 30); fault != "" {
						t.Fatal(fault)
					}
					if strings.Contains(frame, "38;") || strings.Contains(frame, "48;") {
						t.Fatal("a colour beyond the 16 that every terminal has")
					}
					golden.RequireEqual(t, []byte(frame))
				})
			})
		}
	}
}
