package ui

import (
	"testing"

	"billferry/internal/integration"
)

// up brings back what a list was filtered by, on another visit too, and down what
// was being typed.
func TestFiltersComeBack(t *testing.T) {
	t.Parallel()
	drive(t, reviewed(), 100, 30, onRuns, func(d *driver) {
		for _, line := range []string{"acct:globex", "status:failed"} {
			d.keys("/", "ctrl+u")
			d.typeText(line)
			d.keys("enter")
		}
		d.keys("esc", "esc", "r", "/")
		d.typeText("half")
		d.keys("up")
		d.shows("/ status:failed")
		d.keys("up", "up", "up")
		d.shows("/ acct:globex", "globex", "↑/↓ filters before")
		d.keys("down", "down")
		d.shows("/ half")
		d.keys("up", "enter")
		d.shows("/ status:failed", "Period closed")
	})
	drive(t, reviewed(), 100, 30, onHome, func(d *driver) { // another kind of list
		d.keys("/")
		d.typeText("uk")
		d.keys("enter", "v", "/", "up")
		d.hides("/ uk")
	})
}

// A list is searched without accents.
func TestAccentsFold(t *testing.T) {
	t.Parallel()
	f := seeded()
	f.AddIntegration(integration.Integration{ID: "m", Name: "Müller Zürich", Enabled: true})
	drive(t, f, 100, 30, onHome, func(d *driver) {
		d.keys("/")
		d.typeText("muller zur")
		d.shows("Müller Zürich", "1 of ")
		d.hides("NetSuite US")
	})
}
