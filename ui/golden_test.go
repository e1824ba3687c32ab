package ui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"billferry/ui/screen"
)

// sizes are those that SCREENS promises to look right at.
var sizes = [][2]int{{60, 16}, {80, 24}, {100, 30}, {160, 50}}

// pages leads to each screen of this room, by keys from its start.
var pages = []struct {
	name  string
	start screen.Route
	empty bool // of a store with nothing in it
	do    func(*driver)
}{
	{name: "welcome", empty: true},
	{name: "home"},
	{name: "home-filter", do: func(d *driver) { d.keys("/"); d.typeText("uk") }},
	{name: "create-1", do: func(d *driver) { d.keys("n") }},
	{name: "create-2", do: func(d *driver) { d.keys("n", "enter") }},
	{name: "create-3", do: func(d *driver) { d.keys("n", "enter", "enter"); d.typeText("NetSuite US") }},
	{name: "create-3-errors", do: func(d *driver) { d.keys("n", "enter", "enter", "ctrl+s", "down") }},
	{name: "create-3-preview", do: func(d *driver) { d.keys("n", "enter", "enter", "ctrl+p") }},
	{name: "accounts", do: func(d *driver) { d.keys("n", "enter", "enter", "tab", "enter") }},
	{name: "edit", start: screen.Route{Name: screen.Edit, ID: "uk"}},
	{name: "details", start: screen.Route{Name: screen.Details, ID: "us"}},
	{name: "details-new", start: screen.Route{Name: screen.Details, ID: "uk"}},
	{name: "connect", start: screen.Route{Name: screen.Details, ID: "uk"}, do: func(d *driver) { d.keys("c") }},
	{name: "delete", start: screen.Route{Name: screen.Details, ID: "us"}, do: func(d *driver) { d.keys("d") }},
	{name: "test", start: screen.Route{Name: screen.Details, ID: "us"}, do: func(d *driver) { d.keys("t") }},
	{name: "help", do: func(d *driver) { d.keys("?") }},
}

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", p.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				open(t, p.name, size[0], size[1], func(d *driver) { golden.RequireEqual(t, []byte(d.view())) })
			})
		}
	}
}

// open drives to a page by its name.
func open(t *testing.T, name string, width, height int, then func(*driver)) {
	t.Helper()
	for _, p := range pages {
		if p.name != name {
			continue
		}
		f := seeded()
		if p.empty {
			f = emptyStore()
		}
		drive(t, f, width, height, p.start, func(d *driver) {
			if p.do != nil {
				p.do(d)
			}
			then(d)
		})
		return
	}
	t.Fatalf("no page %q", name)
}
