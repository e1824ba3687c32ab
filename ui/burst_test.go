package ui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// Keys that one read of the terminal brought together are keys all the same.
func TestKeysOfOneRead(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, pages[1].start, func(d *driver) {
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/uk")})
		d.settle()
		d.shows("/ uk", "NetSuite UK")
		d.hides("NetSuite DE")
	})
}
