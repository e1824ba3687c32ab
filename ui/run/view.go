package run

import (
	"cmp"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// headLines is how many lines stand above the pane.
func (s *Screen) headLines() int { return len(s.head()) }

// View implements screen.Screen.
func (s *Screen) View() string {
	if !s.loaded {
		text := s.busy.View("reading the run")
		if s.failed != nil {
			text = theme.Bad.Render(widget.Clip("✗ "+widget.Clean(s.failed.Error()), s.width))
		}
		return widget.Indent(widget.Block(text, s.width, s.height))
	}
	lines := append(s.head(), s.pane.View())
	return widget.Indent(s.menu.Over(widget.Block(strings.Join(lines, "\n"), s.width, s.height), s.width, s.height))
}

// head is the facts, the advice, the attempts and the tabs. Its number of
// lines depends on the run alone, never on the time.
func (s *Screen) head() []string {
	r := s.run.Run
	system := s.env.System(r)
	held := "nothing in " + system
	if r.ExternalID != "" || !r.AmountOut.IsZero() { // of an earlier version, where this one has made nothing
		held = widget.Amount(r.AmountOut, r.Currency) + " in " + system
		if !r.AmountTax.IsZero() {
			held += " + " + widget.Amount(r.AmountTax, r.Currency) + " tax"
		}
	}
	money := fmt.Sprintf("%s %s in · %s", widget.Amount(r.AmountIn, r.Currency), widget.Clean(r.Currency), held)
	status := standing(r, false)
	if widget.Cells(status+money) >= s.width {
		status = standing(r, true)
	}
	out := []string{widget.Spread(status+s.who(s.width-widget.Cells(status+money)-1), money, s.width)}
	if r.Error != "" {
		out = append(out, widget.Clip(widget.Clean(r.Error), s.width))
	}
	if a := s.advice(); a != "" {
		out = append(out, s.advised(a, suffix("  ", s.remedy().keyText()))...)
	}
	return append(out, s.attemptLine(), s.tabLine())
}

// standing is how a run stands and what came of it, in fewer letters where it is short.
func standing(r integration.Run, short bool) string {
	text, style := widget.Standing(r)
	switch {
	case r.Proof == integration.Drift: // what was right is not any more
		text, style = "≠ "+r.Standing(), theme.Warn
	case short:
		text, style = widget.ShortStanding(r)
	}
	return style.Render(text + suffix(" · ", r.OutcomeText()))
}

// above tells what stands above the tabs in all its words: what happened, and
// what to do. No tab says it again.
func (s *Screen) above() (happened, todo bool) {
	r := s.run.Run
	happened = widget.Cells(widget.Clean(r.Error)) <= s.width
	todo = true
	if a := s.advice(); a != "" {
		lines := s.advised(a, suffix("  ", s.remedy().keyText()))
		todo = !strings.Contains(strings.Join(lines, ""), "…")
	}
	return happened, todo
}

// who names the Bill in at most room cells: all of it, or less of it whole. The
// breadcrumb has the Bill as well.
func (s *Screen) who(room int) string {
	r := s.run.Run
	called := cmp.Or(r.AccountCode, s.names[r.AccountID], r.AccountID)
	account, period := suffix(" · ", called), suffix(" · ", month(r.PeriodStart))
	for _, text := range []string{"  " + r.BillRef + account + period, "  " + r.BillRef + account, "  " + called} {
		if text = widget.Clean(text); widget.Cells(text) <= room {
			return text
		}
	}
	return ""
}

// advised is the advice and the key that does it: in two lines where there is
// room, since what to do is what one opens a failed run for.
func (s *Screen) advised(text, key string) []string {
	room := max(20, s.width-widget.Cells(key))
	text = "→ " + widget.Clean(text)
	if widget.Cells(text) <= room || s.height < 20 {
		return []string{widget.Clip(text, room) + theme.Key.Render(key)}
	}
	lines := widget.Wrap(text, s.width)
	rest := widget.Clip("  "+strings.Join(lines[1:], " "), room)
	return []string{lines[0], rest + theme.Key.Render(key)}
}

func month(date string) string {
	if len(date) < 7 {
		return ""
	}
	return date[:7]
}

// attemptLine is the timeline in one line, the one in view marked. When it is
// too long its end is shown: there lies what happened last.
func (s *Screen) attemptLine() string {
	if s.search.Active() {
		count := ""
		if s.search.Value() != "" {
			at, of := s.pane.Hits()
			count = theme.Dim.Render(fmt.Sprintf("%d of %d", at, of))
		}
		return s.search.Line(s.width, count)
	}
	if len(s.run.Attempts) == 0 {
		return theme.Dim.Render("no attempt yet")
	}
	var parts []string
	used := 0
	for i := len(s.run.Attempts) - 1; i >= 0; i-- {
		a := s.run.Attempts[i]
		glyph, style := marked(a)
		text := fmt.Sprintf("%d %s %s", a.N, glyph, a.Start.Format("15:04:05"))
		if i == s.attempt {
			text = "[" + text + "]"
		}
		if used += widget.Cells(text) + 2; used > s.width-10 && i < s.attempt {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, style.Render(text))
	}
	var b strings.Builder
	b.WriteString(theme.Dim.Render("attempts"))
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString("  " + parts[i])
	}
	return widget.Clip(b.String(), s.width)
}

// tabLine names the tabs, and says which lines of the open one are in view. A
// narrow terminal has an arrow for that, or names only the open one.
func (s *Screen) tabLine() string {
	place := s.pane.Place()
	arrow, _, _ := strings.Cut(place, " ")
	for _, c := range []struct {
		short bool
		place string
	}{{false, place}, {false, arrow}, {true, place}} {
		names := s.tabs(c.short)
		if widget.Cells(names)+1+widget.Cells(c.place) <= s.width || c.short {
			return widget.Spread(names, theme.Dim.Render(c.place), s.width)
		}
	}
	return ""
}

// tabs are the names of the tabs; short, only the open one has its name.
func (s *Screen) tabs(short bool) string {
	var parts []string
	for i, name := range tabNames {
		text := fmt.Sprintf("%d %s", i+1, name)
		if short && tab(i) != s.tab {
			text = fmt.Sprint(i + 1)
		}
		if tab(i) == s.tab {
			text = theme.Focus.Render("[" + text + "]")
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "  ")
}
