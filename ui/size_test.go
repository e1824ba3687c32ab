package ui

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
)

// Whatever the size, no frame is higher or wider than the terminal: a line
// too many would push the header out of sight.
func TestNothingIsLargerThanTheTerminal(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.open(t, 100, 30, func(d *driver) {
				rng := rand.New(rand.NewPCG(7, uint64(len(p.name))))
				for range 30 {
					d.update(tea.WindowSizeMsg{Width: 1 + rng.IntN(200), Height: 1 + rng.IntN(70)})
					d.view()
				}
			})
		})
	}
}

// A terminal that shrinks and grows back shows what a fresh one shows.
func TestShrinkAndGrowBack(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.open(t, 100, 30, func(d *driver) {
				fresh := d.view()
				for _, s := range [][2]int{{60, 16}, {20, 5}, {160, 50}, {80, 24}, {100, 30}} {
					d.update(tea.WindowSizeMsg{Width: s[0], Height: s[1]})
					d.view()
				}
				d.settle() // less than a toast lives
				if got := d.view(); got != fresh {
					t.Fatalf("after growing back:\n%s\nfresh:\n%s", got, fresh)
				}
			})
		})
	}
}

func TestTooSmallSaysSoAndDropsKeys(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 50, 10, screen.Route{}, func(d *driver) {
		d.shows("billferry needs 60x16", "this terminal is 50x10")
		d.keys("n", "q")
		if d.quit {
			t.Fatal("q went through the card")
		}
		d.update(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.shows("NetSuite US")
		d.hides("Entity type")
	})
}

// Every screen has four to six keys in its footer, each key once, each with
// words; and the footer's keys are in the help.
func TestKeysAndHelpAgree(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.open(t, 160, 50, func(d *driver) {
				seen := map[string]string{}
				footer := 0
				for _, k := range d.root.top().Keys() {
					if k.Help().Key == "" || k.Help().Desc == "" {
						t.Errorf("key %v has no words", k.Binding.Keys())
					}
					if k.Footer {
						footer++
					}
					for _, name := range k.Binding.Keys() {
						if other, twice := seen[name]; twice {
							t.Errorf("%s is both %q and %q", name, other, k.Help().Desc)
						}
						seen[name] = k.Help().Desc
					}
				}
				if footer > 7 { // as many as the runs have, of which those without room are left out
					t.Errorf("%d keys in the footer", footer)
				}
			})
		})
	}
}

// A key that is shown as disabled says why when it is pressed.
func TestADisabledKeySaysWhy(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, screen.Route{Name: screen.Details, ID: "uk"}, func(d *driver) {
		d.keys("t")
		d.shows("t does not work now: there are no credentials")
	})
}

func TestQQuitsAndEscNever(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, screen.Route{}, func(d *driver) {
		d.keys("esc", "esc")
		if d.quit {
			t.Fatal("esc quits")
		}
		d.keys("/")
		d.typeText("q")
		if d.quit {
			t.Fatal("q quits while typing")
		}
		d.keys("esc", "q")
		if !d.quit {
			t.Fatal("q does not quit")
		}
	})
}

func TestEveryRouteOpens(t *testing.T) {
	t.Parallel()
	for _, name := range []screen.RouteName{screen.Home, screen.Create, screen.Edit, screen.Details, screen.Runs, screen.Run,
		screen.Events, screen.Mappings} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			id := map[screen.RouteName]string{screen.Edit: "uk", screen.Details: "uk", screen.Run: "run-1"}[name]
			drive(t, seeded(), 80, 24, screen.Route{Name: name, ID: id}, func(d *driver) {
				if name != screen.Home && len(d.root.stack) != 2 {
					t.Fatal("not opened")
				}
				d.view()
				for _, k := range d.root.top().Keys() {
					if key.Matches(press("y"), k.Binding) {
						t.Error("y is the root's")
					}
				}
				if fmt.Sprint(d.root.top().Title()) == "" {
					t.Error("no title")
				}
			})
		})
	}
}
