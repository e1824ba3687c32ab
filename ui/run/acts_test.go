package run

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

// A failed run is settled by a person: the reason is asked for, a fault of the
// service stays on screen, and what was done cannot be done twice.
func TestARunIsMarkedAsSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f, s := start(t, 100, 28)
		d.Press("x")
		d.Shows("More actions", "mark as sent", "hold … (it does not wait to be sent)")
		d.Press("s")
		d.Shows("Mark as sent: INVOICE-101", "Reason")
		d.Press("ctrl+s")
		d.Shows("NetSuite's internal id is required", "Reason is required")
		d.Type("48213")
		d.Press("tab")
		d.Type("typed in by hand")
		d.Press("ctrl+s")
		if got, err := f.Run(t.Context(), s.id); err != nil || got.Status != integration.Complete || got.ExternalID != "48213" || got.Error != "typed in by hand" {
			t.Fatalf("%+v, %v", got.Run, err)
		}
	})
}

// A run that waits is held by a person and let go again.
func TestARunIsHeldAndReleased(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		r := f.AddRun(integration.Run{BillRef: "INVOICE-9", Status: integration.Waiting})
		d := uitest.Start(t, New(uitest.Env(f), r.ID), 100, 28)
		held := func() bool { got, _ := f.Run(t.Context(), r.ID); return got.HeldByHand() }
		d.Press("x", "h")
		d.Type("credit check")
		d.Press("ctrl+s")
		if !held() {
			t.Fatal("the run is not held")
		}
		d.Do(d.Init())
		d.Press("x", "l")
		if held() {
			t.Fatal("the run is still held")
		}
	})
}
