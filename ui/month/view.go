package month

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width-1, height
	s.fit()
}

const (
	headLines = 2 // the title of the page, and a blank line
	stepLines = 7 // titles, five steps, a blank line
	listHead  = 1
)

// detailHeight is what the row under the cursor has at the bottom.
func (s *Screen) detailHeight() int {
	if s.report == nil || len(s.All) == 0 && len(s.report.Doubts) == 0 {
		return 0
	}
	return max(3, min(8, s.height/4))
}

// sums is how many lines the equations have.
func (s *Screen) sums() int {
	if s.report == nil {
		return 0
	}
	rows := min(4, max(2, len(s.All)))
	return min(len(s.report.Currencies()), max(0, s.height-headLines-stepLines-s.why()-listHead-rows-s.detailHeight()))
}

// fit gives the list what the rest leaves.
func (s *Screen) fit() {
	s.Rows.SetSize(s.width, max(1, s.height-headLines-stepLines-s.why()-listHead-s.detailHeight()-s.sums()))
	if s.group == cutOff {
		s.Table = s.cutTable()
		return
	}
	if s.group == prepaid {
		s.Table = s.paidTable()
		return
	}
	if s.group != "" {
		s.Table = widget.NewTable(s.width-2,
			widget.Column{Title: "BILL", Width: 12, Want: 16, Flex: 1}, widget.Column{Title: "ACCOUNT", Width: 10, Flex: 1, Drop: 3},
			widget.Column{Title: "AMOUNT", Width: 18, Right: true}, widget.Column{Title: "DAYS", Width: 5, Right: true, Drop: 2},
			widget.Column{Title: "WHAT", Width: 16, Flex: 4})
		return
	}
	s.Table = widget.NewTable(s.width-2,
		widget.Column{Title: "IN THE WAY", Width: 20, Flex: 2}, widget.Column{Title: "BILLS", Width: 7, Right: true},
		widget.Column{Title: "MONEY", Width: 22, Flex: 2, Right: true}, widget.Column{Title: "", Width: 10, Drop: 1})
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := []string{s.head(), s.notice()}
	switch {
	case s.work.Doing != "":
		lines = append(lines, s.under()...)
	case s.Failed != nil || !s.Loaded:
		lines = append(lines, s.Lines(s.width, "")...)
	case s.report == nil:
		lines = append(lines, s.unknown()...)
	default:
		lines = append(append(lines, s.steps()...), "")
		if s.Filter.Active() {
			lines[len(lines)-1] = s.Filter.View(s.width, len(s.Shown), len(s.All))
		}
		lines = append(lines, s.Lines(s.width, "  "+s.nothing())...)
		lines = append(lines, s.detail()...)
		for _, c := range s.report.Currencies()[:s.sums()] {
			sums := s.report.Equation(c, func(d decimal.D) string { return widget.Amount(d, c) })
			lines = append(lines, theme.Dim.Render(widget.Clip(sums, s.width)))
		}
	}
	return s.Menu.Over(widget.Indent(widget.Block(strings.Join(lines, "\n"), s.width, s.height)), s.width+1, s.height)
}

// month is what the period is called.
func (s *Screen) month() string {
	day, _ := time.Parse("2006-01", s.period) // a month, always
	return day.Format("January 2006")
}

func (s *Screen) head() string {
	left := theme.Title.Render(s.month()) + "  " + widget.Clean(s.name)
	var right []string
	if s.report != nil {
		for _, p := range s.report.Periods {
			right = append(right, widget.Clean(p.Name)+" "+p.State)
		}
		right = append(right, "reconciled "+widget.Ago(s.env.Now(), s.report.Ended))
		switch s.report.Verdict {
		case reconcile.Equal:
			right = append(right, theme.Good.Render("✓ EQUAL"))
		case reconcile.Breaks:
			right = append(right, theme.Warn.Render("○ BREAKS"))
		default:
			right = append(right, theme.Bad.Render("✗ CANNOT TELL"))
		}
	}
	return widget.Spread(left, strings.Join(right, " · "), s.width)
}

// notice is what the report does not show: runs of the month that are not through, and
// what of both sides was not compared.
func (s *Screen) notice() string {
	if !s.Loaded {
		return ""
	}
	var parts []string
	if left := s.notSettled(); left != "" {
		parts = append(parts, theme.Warn.Render("! "+left+": ")+theme.Key.Render("r")+" shows them")
	}
	if r := s.report; r != nil {
		without := strings.Join(r.NotCompared, ", ")
		if s.group == prepaid {
			without = r.HoldingsWithout
		}
		if without != "" {
			parts = append(parts, theme.Warn.Render("! not compared: "+widget.Clean(without)))
		}
	}
	return widget.Clip(strings.Join(parts, " · "), s.width)
}

// under is what stands there while a reconciliation is under way.
func (s *Screen) under() []string {
	at := s.work.At
	text := "reading " + at.Step
	if at.All > 0 {
		text = widget.Progress(at.Done, at.All, s.began, s.env.Now()) + " " + at.Step
	} else if at.Done > 0 {
		text += ": " + widget.Count(at.Done)
	}
	return []string{s.work.View(text), "", theme.Dim.Render("esc stops it, and nothing of it is kept")}
}

func (s *Screen) unknown() []string {
	text := "This month was not reconciled yet. Reconciling reads its Bills, and what became of them on the other side, line by " +
		"line; it changes nothing."
	lines := widget.Wrap(text, min(72, s.width))
	return append(lines, "", "Press "+theme.Key.Render("enter")+" to reconcile it, "+theme.Key.Render("←")+" and "+theme.Key.Render("→")+
		" for other months.")
}

