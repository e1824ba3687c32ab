package mappings

import (
	"strings"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

func (u *unmapped) setSize(width, height int) {
	u.width = width
	u.list.SetSize(width, max(1, height-headLines))
	u.table = widget.NewTable(width-2,
		widget.Column{Title: "ACCOUNT", Width: 16, Flex: 2},
		widget.Column{Title: "CODE", Width: 10, Flex: 1},
		widget.Column{Title: "EMAIL", Width: 18, Flex: 1, Drop: 1},
		widget.Column{Title: "WAITING", Width: 7, Right: true},
		widget.Column{Title: "SUGGESTED CUSTOMER", Width: 20, Flex: 3},
	)
}

func (u *unmapped) topLine(width int) string {
	left := "accounts without a NetSuite customer"
	if u.ended != nil {
		left = "no suggestions: " + widget.Clean(u.ended.Error())
	}
	count := widget.Count(len(u.rows))
	count += u.seen.partly()
	if right := u.of.busy.View("looking"); right != "" {
		count = right
	}
	if u.filter.Active() {
		return u.filter.View(width, len(u.rows), u.open)
	}
	return widget.Spread(theme.Dim.Render(left), theme.Dim.Render(count), width)
}

func (u *unmapped) view() string {
	switch {
	case !u.loaded:
		return ""
	case len(u.rows) == 0 && u.open > 0:
		return "\n  No account matches this filter. esc clears it."
	case len(u.rows) == 0:
		return "\n  Every account has a mapping."
	}
	return strings.Join([]string{"  " + u.table.Head(), u.list.View(u.row)}, "\n")
}

func (u *unmapped) row(i int, _ bool, _ int) string {
	c := u.rows[i]
	waiting := "–"
	if c.waiting > 0 {
		waiting = theme.Warn.Render(widget.Count(c.waiting))
	}
	name := c.Name
	if name == "" {
		name = c.ID
	}
	return u.table.Row(widget.Clean(name), widget.Clean(c.Code), widget.Clean(c.Email), waiting, u.suggestion(c))
}

// suggestion says how sure it is in a word and a glyph.
func (u *unmapped) suggestion(c candidate) string {
	text := widget.Clean(c.customer.Name) + " #" + widget.Clean(c.customer.ID)
	switch {
	case c.strength == exact:
		return theme.Good.Render("= " + text)
	case c.strength == similar:
		return theme.Warn.Render("~ similar: " + text)
	case u.asked[c.ID] && u.ended == nil:
		return theme.Dim.Render("none found")
	}
	return "–"
}
