package widget

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"billferry/ui/theme"
)

// Line is a line of a Pane: plain text, so that a search finds it.
type Line struct {
	Text  string
	Style *theme.Style // nil: as the text is
	Link  string       // the address that the text leads to
	From  int          // where in the text the link begins
}

// Pane scrolls over lines, finds text in them, and draws those in view. It
// holds its place when the lines or the room change.
type Pane struct {
	lines         []Line
	top           int
	wanted        int // where it was scrolled to, whatever the room is now
	width, height int
	query         string
	hits          []int // lines that contain the query
	at            int   // index into hits
}

// SetSize gives the room.
func (p *Pane) SetSize(width, height int) {
	p.width, p.height = width, max(0, height)
	p.top = p.fit(p.wanted)
}

// Set replaces the lines.
func (p *Pane) Set(lines []Line) {
	p.lines = lines
	p.top = p.fit(p.wanted)
}

// fit is the first line in view that is nearest to top.
func (p *Pane) fit(top int) int { return max(0, min(top, len(p.lines)-p.height)) }

func (p *Pane) scroll(by int) {
	p.top = p.fit(p.top + by)
	p.wanted = p.top
}

// Start goes back to the first line.
func (p *Pane) Start() { p.top, p.wanted = 0, 0 }

// Key scrolls by the keys of a list, and tells whether the key was one for that.
func (p *Pane) Key(m tea.KeyMsg) bool {
	switch k := listKeys; {
	case key.Matches(m, k.down):
		p.scroll(1)
	case key.Matches(m, k.up):
		p.scroll(-1)
	case key.Matches(m, k.pageDown):
		p.scroll(p.height)
	case key.Matches(m, k.pageUp):
		p.scroll(-p.height)
	case key.Matches(m, k.halfDown):
		p.scroll(p.height / 2)
	case key.Matches(m, k.halfUp):
		p.scroll(-p.height / 2)
	case key.Matches(m, k.home):
		p.scroll(-len(p.lines))
	case key.Matches(m, k.end):
		p.scroll(len(p.lines))
	default:
		return false
	}
	return true
}

// Find looks for text, in any letter case, and shows the first hit from here.
func (p *Pane) Find(query string) {
	moved := query != p.query
	p.query, p.hits = Fold(query), nil
	if p.query == "" {
		return
	}
	for i, l := range p.lines {
		if strings.Contains(Fold(l.Text), p.query) {
			p.hits = append(p.hits, i)
		}
	}
	if !moved || len(p.hits) == 0 {
		p.at = min(p.at, max(0, len(p.hits)-1))
		return
	}
	p.at = 0
	for p.at < len(p.hits)-1 && p.hits[p.at] < p.top {
		p.at++
	}
	p.Hit(0)
}

// Hit goes on by so many hits and brings that line into view.
func (p *Pane) Hit(by int) {
	if len(p.hits) == 0 {
		return
	}
	p.at = (p.at + by + len(p.hits)) % len(p.hits)
	if i := p.hits[p.at]; i < p.top || i >= p.top+p.height {
		p.top = i - p.height/2
		p.scroll(0)
	}
}

// Hits tells which hit is shown, of how many; 0 of 0 while nothing is found.
func (p *Pane) Hits() (at, of int) { return min(p.at+1, len(p.hits)), len(p.hits) }

// Place says which of the lines are in view; "" when all are.
func (p *Pane) Place() string {
	if len(p.lines) <= p.height {
		return ""
	}
	to := min(len(p.lines), p.top+p.height)
	return fmt.Sprintf("%s %d to %d of %d", More(p.top > 0, to < len(p.lines)), p.top+1, to, len(p.lines))
}

// View draws the lines in view.
func (p *Pane) View() string {
	out := make([]string, 0, p.height)
	for i := p.top; i < min(len(p.lines), p.top+p.height); i++ {
		out = append(out, p.draw(i))
	}
	return strings.Join(out, "\n")
}

func (p *Pane) draw(i int) string {
	l := p.lines[i]
	text := Clip(l.Text, p.width)
	switch {
	case p.query != "" && len(p.hits) > 0 && p.hits[p.at] == i:
		text = theme.Cursor.Render(text)
	case p.query != "" && strings.Contains(Fold(text), p.query):
		text = theme.Focus.Render(text)
	case l.Style != nil:
		text = l.Style.Render(text)
	}
	if l.Link != "" {
		at := min(len(text), l.From)
		text = text[:at] + ansi.SetHyperlink(l.Link) + text[at:] + ansi.ResetHyperlink()
	}
	return text
}

// Page is a Pane of lines that are drawn already, with a last line that says
// how much there is and that more lies below.
type Page struct {
	Pane
	space int // with the last line
}

// Set replaces the lines.
func (p *Page) Set(lines []string) {
	p.lines = make([]Line, len(lines))
	for i, l := range lines {
		p.lines[i].Text = l
	}
	p.SetSize(p.width, p.space)
}

// SetSize gives the room.
func (p *Page) SetSize(width, height int) {
	p.space = height
	if len(p.lines) > height {
		height--
	}
	p.Pane.SetSize(width, max(1, height))
}

// View draws exactly the room.
func (p *Page) View() string {
	text := p.Pane.View()
	if place := p.Place(); place != "" {
		arrow, rest, _ := strings.Cut(place, " ")
		text += "\n" + theme.Dim.Render(arrow+" lines "+rest)
	}
	return Block(text, p.width, p.space)
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
