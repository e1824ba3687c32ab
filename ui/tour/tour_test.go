package tour

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

func touring(t *testing.T, f *servicetest.Fake) *Tour {
	t.Helper()
	return New(screen.Env{Service: f, Info: service.Info{Demo: &service.DemoInfo{}}})
}

// What a step says fits into the lines that the strip takes, wherever the operator
// is, and names a key.
func TestEveryInstructionFits(t *testing.T) {
	t.Parallel()
	said := 0
	for i := range steps {
		for _, at := range []screen.RouteName{screen.Home, screen.Create, screen.Details, screen.Runs, screen.Run, screen.Month, screen.Events} {
			for _, d := range []Dialog{NoDialog, Other, Connect, Menu, Actions} {
				for cause := range mends {
					for _, open := range []int{0, 1_000_000} { // runs under way
						tour := touring(t, servicetest.New())
						tour.on, tour.step, tour.place = true, i, Place{Screen: at, Dialog: d}
						tour.stopped = integration.Run{ID: "x", Cause: cause}
						tour.now.open, tour.now.mendable = open, integration.CauseTitle(cause)
						text := steps[i].say(tour)
						if said++; strings.Count(text, "`")%2 != 0 {
							t.Errorf("step %d at %s: %q", i+1, at, text)
						}
						for _, width := range []int{60, 79, 80, 120} {
							lines := tour.Lines(width, 24)
							if shown := strings.Join(strings.Fields(ansi.Strip(strings.Join(lines[1:], " "))), " "); shown != strings.ReplaceAll(text, "`", "") {
								t.Errorf("step %d at %s, %d wide: %q of %q", i+1, at, width, shown, text)
							}
							for _, l := range lines {
								if widget.Cells(l) > width {
									t.Errorf("step %d at %s: %q is wider than %d", i+1, at, l, width)
								}
							}
						}
					}
				}
			}
		}
	}
	if said < 1000 {
		t.Errorf("%d instructions", said)
	}
}

// Without demo there is no tour, and no strip.
func TestNoTourWithoutDemo(t *testing.T) {
	t.Parallel()
	tour := New(screen.Env{Service: servicetest.New()})
	if tour != nil || tour.On() || tour.Height(120, 36) != 0 || tour.Lines(120, 36) != nil {
		t.Error("there is a tour")
	}
}

// What stopped again for something else that can be mended is mended first: the tour
// goes one step back, and not past it.
func TestARunThatStopsAgain(t *testing.T) {
	t.Parallel()
	tour := touring(t, servicetest.New())
	tour.on, tour.step = true, mend
	failed := func(id, cause string) integration.Run {
		return integration.Run{ID: id, EntityID: "bill", Status: integration.Errored, Cause: cause}
	}
	tour.stopped = failed("one", "field_missing")
	for _, x := range []struct {
		newest integration.Run
		step   int
	}{
		{failed("one", "field_missing"), mend},
		{integration.Run{ID: "two", EntityID: "bill", Status: integration.Waiting}, mend + 1},
		{failed("two", "period_closed"), mend},
		{integration.Run{ID: "three", EntityID: "bill", Status: integration.Started}, mend + 1},
		{integration.Run{ID: "three", EntityID: "bill", Status: integration.Complete}, mend + 2},
	} {
		tour.now.newest = x.newest
		tour.advance()
		if tour.step != x.step {
			t.Errorf("after %s %s: step %d, want %d", x.newest.ID, x.newest.Status, tour.step, x.step)
		}
	}
	tour.step, tour.now.newest = mend, failed("four", "negative_total") // nothing of demo mends that
	if tour.advance(); tour.step != mend+2 {
		t.Errorf("it waits for what cannot be mended: step %d", tour.step)
	}
}

// A reading that fails leaves what is known.
func TestAReadingThatFails(t *testing.T) {
	t.Parallel()
	tour := touring(t, servicetest.New())
	tour.on, tour.step, tour.now.created = true, 1, true
	tour.took(facts{}, fmt.Errorf("the store is away"))
	if !tour.now.created || tour.step != 1 {
		t.Errorf("step %d, %+v", tour.step, tour.now)
	}
}

// While runs are sent again nobody knows what stops: the step that looks at one waits.
func TestWhyOneFailedWaitsForRuns(t *testing.T) {
	t.Parallel()
	tour := touring(t, servicetest.New())
	tour.on, tour.step, tour.now.open = true, mend-1, 3
	if tour.advance(); tour.step != mend-1 {
		t.Errorf("step %d while 3 runs are under way", tour.step)
	}
	tour.now.open = 0
	if tour.advance(); tour.step != mend+2 {
		t.Errorf("step %d with nothing to mend", tour.step)
	}
}
