package run

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

// line is one line of a pane: plain text, so that a search finds it.
type line struct {
	text  string
	style *theme.Style
	link  string // the address that the value after the label leads to
}

// pane scrolls over lines and draws those in view.
type pane struct {
	lines         []line
	top           int
	wanted        int // where it was scrolled to, whatever the room is now
	width, height int
	query         string
	hits          []int // lines that contain the query
	at            int   // index into hits
}

func (p *pane) setSize(width, height int) { p.width, p.height = width, max(0, height) }

// set replaces the lines.
func (p *pane) set(lines []line) {
	p.lines = lines
	p.top = p.fit(p.wanted)
}

// fit is the first line in view that is nearest to top.
func (p *pane) fit(top int) int { return max(0, min(top, len(p.lines)-p.height)) }

func (p *pane) scroll(by int) {
	p.top = p.fit(p.top + by)
	p.wanted = p.top
}

// start goes back to the first line.
func (p *pane) start() { p.top, p.wanted = 0, 0 }

func (p *pane) key(m tea.KeyMsg) {
	switch m.String() {
	case "down", "j":
		p.scroll(1)
	case "up", "k":
		p.scroll(-1)
	case "pgdown", "ctrl+f", " ":
		p.scroll(p.height)
	case "pgup", "ctrl+b":
		p.scroll(-p.height)
	case "ctrl+d":
		p.scroll(p.height / 2)
	case "ctrl+u":
		p.scroll(-p.height / 2)
	case "home", "g":
		p.scroll(-len(p.lines))
	case "end", "G":
		p.scroll(len(p.lines))
	}
}

// find looks for text, in any letter case, and shows the first hit from here.
func (p *pane) find(query string) {
	moved := query != p.query
	p.query, p.hits = strings.ToLower(query), nil
	if p.query == "" {
		return
	}
	for i, l := range p.lines {
		if strings.Contains(strings.ToLower(l.text), p.query) {
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
	p.hit(0)
}

// hit goes on by so many hits and brings that line into view.
func (p *pane) hit(by int) {
	if len(p.hits) == 0 {
		return
	}
	p.at = (p.at + by + len(p.hits)) % len(p.hits)
	if i := p.hits[p.at]; i < p.top || i >= p.top+p.height {
		p.top = i - p.height/2
		p.scroll(0)
	}
}

// place says which of the lines are in view; "" when all are.
func (p *pane) place() string {
	if len(p.lines) <= p.height {
		return ""
	}
	to := min(len(p.lines), p.top+p.height)
	return fmt.Sprintf("%s %d to %d of %d", widget.More(p.top > 0, to < len(p.lines)), p.top+1, to, len(p.lines))
}

// view draws the lines in view.
func (p *pane) view() string {
	out := make([]string, 0, p.height)
	for i := p.top; i < min(len(p.lines), p.top+p.height); i++ {
		out = append(out, p.draw(i))
	}
	return strings.Join(out, "\n")
}

func (p *pane) draw(i int) string {
	l := p.lines[i]
	text := widget.Clip(l.text, p.width)
	switch {
	case p.query != "" && len(p.hits) > 0 && p.hits[p.at] == i:
		text = theme.Cursor.Render(text)
	case p.query != "" && strings.Contains(strings.ToLower(text), p.query):
		text = theme.Focus.Render(text)
	case l.style != nil:
		text = l.style.Render(text)
	}
	if l.link != "" {
		at := min(len(text), labelWidth) // the name of the fact is no part of the link
		text = text[:at] + ansi.SetHyperlink(l.link) + text[at:] + ansi.ResetHyperlink()
	}
	return text
}
