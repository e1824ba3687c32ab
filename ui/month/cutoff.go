package month

import (
	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/ui/widget"
)

func (s *Screen) cutTable() widget.Table {
	money := func(title string, drop int) widget.Column {
		return widget.Column{Title: title, Width: 14, Want: 18, Right: true, Drop: drop}
	}
	return widget.NewTable(s.width-2,
		widget.Column{Title: "ITEM", Width: 8, Flex: 1}, widget.Column{Title: "", Width: 4},
		widget.Column{Title: "SUBSIDIARY", Width: 12, Flex: 2, Drop: 3},
		money("ENDED BEFORE", 0), money("ENDED IN IT", 1), money("ENDS AFTER", 0), money("NO PERIOD", 2))
}

func (s *Screen) cutCells(c *reconcile.CutOff) []string {
	sum := func(d decimal.D) string {
		if d.IsZero() {
			return ""
		}
		return widget.Money(d, c.Currency)
	}
	item := widget.Clean(c.Item)
	if item == "" {
		item = "(none)"
	}
	return []string{item, widget.Clean(c.Currency), widget.Clean(c.Subsidiary), sum(c.Before), sum(c.Within), sum(c.After), sum(c.Undated)}
}

func (s *Screen) cutDetail(c *reconcile.CutOff) []string {
	return widget.Wrap(CutOffWords(s.report, c), s.width)
}

// CutOffWords says what is to be done about an item.
func CutOffWords(r *reconcile.Report, c *reconcile.CutOff) string {
	money := func(d decimal.D) string { return widget.Money(d, c.Currency) + " " + widget.Clean(c.Currency) }
	text := widget.Many(c.Lines, "line") + ", by the last day of their service."
	if !c.Before.IsZero() {
		text += " " + money(c.Before) + " is revenue of an earlier period: accrue it there."
	}
	if !c.After.IsZero() {
		text += " " + money(c.After) + " is for services that end later: defer it."
	}
	if !c.Undated.IsZero() {
		text += " Of " + money(c.Undated) + " no service period is known."
	}
	if c.Liability() {
		text += " Prepayments: fees of " + money(c.Fees) + " less " + money(c.Drawn.Neg()) + " consumed move the liability by " +
			money(c.Fees.Add(c.Drawn)) + "."
	}
	for _, p := range r.Prepayments {
		if p.Item == c.Item && p.Currency == c.Currency && p.Subsidiary == c.Subsidiary {
			text += " Its balance goes from " + money(p.Opening) + " to " + money(p.Closing)
			if !p.Elsewhere.IsZero() {
				text += ", with " + money(p.Elsewhere) + " on documents that are not of this integration"
			}
			text += "."
		}
	}
	return text
}
