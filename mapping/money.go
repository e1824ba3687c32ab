package mapping

import (
	"fmt"
	"slices"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// NetSuite keeps rates to 8 decimals, and reads numbers as doubles, which hold
// 15 digits whatever they are.
const (
	maxRatePlaces = 8
	maxDigits     = 15
)

// round gives parts their amounts by largest remainder: each is rounded down,
// and the units missing from the rounded total go to those that lost most, the
// earlier line first. So the lines add up to total, to the last unit.
func round(parts []part, total decimal.D, places int) []decimal.D {
	amounts := make([]decimal.D, len(parts))
	lost := make([]decimal.D, len(parts))
	order := make([]int, len(parts))
	var sum decimal.D
	for i := range parts {
		amounts[i] = parts[i].amount.Floor(places)
		lost[i] = parts[i].amount.Sub(amounts[i])
		order[i] = i
		sum = sum.Add(amounts[i])
	}
	if sum.Equal(total) {
		return amounts
	}
	slices.SortStableFunc(order, func(a, b int) int { return lost[b].Cmp(lost[a]) })
	unit := decimal.New(1, int32(-places))
	for _, i := range order {
		if sum.Cmp(total) >= 0 {
			break
		}
		amounts[i] = amounts[i].Add(unit)
		sum = sum.Add(unit)
	}
	return amounts
}

// quantityRate tells the quantity and rate to send with an amount. When NetSuite
// would compute another amount from the true ones it is quantity 1 at the
// amount, and why says so; why is empty when nothing is lost. A rate that is a
// price stays as it is; one that is an average is a quotient to begin with, and
// may be rounded.
func quantityRate(p *part, amount decimal.D, places int) (quantity, rate decimal.D, why string) {
	one := decimal.New(1, 0)
	if p.quantity.IsZero() || p.quantity.Equal(one) {
		return one, amount, ""
	}
	rate = p.rate
	if rate.Places() > maxRatePlaces && !p.listed {
		rate = rate.Round(maxRatePlaces)
	}
	switch {
	case p.quantity.Sign() < 0:
		why = "the quantity is negative"
	case p.mixed:
		why = "the lines have different prices"
	case rate.Places() > maxRatePlaces:
		why = "the price " + rate.Trim() + " has more than 8 decimals"
	case rate.Digits() > maxDigits || p.quantity.Digits() > maxDigits:
		why = "NetSuite keeps 15 digits of a number"
	default:
		if product := p.quantity.Mul(rate); !product.Round(places).Equal(amount) {
			why = p.quantity.Trim() + " x " + rate.Trim() + " is " + product.Trim()
		}
	}
	if why != "" {
		return one, amount, why
	}
	return p.quantity, rate, ""
}

// reconcile compares the lines of a Bill with its total. m3ter's total is the
// sum of the lines, or that rounded, or the sum of the rounded lines; anything
// else means that a line is missing or wrong.
func (m *mapper) reconcile(lines []bill.Line) error {
	d := &m.doc
	sum := d.Included.Add(d.Excluded)
	if !m.bill.HasTotal {
		d.BillTotal = sum
		m.warn("the Bill came without billTotal: the sum of its lines stands in for it")
		return nil
	}
	d.BillTotal = m.bill.BillTotal
	d.Rounding = d.BillTotal.Sub(sum)
	if d.Rounding.Abs().Cmp(m.unit) < 0 {
		return nil
	}
	var rounded decimal.D
	for i := range lines {
		rounded = rounded.Add(lines[i].ConvertedSubtotal.Round(m.places))
	}
	if rounded.Equal(d.BillTotal) {
		m.warn("billTotal %s is the sum of rounded lines; the lines add up to %s, and that is sent", d.BillTotal, sum)
		return nil
	}
	return fail(integration.ClassData, "total_mismatch",
		fmt.Sprintf("the lines of the Bill add up to %s %s (%s sent, %s excluded) and its billTotal is %s: they differ by %s",
			sum, d.Currency, d.Included, d.Excluded, d.BillTotal, d.Rounding),
		"recalculate the Bill in m3ter, or get it again with all its line items, then retry")
}
