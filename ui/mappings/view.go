package mappings

import (
	"cmp"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// headLines stand above the rows: the filter with the count, and the titles.
const headLines = 2

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	width-- // of the left margin
	s.width, s.height = width, height
	s.Rows.SetSize(width, max(1, height-headLines))
	s.layout()
	if s.unmapped != nil {
		s.unmapped.setSize(width, height)
	}
}

// systemFrom is the width from which the external system is told, which is the
// same word in nearly every row.
const systemFrom = 110

// measured is how many rows the columns are fitted to.
const measured = 200

// idCut is how much of an id of m3ter without a name has to be seen, where there is no
// room for more.
const idCut = 14

// allOfIt is room for any name with its id.
const allOfIt = 1000

// layout gives the columns what their rows need. The ids of m3ter are the longest: the
// others take no more than that while one of them is cut.
func (s *Screen) layout() {
	cols := []widget.Column{
		{Title: "M3TER ENTITY", Width: 12},
		{Title: "M3TER ID", Width: 12, Flex: 4, Whole: true},
		{Title: "EXTERNAL SYSTEM", Width: 15, Drop: 2},
		{Title: "TABLE", Width: 9},
		{Title: "EXTERNAL ID", Width: 12, Flex: 2},
		{Title: "LINKED TO", Width: 9, Flex: 1, Drop: 1},
	}
	whole := 0
	for _, m := range s.All[:min(len(s.All), measured)] {
		cells := s.draw(m, false)
		whole = max(whole, widget.Cells(named(s.names.m3ter(m), m.M3terID, allOfIt)))
		cells[1], cells[4] = cmp.Or(s.names.m3ter(m), widget.Clip(m.M3terID, idCut)), cmp.Or(s.names.external(m), m.ExternalID)+"  1234"
		for i, cell := range cells {
			cols[i].Want = max(cols[i].Want, widget.Cells(cell))
		}
	}
	if cols[2].Want = 0; s.width < systemFrom {
		cols[2].Width = 0
	}
	if s.Table = widget.NewTable(s.width-2, cols...); s.Table.Width(1) < whole {
		cols[4].Flex, cols[5].Flex = 0, 0
		s.Table = widget.NewTable(s.width-2, cols...)
	}
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := []string{s.topLine()}
	if s.unmapped != nil && s.Loaded {
		lines = append(lines, s.unmapped.Lines(s.width, "  "+s.unmapped.emptyText())...)
	} else {
		lines = append(lines, s.Lines(s.width, s.emptyText())...)
	}
	return widget.Indent(widget.Block(strings.Join(lines, "\n"), s.width, s.height))
}

func (s *Screen) topLine() string {
	right := s.working()
	if s.importing != nil {
		right = theme.Dim.Render(s.importing.progress(s.env.Now()))
	}
	if right == "" {
		right = theme.Dim.Render(widget.Many(len(s.Shown), "mapping"))
	}
	switch {
	case s.unmapped != nil:
		return s.unmapped.topLine(s.width)
	case s.Filter.Active():
		return s.Filter.View(s.width, len(s.Shown), len(s.All))
	case s.integration != "":
		return widget.Spread(theme.Dim.Render("external mappings that take effect for "+widget.Clean(s.nameOf(s.integration))), right, s.width)
	}
	return widget.Spread(theme.Dim.Render("external mappings"), right, s.width)
}

func (s *Screen) emptyText() string {
	if s.Filter.Value() != "" {
		return "  No mapping matches this filter. esc clears it."
	}
	return "  No external mappings yet.\n\n" + theme.Dim.Render("  "+strings.Join(widget.Wrap(
		"A mapping says which "+s.env.Service.Catalog().Systems()+" record an account, product or aggregation of m3ter is. n makes one, U finds "+
			"the accounts that need one, p copies those that m3ter has.",
		s.width-4), "\n  "))
}

func (s *Screen) draw(m integration.ExternalMapping, _ bool) []string {
	return []string{widget.Clean(m.M3terEntity), named(s.names.m3ter(m), m.M3terID, s.Table.Width(1)),
		widget.Clean(m.ExternalSystem), widget.Clean(m.ExternalTable), named(s.names.external(m), m.ExternalID, s.Table.Width(4)), s.scope(m)}
}

// named is a thing by its name, with its id behind it. In width cells the name gives
// way, as long as enough of it stays: an id that is cut reads as another one.
func named(name, id string, width int) string {
	const enough = 8
	name, id = widget.Clean(name), widget.Clean(id)
	if name == "" {
		return id
	}
	if room := width - 2 - widget.Cells(id); room >= enough {
		name = widget.Clip(name, room)
	}
	return name + theme.Dim.Render("  "+id)
}

// working is the spinner of what is under way beside the first reading, which
// has one in the list.
func (s *Screen) working() string {
	if !s.Loaded {
		return ""
	}
	return s.Busy.View("working")
}

// scope names the integrations that a mapping is for.
func (s *Screen) scope(m integration.ExternalMapping) string {
	if m.IntegrationID == "" {
		return "all"
	}
	return widget.Clean(s.nameOf(m.IntegrationID))
}
