package glance

import (
	"cmp"
	"fmt"
	"strings"

	"billferry/internal/decimal"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// who names some of whose Bills they are: by name where it is known.
func (s State) who(n Need) string {
	if n.Of != "" {
		return widget.Clean(n.Of)
	}
	const shown = 2
	var out []string
	for i, code := range n.Who[:min(len(n.Who), shown)] {
		out = append(out, widget.Clean(cmp.Or(s.Accounts[n.IDs[i]], code)))
	}
	text := strings.Join(out, ", ")
	switch more := len(n.Who) - len(out); {
	case !n.All && len(n.Who) > 0:
		text += ", …"
	case more > 0:
		text += fmt.Sprintf(", %d more", more)
	}
	return text
}

// does are the keys of a need; where there is little room enter alone.
func (n Need) does(room int) string {
	name := "enter"
	if n.Connect {
		name = "c"
	}
	text := " " + theme.Key.Render(name) + " " + n.Does
	if room >= wide {
		text = " " + text
	}
	if n.Map != "" && room >= wide {
		text += " · " + theme.Key.Render("m") + " map"
	}
	if n.Retry && room >= wide {
		text += " · " + theme.Key.Render("R") + " retry"
	}
	return text
}

// NeedLines are the lines of what needs a person, without the cursor's mark.
func (s State) NeedLines(r Room) []string {
	var rows [][]string
	var want [6]int
	needs := s.shownNeeds(r)
	for i, n := range needs {
		row := []string{theme.Key.Render(fmt.Sprint(i + 1)), widget.Clean(n.What), n.count(), " " + s.who(n), n.money(), n.does(r.Width)}
		for c, cell := range row {
			if c != whoColumn || n.Of == "" { // which has the room of others as well
				want[c] = max(want[c], widget.Cells(cell))
			}
		}
		rows = append(rows, row)
	}
	t := widget.NewTable(min(r.Width, mostWidth)-2, widget.Column{Title: "", Width: 1},
		widget.Column{Width: 20, Flex: 1, Want: want[1]}, widget.Column{Width: 10, Right: true, Want: want[2]},
		widget.Column{Width: 8, Flex: 1, Want: want[3], Drop: 2}, widget.Column{Width: 20, Right: true, Min: 16, Want: want[4]},
		widget.Column{Width: want[5], Drop: 1})
	lines := make([]string, len(rows))
	for i, row := range rows {
		if lines[i] = t.Row(row...); needs[i].Of != "" && widget.Cells(row[whoColumn]) > t.Width(whoColumn) {
			lines[i] = across(t, row)
		}
	}
	return lines
}

// whoColumn is that of whose Bills they are, or of the integration that it is about.
const whoColumn = 3

// across is a row that is about no Bills: the integration that it names has the room of
// their number and their money as well.
func across(t widget.Table, row []string) string {
	room := -1
	for c := whoColumn - 1; c <= whoColumn+1; c++ {
		if w := t.Width(c); w > 0 {
			room += w + 1
		}
	}
	line := ""
	for c, cell := range row {
		w := t.Width(c)
		switch {
		case c == whoColumn:
			w = max(0, room)
		case c > whoColumn-2 && c < whoColumn+2:
			continue
		}
		if w > 0 {
			line += " " + widget.Fit(cell, w)
		}
	}
	return strings.TrimPrefix(line, " ")
}

// NeedTitle says how many there are, and which are not shown.
func (s State) NeedTitle(r Room) string {
	if len(s.Needs) == 0 {
		return theme.Dim.Render("Nothing needs you.")
	}
	title := theme.Label.Render("Needs you")
	if more := len(s.Needs) - s.Shown(r); more > 0 {
		title += theme.Dim.Render(fmt.Sprintf("  and %d more: r, then b", more))
	}
	return title
}

func (n Need) count() string {
	switch {
	case n.Thing == "":
		return ""
	case n.More:
		return widget.Count(n.Count) + "+ " + n.Thing + "s"
	}
	return widget.Many(n.Count, n.Thing)
}

// money is the largest sum, and that there are others.
func (n Need) money() string {
	codes := byWeight(n.Money, func(d decimal.D) decimal.D { return d })
	if len(codes) == 0 {
		return ""
	}
	text := widget.Money(n.Money[codes[0]], codes[0]) + " " + widget.Clean(codes[0])
	if more := len(codes) - 1; more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	return text
}
