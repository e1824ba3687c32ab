package home

import (
	"fmt"
	"strings"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) { s.width, s.height = width, height; s.layout() }

func (s *Screen) layout() {
	rows := s.height - 1
	if s.filter.Active() {
		rows--
	}
	s.list.SetSize(s.width-1, rows)
	s.table = widget.NewTable(s.list.Width()-2,
		widget.Column{Title: "NAME", Width: 13, Flex: 3}, widget.Column{Title: "ENTITY", Width: 6, Drop: 4},
		widget.Column{Title: "DESTINATION", Width: 11, Drop: 3}, widget.Column{Title: "STATUS", Width: 15},
		widget.Column{Title: "LAST RUN", Width: 17, Flex: 1, Drop: 1}, widget.Column{Title: "24 H", Width: 7, Right: true, Drop: 2},
		widget.Column{Title: "NEEDS YOU", Width: 9, Right: true})
}

// View implements screen.Screen.
func (s *Screen) View() string {
	switch {
	case s.err != nil && len(s.all) == 0:
		return widget.Block(" "+theme.Bad.Render("✗ "+widget.Clean(s.err.Error())), s.width, s.height)
	case !s.loaded:
		return widget.Block(" "+s.busy.View("loading"), s.width, s.height)
	case len(s.all) == 0:
		return widget.Block(s.welcome(), s.width, s.height)
	}
	var lines []string
	if s.filter.Active() {
		lines = append(lines, " "+s.filter.View(s.width-2, len(s.rows), len(s.all)))
	}
	lines = append(lines, "   "+s.table.Head())
	for _, l := range strings.Split(s.list.View(s.row), "\n") {
		lines = append(lines, " "+l)
	}
	return widget.Block(strings.Join(lines, "\n"), s.width, s.height)
}

func (s *Screen) row(i int, selected bool, _ int) string {
	e := s.rows[i]
	if e.draft != nil {
		return s.table.Row(widget.Clean(e.draft.Title), "", "", theme.Warn.Render("✎ DRAFT"), fmt.Sprintf("stage %d of 3, %s", e.draft.Stage, widget.Ago(s.env.Now(), e.draft.Modified)), "", "enter")
	}
	in := e.summary.Integration
	name := widget.Clean(in.Name)
	if selected {
		name = theme.Focus.Render(widget.Clip(name, s.table.Width(0)))
	}
	state := widget.State(in)
	last, needs := "–", "–"
	if r := e.summary.LastRun; r != nil {
		ago := " " + widget.Ago(s.env.Now(), r.Modified) // a long status gives way to it
		status := widget.Clip(widget.StatusGlyph(r.Status)+" "+string(r.Status), max(1, s.table.Width(4)-len(ago)))
		last = widget.StatusStyle(r.Status).Render(status) + ago
	}
	if n := e.summary.NeedsYou; n > 0 {
		needs = theme.Warn.Render(widget.Count(n))
	}
	return s.table.Row(name, in.EntityType, in.Destination, state, last, widget.Count(e.summary.Runs24h), needs)
}

// welcome is the page of an empty store: what this is, and the key that starts.
func (s *Screen) welcome() string {
	text := "billferry sends the Bills that m3ter generates for your accounts to NetSuite, each as exactly one invoice, and shows you every run."
	lines := []string{"", " " + theme.Title.Render("There is no integration yet."), ""}
	for _, l := range widget.Wrap(text, min(72, s.width-2)) {
		lines = append(lines, " "+l)
	}
	lines = append(lines, "")
	for _, l := range widget.Wrap("Three stages create one: the entity type, the destination, its settings. Then connect it to NetSuite.", min(72, s.width-2)) {
		lines = append(lines, " "+l)
	}
	lines = append(lines, "", " Press "+theme.Key.Render("n")+" to create an integration.")
	return strings.Join(lines, "\n")
}
