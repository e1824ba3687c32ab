package mappings

import (
	"cmp"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	headLines = 2 // above the rows: the filter with the count, and the titles
	footLines = 3 // below them: a blank, and the row under the cursor by its whole ids
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	width-- // of the left margin
	s.width, s.height = width, height
	s.Rows.SetSize(width, max(1, height-headLines-footLines))
	s.layout()
	if s.unmapped != nil {
		s.unmapped.setSize(width, height)
	}
}

// measured is how many rows the columns are fitted to.
const measured = 200

// nameCut is how much of a name is enough to know it by, where ids need the room.
const nameCut = 24

// The columns of the list.
const (
	entityColumn = iota
	nameColumn
	idColumn
	systemColumn
	tableColumn
	externalColumn
	linkedColumn
)

// layout gives the columns what their rows need. Names are what a person knows the
// rows by. Ids of m3ter have a column where all of them have room to be whole, or
// stand in the place of a name that is not known: an id that is cut reads as
// another. What is left out stands below the list, of the row under the cursor.
func (s *Screen) layout() {
	cols := []widget.Column{
		entityColumn:   {Title: "ENTITY", Width: 12},
		nameColumn:     {Title: "IN M3TER", Width: 12},
		idColumn:       {Title: "M3TER ID", Width: allOfIt},
		systemColumn:   {Title: "SYSTEM", Width: 15, Drop: 1},
		tableColumn:    {Title: "TABLE", Width: 9},
		externalColumn: {Title: "EXTERNAL ID", Width: 12},
		linkedColumn:   {Title: "LINKED TO", Width: 9},
	}
	rows := s.All[:min(len(s.All), measured)]
	system, one := "", true
	for i, m := range rows {
		cells := s.cells(m, allOfIt)
		for c, cell := range cells {
			cols[c].Want = max(cols[c].Want, widget.Cells(cell))
		}
		one = one && (i == 0 || m.ExternalSystem == system)
		system = m.ExternalSystem
	}
	if one { // the same word in each row
		hide(&cols[systemColumn])
		cols[externalColumn].Title = "IN " + strings.ToUpper(widget.Clean(cmp.Or(system, s.words().Mapped)))
	}
	names, ids := cols[nameColumn].Want > 0, cols[idColumn].Want > 0
	switch {
	case ids && !names:
		hide(&cols[nameColumn])
	case !ids || needed(cols) > s.width-2:
		hide(&cols[idColumn])
		for _, m := range rows {
			cols[nameColumn].Want = max(cols[nameColumn].Want, widget.Cells(s.known(m)))
		}
	}
	if needed(cols) > s.width-2 {
		hide(&cols[linkedColumn])
	}
	s.Table = widget.NewTable(s.width-2, cols...)
}

// allOfIt is room for any name with its id.
const allOfIt = 1000

func hide(c *widget.Column) { c.Width, c.Want = 0, 0 }

// needed is how wide the columns are when nothing but a long name is cut.
func needed(cols []widget.Column) int {
	n := -1
	for i, c := range cols {
		want := max(c.Want, widget.Cells(c.Title))
		switch i {
		case nameColumn, externalColumn:
			want = min(want, nameCut)
		}
		if c.Width > 0 {
			n += want + 1
		}
	}
	return n
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := []string{s.topLine()}
	if s.unmapped != nil && s.Loaded {
		lines = append(lines, s.unmapped.Lines(s.width, "  "+s.unmapped.emptyText())...)
		lines = append(lines, s.unmapped.foot()...)
	} else {
		lines = append(lines, s.Lines(s.width, s.emptyText())...)
		lines = append(lines, s.foot()...)
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
	cells := s.cells(m, s.Table.Width(externalColumn))
	if s.Table.Width(idColumn) == 0 {
		cells[nameColumn] = s.known(m)
	}
	cells[idColumn] = theme.Dim.Render(cells[idColumn])
	return cells
}

// cells are the columns of a mapping; room is for the record that it leads to.
func (s *Screen) cells(m integration.ExternalMapping, room int) []string {
	return []string{
		entityColumn: widget.Clean(m.M3terEntity), nameColumn: widget.Clean(s.names.m3ter(m)), idColumn: widget.Clean(m.M3terID),
		systemColumn: widget.Clean(m.ExternalSystem), tableColumn: widget.Clean(m.ExternalTable),
		externalColumn: named(s.names.external(m), m.ExternalID, room), linkedColumn: s.scope(m),
	}
}

// known is what a thing of m3ter is recognised by.
func (s *Screen) known(m integration.ExternalMapping) string {
	return widget.Clean(cmp.Or(s.names.m3ter(m), m.M3terID))
}

// foot is the mapping under the cursor, both sides by their whole ids.
func (s *Screen) foot() []string {
	m, ok := s.Selected()
	if !ok {
		return nil
	}
	external, whose := s.names.external(m), "for all integrations"
	if m.IntegrationID != "" {
		whose = "for " + s.scope(m) + " alone"
	}
	if m.Unchecked != "" {
		external = "not checked: " + m.Unchecked
	}
	return sides(s.width, "m3ter", m.M3terEntity+" "+m.M3terID, s.names.m3ter(m),
		m.ExternalSystem, m.ExternalTable+" "+m.ExternalID, strings.Trim(external+" · "+whose, " ·"))
}

// sides are two lines of a whole id each, and behind it what else there is to say.
func sides(width int, left, leftID, leftMore, right, rightID, rightMore string) []string {
	room := max(widget.Cells(left), widget.Cells(right)) + 2
	line := func(who, id, more string) string {
		if more = widget.Clean(more); more != "" {
			more = theme.Dim.Render("  " + more)
		}
		return widget.Clip(theme.Dim.Render(widget.Fit(widget.Clean(who), room))+widget.Clean(id)+more, width)
	}
	return []string{"", line(left, leftID, leftMore), line(right, rightID, rightMore)}
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
