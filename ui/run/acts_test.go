package run

import (
	"testing"

	"billferry/internal/decimal"
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
		if got, err := f.Run(t.Context(), s.id); err != nil || got.Status != integration.Complete || got.ExternalID != "48213" ||
			got.Error != "typed in by hand" {
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

// A document that is not evidently the Bill's is shown beside it, and is taken
// only when the person says that it is the Bill's; of another one that says
// nothing.
func TestBothSidesAreShownBeforeARunIsMarkedAsSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f, s := start(t, 100, 40)
		doubt := &integration.Mismatch{
			Bill: integration.Side{Reference: "INVOICE-101", Customer: "globex = 602 Globex", Currency: "USD",
				Amount: decimal.MustParse("-334.40")},
			Document: integration.Side{Reference: "invoice 48213", Customer: "601 Northwind", Currency: "USD", Amount: decimal.MustParse("500.00")},
			Why:      []string{"the document is for customer 601 Northwind, the Bill for 602 Globex"},
		}
		f.Mismatches("48213", doubt)
		f.Mismatches("48214", doubt)
		open := func() bool { got, _ := f.Run(t.Context(), s.id); return got.Status != integration.Complete }
		d.Press("x", "s")
		d.Type("48213")
		d.Press("tab")
		d.Type("typed in by hand")
		d.Press("ctrl+s")
		d.Shows("602 Globex", "601 Northwind", "-334.40", "500.00", "all the same")
		if d.Press("ctrl+s"); !open() {
			t.Fatal("it was taken without a word")
		}
		d.Press("tab", "tab", " ", "shift+tab", "shift+tab", "backspace")
		d.Type("4")
		if d.Press("ctrl+s"); !open() {
			t.Fatal("what was said of one document was taken for another")
		}
		d.Press("tab", "tab", " ", "ctrl+s")
		if got, _ := f.Run(t.Context(), s.id); open() || got.ExternalID != "48214" {
			t.Fatalf("%+v", got.Run)
		}
	})
}
