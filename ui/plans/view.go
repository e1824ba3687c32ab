package plans

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"billferry/internal/plan"
	"billferry/mapping"
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
	listHead  = 1
)

// detailHeight is what the row under the cursor has at the bottom.
func (s *Screen) detailHeight() int {
	switch {
	case len(s.All) == 0, s.sums && s.height < 16: // all sums have the same sentence
		return 0
	case s.sums:
		return 3
	}
	return max(3, min(9, s.height/3))
}

// fit gives the list what the rest leaves.
func (s *Screen) fit() {
	s.Rows.SetSize(s.width, max(1, s.height-headLines-len(s.facts())-listHead-s.detailHeight()))
	switch {
	case s.sums:
		s.Table = widget.NewTable(s.width-2,
			widget.Column{Title: "BY", Width: 10}, widget.Column{Title: "", Width: 12, Flex: 3},
			widget.Column{Title: "DOCUMENTS", Width: 9, Right: true, Drop: 1}, widget.Column{Title: "TOTAL", Width: 22, Flex: 1, Right: true})
		return
	case s.open != "":
		s.Table = widget.NewTable(s.width-2,
			widget.Column{Title: "BILL", Width: 12, Want: 16, Flex: 1}, widget.Column{Title: "ACCOUNT", Width: 10, Flex: 1, Drop: 3},
			widget.Column{Title: "ACTION", Width: 9}, widget.Column{Title: "BEFORE", Width: 14, Right: true, Drop: 2},
			widget.Column{Title: "TOTAL", Width: 18, Right: true}, widget.Column{Title: "WHAT", Width: 12, Flex: 4})
		return
	}
	s.Table = widget.NewTable(s.width-2,
		widget.Column{Title: "PLAN", Width: 14}, widget.Column{Title: "STATE", Width: 10}, widget.Column{Title: "BILLS", Width: 6, Right: true},
		widget.Column{Title: "CHANGE", Width: 26, Flex: 3, Right: true}, widget.Column{Title: "BY", Width: 8, Flex: 1, Drop: 2},
		widget.Column{Title: "MADE", Width: 8, Drop: 1})
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := []string{s.head(), ""}
	switch {
	case s.work.Doing != "":
		lines = append(lines, s.work.View(strings.TrimSpace(s.work.Doing+": "+s.work.At.Name+" "+s.work.At.Detail)), "",
			theme.Dim.Render("esc stops it, and nothing is sent by it"))
	default:
		lines = append(lines, s.facts()...)
		if s.Filter.Active() {
			lines[1] = s.Filter.View(s.width, len(s.Shown), len(s.All))
		}
		lines = append(lines, s.Lines(s.width, "  "+s.nothing())...)
		lines = append(lines, s.detail()...)
	}
	return s.Menu.Over(widget.Indent(widget.Block(strings.Join(lines, "\n"), s.width, s.height)), s.width+1, s.height)
}

func (s *Screen) head() string {
	if s.plan == nil {
		return theme.Title.Render("Plans") + "  " + widget.Clean(s.name)
	}
	return widget.Spread(theme.Title.Render("Plan "+s.plan.ID)+"  "+widget.Clean(s.name), state(s.plan.State), s.width)
}

// state is the word for a plan, in its colour.
func state(st plan.State) string {
	switch st {
	case plan.Applied:
		return theme.Good.Render("✓ " + string(st))
	case plan.Proposed, plan.Approved, plan.Applying, plan.Stopping:
		return theme.Warn.Render("○ " + string(st))
	}
	return theme.Dim.Render("– " + string(st))
}

func (s *Screen) nothing() string {
	switch {
	case s.Filter.Value() != "":
		return "Nothing matches this filter. esc clears it."
	case s.open != "":
		return "This plan has no Bills."
	}
	return "There is no plan yet. n makes one of the Bills that wait."
}

// facts are what the open plan is, above its Bills.
func (s *Screen) facts() []string {
	p := s.plan
	if p == nil {
		return nil
	}
	by := "made by " + p.Author.Name + " " + widget.Ago(s.env.Now(), p.Created)
	for _, x := range []struct {
		text string
		act  *plan.Act
	}{{decided(p), p.Decision}, {"applied by ", p.Applied}, {"stopped by ", p.Ended}} {
		if x.act != nil {
			by += " · " + x.text + x.act.By.Name
			if x.act.Reason != "" {
				by += " (" + x.act.Reason + ")"
			}
		}
	}
	lines := []string{widget.Clip(widget.Clean(by), s.width)}
	switch {
	case p.Applied != nil:
		lines = append(lines, widget.Clip(fmt.Sprintf("%s arrived, %d failed, %d not sent by it", widget.Many(p.Done-p.Failed, "Bill"), p.Failed,
			p.Refused), s.width))
	case p.Need != "":
		lines = append(lines, theme.Warn.Render(widget.Clip("it waits for "+widget.Clean(p.Need), s.width)))
	}
	for _, t := range p.Totals[:min(len(p.Totals), 4)] {
		text := t.Currency + "  change " + widget.Money(t.Change, t.Currency) + " by " + widget.Many(t.Documents, "document")
		if !t.Invoices.IsZero() {
			text += ", invoices " + widget.Money(t.Invoices, t.Currency)
		}
		if !t.Credits.IsZero() {
			text += ", credit memos " + widget.Money(t.Credits, t.Currency)
		}
		if !t.Before.IsZero() {
			text += ", before " + widget.Money(t.Before, t.Currency)
		}
		lines = append(lines, widget.Clip(text, s.width))
	}
	for _, w := range p.Warnings[:min(len(p.Warnings), 2)] {
		lines = append(lines, theme.Warn.Render(widget.Clip("! "+widget.Clean(w), s.width)))
	}
	return append(lines, "")
}

