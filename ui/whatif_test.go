package ui

import (
	"errors"
	"fmt"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
)

// changing is a service where other settings move money to another item.
func changing() *servicetest.Fake {
	f := seeded()
	amount := decimal.MustParse
	c := service.Coverage{Bills: 320, Documents: 318, Money: []service.ItemMoney{
		{Rule: "Item Mapping", Item: "101", Name: "Usage", Currency: "EUR", Amount: amount("5"), After: amount("5")},
		{Rule: "Item Mapping", Item: "101", Name: "Usage", Currency: "USD", Amount: amount("7200.50")},
		{Rule: "Default Item", Item: "199", Name: "Services (default)", Currency: "USD", Default: true,
			Amount: amount("1234567.89"), After: amount("1234567.89")},
		{Rule: "Default Item", Item: "199", Name: "Services (default)", Currency: "EUR", Default: true, Amount: amount("3"), After: amount("3")},
		{Rule: "Item Mapping", Item: "101", Name: "Usage", Currency: "GBP", Amount: amount("5"), After: amount("5")},
		{Rule: "Item Mapping", Item: "102", Name: "Platform usage", Currency: "USD", After: amount("7200.50")},
	}, Change: &service.WhatIf{Stops: []service.DryRun{{Verdict: "stops", Cause: "item_missing", Runs: 2,
		Reason: "line 3 (STANDING_CHARGE) has no item"}}}}
	for i := range 24 {
		c.Change.Bills = append(c.Change.Bills, service.ChangedBill{RunID: fmt.Sprint("r", i), Bill: fmt.Sprintf("INVOICE-%d", 400+i),
			Account: "acme", What: []string{"line 1: item 101 → 102"}})
	}
	f.SetCoverage(c)
	return f
}

// change saves an edit that changes a setting.
func change(d *driver) { d.keys("space", "ctrl+s") }

// dueDate is the edit of a setting that a space changes.
var dueDate = screen.Route{Name: screen.Edit, ID: "uk", Arg: "netsuiteSendDueDate"}

func onEdit(t *testing.T, f *servicetest.Fake, do func(*driver)) {
	t.Helper()
	drive(t, f, 100, 30, dueDate, do)
}

func TestSavingShowsFirstWhatItChanges(t *testing.T) {
	t.Parallel()
	onEdit(t, changing(), func(d *driver) {
		change(d)
		d.shows("What saving changes", "24 of the latest 320 kept Bills", "2 would stop (item_missing), now 0: line 3",
			"101 Usage", "7,200.50", "102 Platform usage", "The money on 1 other item stays", "INVOICE-400 acme: line 1: item 101 → 102")
		d.hides("1,234,567.89")
		d.keys("end")
		d.shows("INVOICE-419", "and 4 more")
		d.hides("INVOICE-420")
		d.keys("n")
		d.shows("changed, not saved")
		if n := d.fake.Calls("Update"); n != 0 {
			t.Errorf("back saved: %d updates", n)
		}
		d.keys("ctrl+s", "y")
		d.shows("Saved")
		if n := d.fake.Calls("Update"); n != 1 {
			t.Errorf("%d updates", n)
		}
	})
}

// A name, or settings that change no Bill, are saved without a question; a name
// is not even compared.
func TestSavingAsksNothingWhenNothingDiffers(t *testing.T) {
	t.Parallel()
	drive(t, changing(), 100, 30, screen.Route{Name: screen.Edit, ID: "uk"}, func(d *driver) {
		d.typeText(" 2")
		d.keys("ctrl+s")
		d.shows("Saved")
		if n := d.fake.Calls("Coverage"); n != 0 {
			t.Errorf("compared %d times for a name", n)
		}
	})
	onEdit(t, seeded(), func(d *driver) {
		change(d)
		d.shows("Saved")
		if d.fake.Calls("Coverage") != 1 || d.fake.Calls("Update") != 1 {
			t.Error("not compared, or not saved")
		}
	})
}

// Esc stops a comparison and saves nothing; keys that were pressed meanwhile are
// no answer. What cannot be compared can still be saved; what is refused is told
// at its setting.
func TestAComparisonThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	onEdit(t, changing(), func(d *driver) {
		release := d.fake.Hold("Coverage")
		change(d)
		d.shows("comparing with kept Bills", "esc stops")
		d.keys("y", "enter", "esc")
		d.hides("What saving changes")
		d.shows("changed, not saved")
		release()
		d.settle()
		d.hides("What saving changes")
		if n := d.fake.Calls("Update"); n != 0 {
			t.Errorf("%d updates", n)
		}
		d.fake.Fail("Coverage", errors.New("the store is busy"))
		d.keys("ctrl+s")
		d.shows("not known: the store is busy", "all the same")
		d.keys("y")
		d.shows("Saved")
	})
	onEdit(t, changing(), func(d *driver) {
		d.fake.Fail("Coverage", spec.Problems{{Key: "name", Label: "Name", Message: "no such account"}})
		change(d)
		d.hides("What saving changes")
		d.shows("no such account")
	})
}
