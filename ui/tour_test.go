package ui

import (
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
)

// newcomer is a demo in which nothing was made yet.
func newcomer() *servicetest.Fake {
	f := servicetest.New()
	info := service.Info{Mode: "embedded", Sandbox: true, Demo: &service.DemoInfo{Destination: "Netsuite",
		Connect: map[string]string{"externalCustomerId": "TSTDRV1"}, Told: []string{"External Customer Id TSTDRV1"}}}
	f.SetInfo(info)
	return f
}

// stopped is a demo with Bills of which one fell into a closed period.
func stopped() *servicetest.Fake {
	f := newcomer()
	us := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	f.AddCredentials(us.ID, integration.Credentials{Values: spec.Values{"externalCustomerId": "TSTDRV1"}, ConnectedAt: servicetest.Start})
	bills(f, us.ID)
	return f
}

func bills(f *servicetest.Fake, of string) {
	f.AddRun(integration.Run{ID: "well", IntegrationID: of, EntityID: "b1", BillRef: "INVOICE-1", Status: integration.Complete,
		Outcome: integration.Created})
	f.AddRun(integration.Run{ID: "closed", IntegrationID: of, EntityID: "b2", BillRef: "INVOICE-2", Status: integration.PeriodClosed,
		Cause: "period_closed"})
}

// done is a run that is through.
func done(r *service.RunDetail) { r.Status = integration.Complete }

// touringAt begins the tour in a demo.
func touringAt(names ...string) func(*driver) {
	return func(d *driver) { d.keys("D", "t"); d.keys(names...) }
}

