package runs

import (
	"cmp"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// headLines stand above the rows: the filter with the totals, and the titles.
const headLines = 2

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
	return widget.Indent(s.menu.Over(widget.Block(strings.Join(lines, "\n"), s.width, s.height), s.width, s.height))
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
		return theme.Dim.Render(widget.Clip("status cause acct bill currency period since until amount>= outcome order, or any text", s.width))
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
	if len(s.marks.ids) > 0 && s.groups == nil && !s.filter.Typing() {
		return widget.Spread(s.marked(), right(40), s.width)
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
		"  A run appears here for every Bill that this integration picks up: as soon as it is connected and m3ter has a Bill that qualifies.",
		s.width-2), "\n  "))
}

// row draws a run. One that is settled looks the same until its page is read
// again or it is a minute older, so it is drawn once: scrolling redraws all rows
// on each key.
func (s *Screen) row(i int, _ bool, _ int) string {
	r, there := s.pages.at(i)
	if !there {
		return theme.Dim.Render("…")
	}
	minute := s.env.Now().Sub(r.Modified) / time.Minute
	if d, ok := s.drawn[r.ID]; ok && d.minute == minute {
		return d.text
	}
	text := s.draw(r)
	if r.Status.Settled() {
		s.drawn[r.ID] = drawn{text, minute}
	}
	return text
}

// drawn is a row as it was drawn when its run was so many minutes old.
type drawn struct {
	text   string
	minute time.Duration
}

// period is the month when the Bill ends in it, which is what people say.
func period(r integration.Run) string { return cmp.Or(widget.Clean(r.Month()), "–") }

func in(r integration.Run) string {
	return widget.Money(r.AmountIn, r.Currency) + " " + widget.Clean(r.Currency)
}

func out(r integration.Run) string {
	if r.ExternalID == "" && r.AmountOut.IsZero() {
		return "–"
	}
	return widget.Money(r.AmountOut, r.Currency)
}

func difference(d decimal.D, iso string) string {
	if d.Sign() > 0 {
		return "+" + widget.Amount(d, iso)
	}
	return widget.Amount(d, iso)
}
