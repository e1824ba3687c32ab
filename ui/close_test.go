package ui

import (
	"testing"

	"billferry/internal/integration"
	"billferry/ui/screen"
)

// What an act closes is its own dialog, with what was opened over it while the act went
// on, and never that alone.
func TestADialogClosesItself(t *testing.T) {
	t.Parallel()
	drive(t, reviewed(), 110, 30, onRun, func(d *driver) {
		d.keys("x", "p")
		d.typeText("invoiced by hand")
		release := d.fake.Hold("SkipRun")
		d.update(press("ctrl+s"))
		d.update(press("esc"))
		d.shows("Close this?")
		release()
		d.settle()
		d.hides("Close this?", "Skip: ")
		d.shows("COMPLETE · skipped")
		if len(d.root.dialogs) > 0 {
			t.Errorf("%d dialogs are open", len(d.root.dialogs))
		}
	})
}

// Who answers No to leaving is asked again by the next ctrl+c; a second one while it
// asks leaves.
func TestNoToLeavingIsForgotten(t *testing.T) {
	t.Parallel()
	f := seeded()
	f.AddRun(integration.Run{ID: "s", IntegrationID: "us", EntityID: "s", Status: integration.Started})
	drive(t, f, 110, 30, screen.Route{}, func(d *driver) {
		d.keys("ctrl+c")
		d.shows("Leave billferry?")
		d.keys("n", "ctrl+c")
		if d.quit {
			t.Fatal("it left without asking again")
		}
		d.shows("Leave billferry?")
		d.keys("ctrl+c")
		if !d.quit {
			t.Error("the second ctrl+c does not leave")
		}
	})
}