func decided(p *plan.Plan) string {
	if p.State == plan.Rejected {
		return "rejected by "
	}
	return "approved by "
}

func (s *Screen) draw(r row, _ bool) []string {
	if p := r.plan; p != nil {
		n := 0
		for a, bills := range p.Counts {
			if a != plan.Stops {
				n += bills
			}
		}
		return []string{p.ID, string(p.State), widget.Count(n), change(p, s.Table.Width(3)),
			widget.Clean(p.Author.Name), widget.Ago(s.env.Now(), p.Created)}
	}
	if x := r.part; x != nil {
		name := cmp.Or(x.Name, "(not known)")
		if x.By == plan.ByItem {
			name = strings.TrimSpace(name + " " + s.names[x.Name])
		}
		return []string{x.By, widget.Clean(name), widget.Count(x.Documents),
			widget.Money(x.Total, x.Currency) + " " + x.Currency}
	}
	b := r.bill
	before := ""
	if !b.Before.IsZero() {
		before = widget.Money(b.Before, b.Currency)
	}
	what := widget.Clean(told(b))
	switch {
	case b.Refused != "" || b.Failed():
		what = theme.Bad.Render(widget.Clip(what, s.Table.Width(5)))
	case b.Action == plan.Stops || len(b.Warnings) > 0:
		what = theme.Warn.Render(widget.Clip(what, s.Table.Width(5)))
	}
	return []string{widget.Clean(b.Ref), widget.Clean(cmp.Or(b.Code, b.Account)), strings.ToLower(string(b.Action)), before,
		widget.Money(b.Total, b.Currency) + " " + b.Currency, what}
}

// told is what is known of a Bill, in a word.
func told(b *plan.Bill) string { return cmp.Or(b.Told(), kind(b)) }

// kind is what the document of a Bill is called.
func kind(b *plan.Bill) string {
	if b.Kind == string(mapping.CreditMemo) {
		return "credit memo"
	}
	return b.Kind
}

// detail is what is known of the row under the cursor, in the lines it has.
func (s *Screen) detail() []string {
	if s.detailHeight() == 0 {
		return nil
	}
	at, ok := s.Selected()
	lines := []string{""}
	switch {
	case !ok:
	case at.part != nil:
		text := "Subsidiaries, periods and items each add up to the invoices and credit memos of their currency."
		for _, l := range widget.Wrap(text, s.width) {
			lines = append(lines, theme.Dim.Render(l))
		}
	case at.plan != nil:
		p := at.plan
		lines = append(lines, theme.Label.Render(widget.Clip(strings.TrimSpace("Plan "+p.ID+" "+p.Period+" "+p.Filter), s.width)))
		if p.Need != "" {
			lines = append(lines, "waits for "+widget.Clean(p.Need)+", until "+p.Expires.Format("2 January 15:04")+" UTC")
		}
	default:
		lines = append(lines, s.lines(at.bill)...)
	}
	for len(lines) < s.detailHeight() {
		lines = append(lines, "")
	}
	return lines[:s.detailHeight()]
}

// lines are the document of a Bill.
func (s *Screen) lines(b *plan.Bill) []string {
	title := b.Ref + ", version " + strconv.FormatInt(b.Version, 10)
	if b.Kind != "" {
		title += ": " + kind(b) + " " + b.External + " of " + b.Date + " for customer " + b.Customer
	}
	out := []string{theme.Label.Render(widget.Clip(widget.Clean(title), s.width))}
	if why := cmp.Or(b.Refused, b.Why); why != "" {
		out = append(out, widget.Wrap(widget.Clean(why), s.width)...)
	}
	for _, l := range b.Lines {
		right := widget.Money(l.Amount, b.Currency)
		left := widget.Clip("item "+widget.Clean(l.Item+"  "+l.Description), max(1, s.width-widget.Cells(right)-2))
		out = append(out, widget.Spread(left, right, s.width))
	}
	return out
}