// The tour goes on when something has come about, and not when a key is pressed:
// here all eight steps, the strip never over what it speaks of.
func TestTheTour(t *testing.T) {
	t.Parallel()
	f := newcomer()
	drive(t, f, 80, 24, onHome, func(d *driver) {
		d.shows("Press enter for the tour", "enter the tour")
		d.keys("enter")
		d.shows("Tour 1 of 8: create an integration", "esc leaves it", "Press n.")
		d.hides("Press enter for the tour")
		d.keys("n", "enter", "enter")
		d.shows("Tour 1 of 8", "enter takes what is offered, twice", "leave it: esc on the first screen")
		d.typeText("NetSuite US")
		d.keys("ctrl+s")
		d.shows("Tour 2 of 8: connect it", "Press c")
		d.keys("c")
		d.shows("Tour 2 of 8", "f2 fills in")
		d.keys("esc")
		us, err := f.Integrations(t.Context())
		if err != nil || len(us) != 1 {
			t.Fatal(us, err)
		}
		f.AddCredentials(us[0].ID, integration.Credentials{ConnectedAt: servicetest.Start})
		f.Notify("integration", us[0].ID)
		d.settle()
		d.shows("Tour 3 of 8: the first runs", "Press r")
		d.keys("r")
		d.shows("Tour 3 of 8", "The first ones come within seconds")
		f.AddRun(integration.Run{ID: "queued", IntegrationID: us[0].ID, EntityID: "b3", Status: integration.Waiting})
		bills(f, us[0].ID)
		f.Notify("run", "queued")
		d.settle()
		d.shows("Tour 3 of 8", "Wait for them: 1 to go")
		f.ChangeRun("queued", done)
		d.settle()
		d.shows("Tour 4 of 8: why one failed", "s shows what failed")
		d.keys("s", "enter")
		d.shows("Tour 5 of 8: mend what stopped it", "Press D, then o and ctrl+s")
		d.keys("D", "o")
		d.shows("Tour 5 of 8", "the month that is closed is filled in")
		d.keys("ctrl+s")
		d.shows("Tour 6 of 8: send it again", "Press R")
		d.keys("R")
		d.shows("Tour 6 of 8", "It is on its way")
		runs, err := f.Runs(t.Context(), integration.RunFilter{BillID: "b2"}, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		f.ChangeRun(runs.Runs[0].ID, done)
		d.settle()
		d.shows("Tour 7 of 8: the end of the month", "esc goes back, to the first screen")
		d.keys("esc", "esc", "esc", "esc", "M")
		d.shows("Tour 7 of 8", "enter reconciles")
		d.keys("enter")
		d.shows("Tour 8 of 8: where to go on", "Press :")
		d.keys(":")
		d.shows("Tour 8 of 8", "leave the tour")
		d.keys("esc")
		d.shows("that was the tour; D, then t begins it again")
		d.hides("Tour 8 of 8")
	})
}

// The Bill that fails may be the last to come, when all others are through.
func TestTheTourWhereOneFailsLate(t *testing.T) {
	t.Parallel()
	f := newcomer()
	us := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	f.AddCredentials(us.ID, integration.Credentials{ConnectedAt: servicetest.Start})
	f.AddRun(integration.Run{ID: "well", IntegrationID: us.ID, EntityID: "b1", Status: integration.Complete, Outcome: integration.Created})
	drive(t, f, 80, 24, onRuns, func(d *driver) {
		d.keys("D", "t")
		d.shows("Tour 7 of 8: the end of the month")
		f.AddRun(integration.Run{ID: "closed", IntegrationID: us.ID, EntityID: "b2", Status: integration.PeriodClosed, Cause: "period_closed"})
		f.Notify("run", "closed")
		d.settle()
		d.shows("Tour 4 of 8: why one failed", "enter on one that says Period closed")
	})
}

// In an account that refuses every Bill the tour goes on as well: to the refusal, whose
// fields are what is mended.
func TestTheTourWhereEveryBillIsRefused(t *testing.T) {
	t.Parallel()
	f := stopped()
	for _, id := range []string{"well", "closed"} {
		f.ChangeRun(id, func(r *service.RunDetail) { r.Status, r.Cause, r.Outcome = integration.Errored, "field_missing", "" })
	}
	drive(t, f, 80, 24, onRuns, func(d *driver) {
		d.keys("D", "t")
		d.shows("Tour 4 of 8", "enter on one that says Field missing")
		d.keys("enter")
		d.shows("Tour 5 of 8", "enter: choose a value for each field")
	})
}

// esc closes the innermost thing first and the tour last, which says how to come
// back; D and the palette leave it and go on with it from everywhere.
func TestTheTourIsLeftAtAnyTime(t *testing.T) {
	t.Parallel()
	drive(t, stopped(), 100, 30, onHome, func(d *driver) {
		d.keys("D")
		d.shows("t  take the tour: 8 steps to the end of a month")
		d.keys("t")
		d.shows("Tour 3 of 8")
		d.keys("r", "/", "esc")
		d.shows("Tour 4 of 8")
		d.keys("esc")
		d.shows("Tour 4 of 8", "esc leaves it")
		d.keys("esc")
		d.shows("you left the tour at step 4 of 8: D, then t goes on with it")
		d.hides("Tour 4 of 8", "esc leaves it")
		d.keys("esc") // never more than that
		d.shows("NetSuite US")

		d.keys("r", ":")
		d.typeText("tour")
		d.shows("▸ go on with the tour, at step 4 of 8", "D t")
		d.keys("enter")
		d.shows("Tour 4 of 8", "s shows what failed")
		d.keys("D")
		d.shows("t  leave the tour")
		d.keys("t")
		d.hides("Tour 4 of 8")
	})
}

// The strip takes its own lines: the footer stays the last one, the screen above it
// is one whole, and gets its room back.
func TestTheStripCoversNothing(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ width, height, lines int }{{60, 16, 2}, {80, 24, 2}, {120, 36, 2}, {70, 20, 3}, {100, 18, 1}} {
		drive(t, stopped(), x.width, x.height, onHome, func(d *driver) {
			before := strings.Split(d.view(), "\n")
			d.keys("D", "t")
			after := strings.Split(d.view(), "\n")
			if d.root.strip != x.lines {
				t.Errorf("%dx%d: %d lines", x.width, x.height, d.root.strip)
			}
			if after[x.height-1] != before[x.height-1] {
				t.Errorf("%dx%d: the footer is %q", x.width, x.height, after[x.height-1])
			}
			d.keys("esc")
			d.keys("esc") // the message that says how to come back
			d.update(toastOverMsg{gen: d.root.toast.gen})
			if now := d.view(); now != strings.Join(before, "\n") {
				t.Errorf("%dx%d: the screen did not get its room back:\n%s", x.width, x.height, now)
			}
		})
	}
}

// Without demo D says what it would be, and there is no tour.
func TestNoTourWithoutDemo(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onHome, func(d *driver) {
		d.root.Update(screen.TourMsg{})
		d.keys("D")
		d.shows("D is the menu of billferry demo")
		d.hides("Tour")
	})
}
