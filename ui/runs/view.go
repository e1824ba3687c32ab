package runs

import (
	"fmt"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// headLines stand above the rows: the filter with the totals, and the titles.
const headLines = 2

// resultColumn is the place of RESULT among the columns.
const resultColumn = 7

// columns lays the list out for rows whose cells want so much room.
func columns(width int, want []int) widget.Table {
	cols := []widget.Column{
		{Title: "STATUS", Width: 13, Flex: 1, Min: 10},
		{Title: "ACCOUNT", Width: 9, Flex: 1},
		{Title: "BILL", Width: 13, Flex: 1, Min: 11},
		{Title: "PERIOD", Width: 7, Drop: 4},
		{Title: "IN", Width: 16, Flex: 1, Right: true, Min: 16},
		{Title: "OUT", Width: 11, Flex: 1, Right: true, Drop: 2},
		{Title: "TRIES", Width: 7, Right: true, Drop: 3},
		{Title: "RESULT", Width: 15, Flex: 9},
	}
	for i := range want {
		cols[i].Want = want[i]
	}
	return widget.NewTable(width, cols...)
}

// fit makes room for the rows of a page. Columns only grow until the list
// starts over, so that nothing jumps while one scrolls.
func (s *Screen) fit(runs []integration.Run) {
	if s.want == nil {
		s.want = make([]int, resultColumn+1)
	}
	for _, r := range runs {
		for i, cell := range s.cells(r)[:resultColumn] {
			s.want[i] = max(s.want[i], widget.Cells(cell))
		}
		if r.Status.Failed() { // what else a result says can be shorter
			s.want[resultColumn] = max(s.want[resultColumn], len(r.Cause))
		}
	}
	s.table = columns(s.width-2, s.want)
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := []string{s.topLine()}
	switch {
	case s.groups != nil:
		lines = append(lines, s.groups.view(s.hint()))
	case s.pages.Len() == 0:
		lines = append(lines, s.hint(), s.emptyText())
	default:
		head := s.hint()
		if head == "" {
			head = "  " + s.table.Head()
		}
		lines = append(lines, head, s.list.View(s.row))
	}
	view := widget.Block(strings.Join(lines, "\n"), s.width, s.height)
	if s.menu != nil {
		view = widget.Block(s.menu.Over(view, s.width, s.height), s.width, s.height)
	}
	return widget.Indent(view)
}

// hint stands in place of the titles: what is wrong with the typed line, or
// what tab would make of it.
func (s *Screen) hint() string {
	switch {
	case s.filter.Typing() && len(s.offers) > 0: // before the fault: a half typed word is none
		return theme.Dim.Render(widget.Clip("tab: "+strings.Join(s.offers[:min(4, len(s.offers))], "   "), s.width))
	case s.wrong != nil:
		return theme.Bad.Render("✗ " + widget.Clip(widget.Clean(s.wrong.Error()), s.width-2))
	case s.filter.Typing():
		return theme.Dim.Render(widget.Clip("status cause acct bill currency since until amount>= outcome order, or any text", s.width))
	}
	return ""
}

func (s *Screen) topLine() string {
	right := func(left int) string {
		if s.bulk != nil {
			return s.progress()
		}
		if reading := s.busy.View("reading"); reading != "" {
			return reading
		}
		if s.groups != nil {
			return s.groups.figures()
		}
		return s.figures(s.width - left - 2)
	}
	if s.filter.Typing() {
		return s.filter.Line(s.width, right(s.width*2/3))
	}
	if s.filter.Active() {
		return s.filter.Line(s.width, right(widget.Cells(s.filter.Value())+2))
	}
	left := "all runs"
	switch {
	case s.groups != nil:
		left = "failed runs by cause"
	case s.pages.turned:
		left = "all runs, from the oldest"
	case s.follow:
		left = "all runs, following"
	}
	return widget.Spread(theme.Dim.Render(left), right(widget.Cells(left)), s.width)
}

func (s *Screen) emptyText() string {
	switch {
	case s.failed != nil:
		return theme.Bad.Render(widget.Clip("✗ "+widget.Clean(s.failed.Error()), s.width))
	case s.loading >= 0:
		return ""
	case s.filter.Value() != "":
		return "  No run matches this filter. esc clears it."
	}
	return "  No runs yet.\n\n" + theme.Dim.Render(strings.Join(widget.Wrap(
		"  A run appears here for every Bill that this integration picks up: as soon as it is connected and m3ter has a Bill that qualifies.", s.width-2), "\n  "))
}

// row draws a run. One that is settled looks the same until its page is read
// again, so it is drawn once: scrolling redraws all rows on each key.
func (s *Screen) row(i int, _ bool, _ int) string {
	r, ok := s.pages.at(i)
	if !ok {
		return theme.Dim.Render("…")
	}
	if text, drawn := s.drawn[r.ID]; drawn {
		return text
	}
	text := s.draw(r)
	if r.Status.Settled() {
		s.drawn[r.ID] = text
	}
	return text
}

func (s *Screen) draw(r integration.Run) string {
	return s.table.Row(s.cells(r)...)
}

func (s *Screen) cells(r integration.Run) []string {
	standing, style := widget.Standing(r)
	return []string{style.Render(standing), widget.Clean(account(r)), widget.Clean(r.BillRef), period(r), in(r), out(r), tries(r.Tries), s.result(r)}
}

func account(r integration.Run) string {
	if r.AccountCode != "" {
		return r.AccountCode
	}
	return r.AccountID
}

// period is the month when the Bill ends in it, which is what people say.
func period(r integration.Run) string {
	if len(r.PeriodEnd) < 7 {
		return "–"
	}
	if len(r.PeriodStart) >= 7 {
		return widget.Clean(r.PeriodStart[:7])
	}
	return widget.Clean(r.PeriodEnd[:7])
}

func in(r integration.Run) string {
	return widget.Money(r.AmountIn, r.Currency) + " " + widget.Clean(r.Currency)
}

func out(r integration.Run) string {
	if r.ExternalID == "" && r.AmountOut.IsZero() {
		return "–"
	}
	return widget.Money(r.AmountOut, r.Currency)
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// result is what came of the run, or what it waits for.
func (s *Screen) result(r integration.Run) string {
	now := s.env.Now()
	style := theme.Plain
	text := string(r.Outcome)
	switch {
	case r.HeldByHand():
		style, text = theme.Dim, "held: "+r.Error
	case r.Outcome == integration.Superseded && r.Cause == integration.CauseRetried:
		style, text = theme.Dim, "a retry took its place"
	case r.Outcome == integration.Superseded:
		style, text = theme.Dim, "a newer version took its place"
	case !r.Status.Settled() && r.Next.After(now):
		style, text = theme.Warn, "again "+widget.Ago(now, r.Next)
		switch {
		case len(text) > s.table.Width(resultColumn):
			text = widget.Ago(now, r.Next) // when is what one wants to know
		case r.Cause != "":
			text += " · " + r.Cause
		}
	case r.Status == integration.Waiting:
		text = "queued"
	case r.Status == integration.Started:
		text = "sending"
		if d := now.Sub(r.Started); !r.Started.IsZero() && d.Seconds() >= 1 {
			text += " for " + widget.Span(d)
		}
	case r.Proof == integration.Drift:
		style, text = theme.Warn, "≠ drift "+difference(r.AmountOut.Sub(r.AmountIncluded))
	case r.Proof == integration.NotPosted:
		if text = "not posted #" + r.ExternalID; len(text) > s.table.Width(resultColumn) {
			text = "not posted"
		}
	case r.Proof == integration.Unread:
		style, text = theme.Warn, "? unread #"+r.ExternalID
	case r.Status == integration.Complete && r.ExternalID != "":
		if text += " #" + r.ExternalID; len(text) > s.table.Width(resultColumn) {
			text = "#" + r.ExternalID // the id says more than half a word and no id
		}
	case r.Cause != "":
		text = r.Cause
	case r.Error != "":
		text = r.Error
	}
	return style.Render(widget.Clean(text))
}

func difference(d decimal.D) string {
	if d.Sign() > 0 {
		return "+" + widget.Amount(d)
	}
	return widget.Amount(d)
}
