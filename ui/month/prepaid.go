package month

import (
	"cmp"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/ui/widget"
)

// noPrepaid is why there are no customers with prepayments to look at.
func (s *Screen) noPrepaid() string {
	switch {
	case s.work.Doing != "":
		return s.work.Why()
	case s.report == nil:
		return "this month was not reconciled yet"
	case s.report.NoHoldings != "":
		return "prepayments are not compared: " + widget.Clean(s.report.NoHoldings)
	case len(s.report.PrepaidCustomers) == 0:
		return "no item of prepayments has a balance"
	}
	return ""
}

// paidTable gives the columns what the customers need, so that a name is whole where
// there is room.
func (s *Screen) paidTable() widget.Table {
	var want [8]int
	for i := range s.report.PrepaidCustomers {
		for c, cell := range s.paidCells(&s.report.PrepaidCustomers[i]) {
			want[c] = max(want[c], widget.Cells(cell))
		}
	}
	money := func(title string, at, drop int) widget.Column {
		return widget.Column{Title: title, Width: 11, Want: max(1, want[at]), Right: true, Drop: drop}
	}
	return widget.NewTable(s.width-2,
		widget.Column{Title: "PREPAYMENTS OF", Width: 16, Want: want[0], Flex: 2}, widget.Column{Title: "", Width: 4},
		money("CLOSING", 2, 2), money("SINCE", 3, 3), money("IN M3TER", 4, 0), money("NOT BILLED", 5, 4), money("EXPIRED", 6, 1),
		money("DIFFERENCE", 7, 0))
}

// PrepaidName is what a customer with prepayments is called.
func PrepaidName(p *reconcile.PrepaidCustomer) string {
	return widget.Clean(cmp.Or(p.Name, p.Customer, strings.Join(p.Accounts, ", ")))
}

func (s *Screen) paidCells(p *reconcile.PrepaidCustomer) []string {
	sum := func(d decimal.D) string {
		if d.IsZero() {
			return ""
		}
		return widget.Money(d, p.Currency)
	}
	difference := sum(p.Difference())
	switch {
	case p.Apart:
		difference = "currency"
	case p.Agrees():
		difference = ""
	}
	return []string{PrepaidName(p), widget.Clean(p.Currency), sum(p.Closing), sum(p.Since), sum(p.Remaining), sum(p.Unbilled), sum(p.Expired),
		difference}
}

func (s *Screen) paidDetail(p *reconcile.PrepaidCustomer) []string {
	return widget.Wrap(PrepaidWords(s.report, p), s.width)
}

// PrepaidWords says how the two sides of a customer come together.
func PrepaidWords(r *reconcile.Report, p *reconcile.PrepaidCustomer) string {
	money := func(d decimal.D) string { return widget.Money(d, p.Currency) + " " + widget.Clean(p.Currency) }
	system := widget.Clean(r.System)
	text := system + ": " + money(p.Closing) + " at the end of the period"
	if !p.Since.IsZero() {
		text += ", " + money(p.Closing.Add(p.Since)) + " today"
	}
	text += ". m3ter today: " + money(p.Remaining)
	if !p.Unbilled.IsZero() {
		text += ", of which " + money(p.Unbilled) + " is not billed yet"
	}
	text += "."
	if !p.ExpiredHere.IsZero() {
		text += " " + money(p.ExpiredHere) + " expired unused in this period: enter it as revenue."
	} else if !p.Expired.IsZero() {
		text += " " + money(p.Expired) + " of it expired unused."
	}
	switch d := p.Difference(); {
	case p.Apart:
		text += " The two sides are in different currencies and cannot be compared."
	case p.Customer == "":
		text += " No customer is known for " + widget.Clean(strings.Join(p.Accounts, ", ")) + "."
	case p.Agrees():
		text += " Both agree."
	case d.Sign() > 0:
		text += " " + system + " has " + money(d) + " more."
	default:
		text += " " + system + " has " + money(d.Neg()) + " less."
	}
	return text
}
