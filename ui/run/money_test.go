package run

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

// The figures of a run stand with their decimal points one below the other, also where
// m3ter's have more digits than the currency.
func TestFiguresStandAtTheirPoint(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		r := f.AddRun(integration.Run{Status: integration.Errored, Currency: "USD", AmountIn: decimal.MustParse("1719.5751"),
			AmountIncluded: decimal.MustParse("1719.58"), Rounding: decimal.MustParse("-0.0049")})
		uitest.Start(t, New(uitest.Env(f), r.ID), 100, 30).Shows("In the Bill     1,719.5751", "Included        1,719.58\n",
			"Excluded            0.00\n", "Rounding           -0.0049")
	})
}

// Of a Bill that stopped before its lines were mapped the figures add up all the same.
func TestFiguresOfABillThatIsNotMapped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		r := f.AddRun(integration.Run{Status: integration.Errored, Outcome: integration.Held, Currency: "USD",
			AmountIn: decimal.MustParse("-334.4029")})
		uitest.Start(t, New(uitest.Env(f), r.ID), 100, 30).Shows("In the Bill     -334.4029",
			"Included           0.00", "Not mapped      -334.4029")
	})
}
