package widget

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/theme"
)

// Page is text that may be longer than its room: it scrolls by the keys of a
// list, and its last line says how much there is and that more lies below.
type Page struct {
	lines         []string
	list          List // its cursor is the first line in view
	top           int  // where it was scrolled to, whatever the room is now
	width, height int
}

// Set replaces the lines, which are drawn already; the first line in view
// stays where it was as far as the lines go.
func (p *Page) Set(lines []string) {
	p.lines = lines
	p.fit()
}

// SetSize gives the room.
func (p *Page) SetSize(width, height int) {
	p.width, p.height = width, height
	p.fit()
}

// fit makes one row of the list for each line that can be the first in view.
func (p *Page) fit() {
	p.list.SetSize(p.width, p.room())
	p.list.SetRows(max(0, len(p.lines)-p.room()+1), func(i int) string { return fmt.Sprint(i) })
	p.list.Move(p.top - p.list.Cursor())
}

// room is how many lines of text are in view.
func (p *Page) room() int {
	if len(p.lines) <= p.height {
		return max(1, p.height)
	}
	return max(1, p.height-1)
}

// Key scrolls and tells whether the key was one for that.
func (p *Page) Key(m tea.KeyMsg) bool {
	mine := p.list.Key(m)
	if mine {
		p.top = p.list.Cursor()
	}
	return mine
}

// View draws exactly the room.
func (p *Page) View() string {
	from := min(p.list.Cursor(), len(p.lines))
	to := min(from+p.room(), len(p.lines))
	lines := append(make([]string, 0, p.height), p.lines[from:to]...)
	if len(p.lines) > p.height {
		lines = append(lines, theme.Dim.Render(p.place(from, to)))
	}
	return Block(strings.Join(lines, "\n"), p.width, p.height)
}

func (p *Page) place(from, to int) string {
	return fmt.Sprintf("%s lines %d to %d of %d", More(from > 0, to < len(p.lines)), from+1, to, len(p.lines))
}

// More says with an arrow on which sides of a window there is more.
func More(above, below bool) string {
	switch {
	case above && below:
		return "↕"
	case above:
		return "↑"
	case below:
		return "↓"
	}
	return " "
}
