package mapping

import (
	"fmt"
	"slices"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// newUnit is the smallest amount with so many decimals.
func newUnit(places int) decimal.D { return decimal.New(1, int32(-places)) }

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
		return nil // the document is for another total: sign tells so
	}
	return fail(integration.ClassData, "total_mismatch",
		fmt.Sprintf("the lines of the Bill add up to %s (%s sent, %s excluded) and its billTotal is %s: they differ by %s",
			m.money(sum), m.money(d.Included), m.money(d.Excluded), m.money(d.BillTotal), m.money(d.Rounding)),
		"recalculate the Bill in m3ter, or get it again with all its line items, then retry")
}

// money writes an amount of the Bill for a person.
func (m *mapper) money(d decimal.D) string { return Money(d, m.bill.Currency) }
