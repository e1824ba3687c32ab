package ui

import (
	"testing"

	"billferry/ui/screen"
)

// The palette lists what applies now, with its key, and does it as the key would.
func TestThePaletteDoesWhatTheKeyDoes(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onUK, func(d *driver) {
		d.keys(":")
		d.shows("All actions", "Connect")
		d.hides("half a page", "not now", " test ", // t does not work before Connect
			"go back", "ctrl+c", "when nothing is typed") // none is an action
		d.shows("suspend: to the shell, until fg", "quit  ")
		d.typeText("conn")
		d.keys("enter")
		d.shows("Netsuite Connection")
		d.hides("All actions")
	})
	drive(t, seeded(), 100, 30, onHome, func(d *driver) {
		d.keys("down", ":")
		d.typeText("runs nets us")
		d.keys("enter")
		d.shows("NetSuite US · runs")
		d.keys("esc", ":", "esc")
		d.shows("▸ NetSuite UK")
		d.keys(":")
		d.typeText("zzzz")
		d.shows("Nothing is called that")
		d.keys("enter")
		d.shows("All actions")
	})
}

// Every key that a screen binds can be pressed from the palette.
func TestEveryKeyHasAName(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.open(t, 100, 30, func(d *driver) {
				for _, k := range append(d.root.top().Keys(), screen.Key{Binding: globalKeys[0].Binding}) {
					for _, name := range k.Binding.Keys() {
						if press, ok := keyNamed(name); !ok || press.String() != name {
							t.Errorf("%q is pressed as %q", name, press)
						}
					}
				}
			})
		})
	}
}

// Help is searched without closing.
func TestHelpIsSearched(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onHome, func(d *driver) {
		d.keys("?", "/")
		d.typeText("fold")
		d.shows("Keys: Integrations", "fold the upper part", "1 of ")
		d.hides("quit, always")
		d.keys("esc")
		d.shows("Keys: Integrations", "quit, when nothing")
		d.keys("esc")
		d.hides("Keys: Integrations")
	})
}
