package ui

import (
	"testing"

	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// overlapping is a store in which whatever is configured sends the Bills of another
// integration, too.
func overlapping() *servicetest.Fake {
	f := seeded()
	f.SetPreview(service.Preview{Source: "built-in sample", Verdict: "would be sent",
		Overlaps: []service.Overlap{{IntegrationID: "us", Name: "NetSuite US", Accounts: "all accounts", System: "NetSuite"}}})
	return f
}

// The wizard warns beside the settings, and asks before it makes an integration
// that would invoice the Bills of another once more.
func TestTheWizardAsksBeforeBillsAreSentTwice(t *testing.T) {
	t.Parallel()
	drive(t, overlapping(), 120, 36, screen.Route{}, func(d *driver) {
		d.keys("n", "enter", "enter")
		d.typeText("NetSuite DE 2")
		d.settle()
		d.shows("! the integration NetSuite US may send")
		before, err := d.fake.Integrations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.keys("ctrl+s")
		d.shows("Create it beside the other?", "NetSuite US", "invoiced twice")
		d.keys("n") // no
		d.shows("NetSuite DE 2", "[ Create ]")
		d.keys("ctrl+s", "y")
		after, err := d.fake.Integrations(t.Context())
		if err != nil || len(after) != len(before)+1 {
			t.Errorf("%d integrations, %d before: %v", len(after), len(before), err)
		}
		d.shows("not yet authenticated")
	})
}
