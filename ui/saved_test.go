package ui

import (
	"context"
	"testing"

	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// saving is reviewed with filters that were saved.
func saving() *servicetest.Fake {
	f := reviewed()
	for _, x := range []service.SavedFilter{
		{List: service.FilterRuns, Name: "Closed periods", Line: "cause:period_closed"},
		{List: service.FilterRuns, Name: "Globex", Line: "acct:globex order:oldest"},
		{List: "mappings", Name: "Müller", Line: "muller"},
	} {
		if _, err := f.SaveFilter(context.Background(), x); err != nil {
			panic(err)
		}
	}
	return f
}

// A typed line is kept under a name, used again, renamed and deleted; a line that does
// not read is not kept.
func TestFiltersAreSavedUnderNames(t *testing.T) {
	t.Parallel()
	drive(t, saving(), 120, 30, onRuns, func(d *driver) {
		d.keys("F")
		d.shows("Saved filters of the runs", "Closed periods", "cause:period_closed", "acct:globex order:oldest")
		d.hides("Müller")
		d.keys("n")
		d.shows("n does not work now: the list is not filtered")
		d.keys("down", "enter")
		d.hides("Saved filters")
		d.shows("/ acct:globex order:oldest")
		d.keys("/", "ctrl+u")
		d.typeText("status:nonsense")
		d.keys("ctrl+s")
		d.shows("Save a filter", "status:nonsense")
		d.typeText("Failed ones")
		d.keys("ctrl+s")
		d.shows("✗ filter, column 8", "there is no status")
		d.keys("tab", "ctrl+u")
		d.typeText("status:failed")
		d.keys("ctrl+s")
		d.shows("saved as “Failed ones”", "/ status:nonsense") // the line goes on to be typed
		d.keys("esc", "F", "down", "e")
		d.shows("Edit the filter Failed ones")
		d.keys("ctrl+u")
		d.typeText("globex")
		d.keys("ctrl+s")
		d.shows("the filter \"Globex\" of runs exists already")
		d.keys("ctrl+u")
		d.typeText("All that failed")
		d.keys("ctrl+s")
		d.shows("Saved filters of the runs", "All that failed")
		d.hides("Failed ones ")
		d.keys("g", "d")
		d.shows("Delete the filter All that failed?", "[  No  ]")
		d.keys("enter", "d", "y")
		d.hides("All that failed ")
		d.shows("Closed periods", "Globex")
		d.keys("G", "d", "y", "d", "y")
		d.shows("No filter is saved yet")
		if d.fake.Calls("DeleteFilter") != 3 {
			t.Error("it was deleted without being asked for")
		}
	})
}

// The palette has them by name: those of runs from everywhere, those of another list
// on that list.
func TestThePaletteHasSavedFilters(t *testing.T) {
	t.Parallel()
	drive(t, saving(), 120, 30, onHome, func(d *driver) {
		d.keys(":")
		d.typeText("closed per")
		d.shows("▸ filter runs: Closed periods")
		d.keys("enter")
		d.shows("/ cause:period_closed")
		d.keys(":")
		d.typeText("Müller")
		d.hides("filter mappings")
		d.keys("esc", "esc", "esc", "m", ":")
		d.typeText("Müller")
		d.shows("▸ filter mappings: Müller")
		d.keys("enter")
		d.shows("/ muller")
	})
}

// Every list with a filter can keep it.
func TestEveryListKeepsItsFilters(t *testing.T) {
	t.Parallel()
	for _, to := range []screen.Route{onHome, onRuns, onEvents, onMappings, {Name: screen.Month, ID: "us"}, {Name: screen.Plans, ID: "us"}} {
		drive(t, saving(), 120, 30, to, func(d *driver) {
			list := d.root.top().(screen.Filtered).FilterList()
			d.keys("/")
			d.typeText("x")
			d.keys("ctrl+s")
			d.typeText("Mine")
			d.keys("ctrl+s", "esc", "F")
			d.shows("Saved filters of the "+list, "Mine")
		})
	}
}
