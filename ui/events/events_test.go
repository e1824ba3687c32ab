package events

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

func start(t testing.TB, w, h int) (*uitest.Driver, *servicetest.Fake) {
	f := servicetest.New()
	f.AddEvent(integration.Event{Name: integration.EventPerform, Time: servicetest.Start.Add(-9 * time.Hour), Actioned: servicetest.Start,
		Message: "old news"})
	names := []string{integration.EventValidation, integration.EventMissingMapping, integration.EventAuthentication, integration.EventPerform,
		integration.EventDisabled}
	for i := len(names) - 1; i >= 0; i-- { // the oldest first
		f.AddEvent(integration.Event{Name: names[i], Time: servicetest.Start.Add(-time.Duration(i) * time.Hour), IntegrationID: "in-1",
			RunID: "run-1", AccountID: "acct-1",
			Message: fmt.Sprintf("Thing %d went wrong. Mend it, then retry the run; nothing was sent to NetSuite meanwhile.", i)})
	}
	return uitest.Start(t, New(uitest.Env(f), ""), w, h), f
}

func bubble(t *testing.T, test func(t *testing.T)) { t.Parallel(); synctest.Test(t, test) }

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, size := range uitest.Sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _ := start(t, size[0], size[1]); d.Golden() })
		})
	}
}

func TestButtons(t *testing.T) {
	t.Parallel()
	full := func(name string) integration.Event {
		return integration.Event{Name: name, IntegrationID: "in", RunID: "run", AccountID: "acct"}
	}
	for name, want := range map[string]button{
		integration.EventValidation:     {"Go to integration run", screen.Route{Name: screen.Run, ID: "run"}},
		integration.EventPerform:        {"Go to integration run", screen.Route{Name: screen.Run, ID: "run"}},
		integration.EventMissingMapping: {"Create external mapping", screen.Route{Name: screen.Mappings, ID: "in", Arg: "acct"}},
		integration.EventAuthentication: {"Go to integration", screen.Route{Name: screen.Details, ID: "in"}},
		integration.EventDisabled:       {"Go to integration", screen.Route{Name: screen.Details, ID: "in"}},
	} {
		if got := buttonOf(full(name)); got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	many := full(integration.EventPerform)
	many.Count, many.Status, many.Cause = 40, integration.PeriodClosed, "period_closed"
	if got, want := buttonOf(many), (button{"Go to integration runs",
		screen.Route{Name: screen.Runs, ID: "in", Arg: "status:accounting_period_closed cause:period_closed"}}); got != want {
		t.Errorf("what happened often has %+v, want %+v", got, want)
	}
	if got := buttonOf(integration.Event{Name: integration.EventPerform}); got.to.Name != "" {
		t.Errorf("an event about nothing leads to %+v", got.to)
	}
}

func TestEnterFollowsTheButton(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 20)
		d.Press("down", "enter")
		if got := d.Pushed(); got != (screen.Route{Name: screen.Mappings, ID: "in-1", Arg: "acct-1"}) {
			t.Errorf("enter opened %+v", got)
		}
	})
}

func TestActioned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 20)
		d.Hides("old news")
		d.Press("a")
		d.Hides("Thing 0")
		if d.Toast() != "marked as ACTIONED: i shows it again" {
			t.Errorf("toast %q", d.Toast())
		}
		d.Press("i")
		d.Shows("old news", "Thing 0", "✓ ACTIONED")
		d.Press("home", "a")
		d.Press("i")
		d.Shows("Thing 0")
	})
}

// The message stands whole however long it is, the integration has its name, and
// what closed by itself is told apart from what a person saw to.
func TestTheWholeMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		in := f.AddIntegration(integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite"})
		long := strings.Repeat("NetSuite said a great deal about this Bill. ", 14) + "To do: the very end."
		f.AddEvent(integration.Event{Name: integration.EventPerform, IntegrationID: in.ID, Message: long})
		for i := range 9 {
			f.AddEvent(integration.Event{Name: integration.EventValidation, IntegrationID: in.ID, Message: fmt.Sprint("short ", i)})
		}
		f.AddEvent(integration.Event{Name: integration.EventPerform, IntegrationID: in.ID, Message: "gone by itself",
			Actioned: servicetest.Start, Resolved: true})
		for _, size := range [][2]int{{60, 16}, {100, 24}} {
			d := uitest.Start(t, New(uitest.Env(f), ""), size[0], size[1])
			d.Press("end")
			d.Shows("the very end.", "NetSuite US", "▸ not delivered")
			d.Press("home")
			d.Shows("short 8", "Bill not valid")
			d.Press("i")
			d.Press("home")
			d.Shows("✓ RESOLVED", "gone by itself")
		}
	})
}

func TestFilterAndLive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("/")
		d.Type("thing 3")
		d.Press("enter")
		d.Shows("1 of 5", "Thing 3")
		d.Hides("Thing 2")
		d.Press("esc")
		d.Press("home", "down", "down")
		f.AddEvent(integration.Event{Name: integration.EventPerform, Message: "brand new", Time: servicetest.Start})
		d.Changed("event")
		d.Shows("brand new", "▸ login refused")
	})
}

func TestEmptyAndFailed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := uitest.Start(t, New(uitest.Env(f), "in-1"), 80, 12)
		d.Shows("Nothing needs you")
		f.Fail("Events", errors.New("the store is closed"))
		d.Do(d.Init())
		d.Shows("the store is closed")
	})
}

func TestKeysAreTheirHelp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		uitest.CheckKeys(t, func() *uitest.Driver { d, _ := start(t, 100, 20); return d })
	})
}

func TestNeverLargerThanTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w, h := rapid.IntRange(1, 200).Draw(r, "width"), rapid.IntRange(1, 60).Draw(r, "height")
		synctest.Test(t, func(t *testing.T) {
			d, _ := start(t, w, h)
			fresh := d.View()
			d.Resize(20, 5)
			d.View()
			if d.Resize(w, h); d.View() != fresh {
				t.Errorf("%d x %d: shrunk and grown back it differs", w, h)
			}
		})
	})
}

// Every event is called by words, also one about a document, which its cause tells.
func TestEventsHaveWords(t *testing.T) {
	t.Parallel()
	for _, name := range []string{integration.EventValidation, integration.EventMissingMapping, integration.EventAuthentication,
		integration.EventPerform, integration.EventDisabled, integration.EventSource, integration.EventDocument, integration.EventPayment,
		integration.EventPlan} {
		if got := Words(integration.Event{Name: name}); got == name {
			t.Errorf("%s has no words", name)
		}
	}
	if got := Words(integration.Event{Name: integration.EventDocument, Cause: "voided_since"}); got != "voided since it was sent" {
		t.Errorf("a voided document is called %q", got)
	}
}
