package home

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) { s.width, s.height = width, height; s.layout() }

func (s *Screen) layout() {
	rows := s.height - 1
	if s.Filter.Active() {
		rows--
	}
	s.Rows.SetSize(s.width-1, rows)
	s.Table = widget.NewTable(s.Rows.Width()-2,
		widget.Column{Title: "NAME", Width: 13, Flex: 3}, widget.Column{Title: "ENTITY", Width: 6, Drop: 4},
		widget.Column{Title: "DESTINATION", Width: 11, Drop: 3}, widget.Column{Title: "STATUS", Width: 15},
		widget.Column{Title: "LAST RUN", Width: 17, Flex: 1, Drop: 1}, widget.Column{Title: "24 H", Width: 7, Right: true, Drop: 2},
		widget.Column{Title: "NEEDS YOU", Width: 9, Right: true})
}

// Update implements screen.Screen: the filter takes a line of the rows.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	cmd := s.List.Update(msg)
	s.layout()
	return cmd
}

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) {
	closed, cmd := s.List.Back()
	s.layout()
	return closed, cmd
}

// View implements screen.Screen.
func (s *Screen) View() string {
	var lines []string
	if s.Loaded && len(s.All) == 0 {
		return widget.Block(s.welcome(), s.width, s.height)
	}
	if s.Filter.Active() {
		lines = append(lines, s.Filter.View(s.width-2, len(s.Shown), len(s.All)))
	}
	lines = append(lines, s.Lines(s.width-2, "  Nothing matches this filter. esc clears it.")...)
	return widget.Block(widget.Indent(strings.Join(lines, "\n")), s.width, s.height)
}

func (s *Screen) draw(e entry, selected bool) []string {
	if e.draft != nil {
		return []string{widget.Clean(e.draft.Title), "", "", theme.Warn.Render("✎ DRAFT"), fmt.Sprintf("stage %d of 3, %s", e.draft.Stage, widget.Ago(s.env.Now(), e.draft.Modified)), "", "enter"}
	}
	in := e.summary.Integration
	name := widget.Clean(in.Name)
	if selected {
		name = theme.Focus.Render(widget.Clip(name, s.Table.Width(0)))
	}
	last, needs := "–", "–"
	if r := e.summary.LastRun; r != nil {
		ago := " " + widget.Ago(s.env.Now(), r.Modified) // a long status gives way to it
		status := widget.Clip(widget.StatusGlyph(r.Status)+" "+string(r.Status), max(1, s.Table.Width(4)-len(ago)))
		last = widget.StatusStyle(r.Status).Render(status) + ago
	}
	if n := e.summary.NeedsYou; n > 0 {
		needs = theme.Warn.Render(widget.Count(n))
	}
	return []string{name, in.EntityType, in.Destination, widget.State(in), last, widget.Count(e.summary.Runs24h), needs}
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
