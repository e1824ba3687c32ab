package ui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

// sizes are those that SCREENS promises to look right at.
var sizes = [][2]int{{60, 16}, {80, 24}, {100, 30}, {160, 50}}

// TestFrames keeps every page at four sizes, without colour.
func TestFrames(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", p.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				p.open(t, size[0], size[1], func(d *driver) { golden.RequireEqual(t, []byte(d.view())) })
			})
		}
	}
}