func (s *Screen) nothing() string {
	switch {
	case s.Filter.Value() != "":
		return "Nothing matches this filter. esc clears it."
	case s.report.Verdict == reconcile.Cannot:
		return "No break was found, and not all could be seen."
	}
	if left := s.notSettled(); left != "" {
		return "No break was found, but " + left + "."
	}
	return "Nothing is in the way: the period may be closed."
}

// steps are how far the Bills have come, a bar for each step.
func (s *Screen) steps() []string {
	currencies := s.report.Currencies()
	cols := []widget.Column{{Title: "AS BILLED", Width: 10}, {Title: "BILLS", Width: 7, Right: true}}
	for i, c := range currencies {
		width := len(c)
		for _, st := range s.report.Steps {
			width = max(width, widget.Cells(widget.Money(st.Money[c], c)))
		}
		cols = append(cols, widget.Column{Title: c, Width: width, Right: true, Drop: len(currencies) - i})
	}
	const bar = 12
	cols = append(cols, widget.Column{Title: "", Width: bar, Flex: 1, Drop: len(currencies) + 1})
	t := widget.NewTable(s.width, cols...)
	lines := []string{t.Head()}
	for _, st := range s.report.Steps {
		cells := []string{st.Name, widget.Count(st.Bills)}
		for _, c := range currencies {
			cells = append(cells, widget.Money(st.Money[c], c))
		}
		lines = append(lines, t.Row(append(cells, s.bar(st, t.Width(len(cols)-1)))...))
	}
	if n := s.early(); n > 0 {
		lines = append(lines, theme.Dim.Render(widget.Clip("sent has "+widget.Many(n, "Bill")+
			" that m3ter has not approved: Only Send Bill On Approval is off", s.width)))
	}
	return lines
}

// early is by how many Bills more are sent than approved.
func (s *Screen) early() int {
	at := map[string]int{}
	for _, st := range s.report.Steps {
		at[st.Name] = st.Bills
	}
	return max(0, at[reconcile.StepSent]-at[reconcile.StepApproved])
}

// why is the line that says why more is sent than approved, if there is one.
func (s *Screen) why() int {
	if s.report == nil || s.early() == 0 {
		return 0
	}
	return 1
}

func (s *Screen) bar(st reconcile.Step, width int) string {
	if s.report.Bills == 0 {
		return ""
	}
	full := strings.Repeat("█", min(width, 40)*st.Bills/s.report.Bills)
	if st.Bills == s.report.Bills {
		return theme.Good.Render(full)
	}
	return theme.Warn.Render(full)
}

func (s *Screen) draw(r row, _ bool) []string {
	if g := r.group; g != nil {
		return []string{widget.Clean(g.Title), widget.Count(g.Breaks), widget.Sums(g.Money, s.Table.Width(2)), theme.Dim.Render("enter look")}
	}
	if r.cut != nil {
		return s.cutCells(r.cut)
	}
	if r.paid != nil {
		return s.paidCells(r.paid)
	}
	b := r.brk
	return []string{widget.Clean(cmp.Or(b.Ref, b.Number)), widget.Clean(b.Account), widget.Money(b.Amount, b.Currency) + " " + b.Currency,
		strconv.Itoa(b.AgeDays(s.env.Now())), widget.Clean(b.Text)}
}

// detail is what is known of the row under the cursor, in the lines it has.
func (s *Screen) detail() []string {
	at, ok := s.Selected()
	var lines []string
	switch {
	case len(s.report.Doubts) > 0 && (!ok || at.group != nil):
		for _, d := range s.report.Doubts {
			for _, l := range widget.Wrap("✗ "+widget.Clean(d), s.width) {
				lines = append(lines, theme.Bad.Render(l))
			}
		}
	case !ok:
	case at.cut != nil:
		lines = s.cutDetail(at.cut)
	case at.paid != nil:
		lines = s.paidDetail(at.paid)
	case at.group != nil:
		lines = widget.Wrap(widget.Clean(at.group.Advice), s.width)
	default:
		lines = s.sides(*at.brk)
	}
	lines = append([]string{""}, lines...)
	for len(lines) < s.detailHeight() {
		lines = append(lines, "")
	}
	return lines[:s.detailHeight()]
}

func (s *Screen) sides(b reconcile.Break) []string {
	lines := []string{theme.Label.Render(widget.Clip(widget.Clean(b.Title+": "+b.Text), s.width))}
	if x := b.Resolution; x != nil {
		text := x.As + " by " + x.By + ": " + strings.TrimSpace(x.Reason+" "+x.Reference)
		if b.Lapsed {
			text = "it is another thing now, and open again; it was " + text
		}
		lines = append(lines, theme.Good.Render(widget.Clip(widget.Clean(text), s.width)))
	}
	half, ours := max(10, (s.width-24)/2), "sent "
	if b.Code.Unsent() {
		ours = "Bill "
	}
	for _, f := range b.Facts {
		lines = append(lines, widget.Fit(widget.Clean(f.Name), 20)+" "+widget.Fit(ours+side(f, f.Ours, b.Currency), half)+" "+
			widget.Clip("holds "+side(f, f.Theirs, b.Currency), half))
	}
	return append(lines, widget.Wrap(widget.Clean(b.Advice), s.width)...)
}

// side is what one of both sides says of a fact.
func side(f reconcile.Fact, text, iso string) string {
	if d, err := decimal.Parse(text); err == nil && f.IsMoney() {
		return widget.Amount(d, iso)
	}
	return widget.Clean(cmp.Or(text, "–"))
}
