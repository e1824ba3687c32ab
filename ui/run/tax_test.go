package run

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

// Net, tax and total stand apart, above the tabs and among the facts.
func TestTaxStandsApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := tried(f)
		d.AmountTax = decimal.MustParse("340.1")
		f.AddRunDetail(d)
		u := uitest.Start(t, New(uitest.Env(f), d.ID).(*Screen), 120, 60)
		u.Shows("1,727.00 USD in · 1,700.50 in NetSuite + 340.10 tax",
			"NetSuite holds  1,700.50", "Tax added         340.10", "With tax        2,040.60")
	})
}

// A run that has made no document yet tells what the destination holds of an earlier
// version of its Bill, above as among the facts.
func TestAnEarlierVersionIsThere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := tried(f)
		d.ExternalID, d.ExternalRef = "", ""
		f.AddRunDetail(d)
		u := uitest.Start(t, New(uitest.Env(f), d.ID).(*Screen), 120, 60)
		u.Shows("1,727.00 USD in · 1,700.50 in NetSuite", "NetSuite holds  1,700.50")
	})
}

// An amendment has fewer lines than its Bill has on the default item.
func TestTheDefaultItemOfAnAmendment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		d := tried(f)
		d.Lines, d.DefaultLines, d.DefaultAmount = 4, 3, decimal.MustParse("1722.83")
		f.AddRunDetail(d)
		u := uitest.Start(t, New(uitest.Env(f), d.ID).(*Screen), 120, 60)
		u.Shows("3 of 4 lines, 1,722.83")
		d.Lines, d.Amends = 1, true
		f.AddRunDetail(d)
		u = uitest.Start(t, New(uitest.Env(f), d.ID).(*Screen), 120, 60)
		u.Shows("lines of the Bill: 3, 1,722.83")
	})
}
