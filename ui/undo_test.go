package ui

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
)

// u takes back a hold and a release, once; what cannot be taken back says so; and
// nothing is taken back once something followed.
func TestUndo(t *testing.T) {
	t.Parallel()
	f := seeded()
	f.AddRun(integration.Run{ID: "w", IntegrationID: "us", EntityID: "w", BillRef: "INVOICE-9", Status: integration.Waiting, Currency: "USD"})
	drive(t, f, 110, 30, screen.Route{Name: screen.Run, ID: "w"}, func(d *driver) {
		held := func() bool { r, _ := d.fake.Run(t.Context(), "w"); return r.HeldByHand() }
		d.keys("u")
		d.shows("nothing to take back")
		d.keys("x", "h")
		d.typeText("wait for the controller")
		d.keys("ctrl+s")
		d.shows("INVOICE-9 held; u takes it back")
		if !held() {
			t.Fatal("it is not held")
		}
		d.keys("u")
		d.shows("taken back: INVOICE-9 released")
		if held() {
			t.Fatal("it is still held")
		}
		d.keys("u")
		d.shows("nothing to take back")
		d.keys("x", "h")
		d.typeText("again")
		d.keys("ctrl+s", "x", "l", "u")
		if r, _ := d.fake.Run(t.Context(), "w"); !r.HeldByHand() || r.Error != "again" {
			t.Errorf("after the release was taken back it is %s: %s", r.Standing(), r.Error)
		}
		d.keys("x", "l", "x", "h")
		d.typeText("and again")
		d.keys("ctrl+s")
		if _, err := d.fake.ReleaseRuns(t.Context(), []string{"w"}); err != nil { // somebody else was quicker
			t.Fatal(err)
		}
		d.keys("u")
		d.shows("nothing is taken back: by now INVOICE-9 is WAITING")
		d.keys("x", "h")
		d.typeText("my reason")
		d.keys("ctrl+s")
		for _, act := range []func() (service.ActResult, error){
			func() (service.ActResult, error) { return d.fake.ReleaseRuns(t.Context(), []string{"w"}) },
			func() (service.ActResult, error) { return d.fake.HoldRuns(t.Context(), []string{"w"}, "their reason") },
		} {
			if _, err := act(); err != nil {
				t.Fatal(err)
			}
		}
		d.keys("u")
		d.shows("nothing is taken back: by now INVOICE-9 is HELD (their reason)")
		if !held() {
			t.Error("somebody else's hold was released")
		}
	})
	drive(t, seeded(), 110, 30, screen.Route{Name: screen.Run, ID: "run-1"}, func(d *driver) {
		d.keys("x", "p")
		d.typeText("invoiced by hand")
		d.keys("ctrl+s", "u")
		d.shows("skipped: it is on the record and is not taken back")
	})
}
