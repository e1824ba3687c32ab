package events

import (
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	headLines   = 2 // the filter with the count, and the titles
	detailLines = 4 // of the event under the cursor, at least
)

// detailRoom is how many lines the event under the cursor has: enough for its
// message, which ends with what to do, where that leaves half of the screen.
func detailRoom(height int) int { return max(detailLines, min(height/2+1, 8)) }

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	width-- // of the left margin
	s.width, s.height = width, height
	s.Rows.SetSize(width, max(1, height-headLines-detailRoom(height)))
	s.Table = widget.NewTable(width-2,
		widget.Column{Title: "NAME", Width: 17, Flex: 2},
		widget.Column{Title: "DATE", Width: 8},
		widget.Column{Title: "MESSAGE", Width: 16, Flex: 3},
		widget.Column{Title: "", Width: 14, Drop: 1},
		widget.Column{Title: "", Width: 25, Drop: 2},
	)
}

// View implements screen.Screen.
func (s *Screen) View() string {
	lines := append([]string{s.topLine()}, s.Lines(s.width, "  "+s.emptyText())...)
	if len(s.Shown) > 0 {
		lines = append(lines, s.detail())
	}
	return widget.Indent(widget.Block(strings.Join(lines, "\n"), s.width, s.height))
}

func (s *Screen) topLine() string {
	if s.Filter.Active() {
		return s.Filter.View(s.width, len(s.Shown), len(s.All))
	}
	left := "events that nobody has seen to yet"
	if s.actioned {
		left = "all events"
	}
	count := widget.Count(len(s.All))
	if len(s.All) == limit {
		count += "+"
	}
	return widget.Spread(theme.Dim.Render(left), theme.Dim.Render(count), s.width)
}

func (s *Screen) emptyText() string {
	switch {
	case s.Filter.Value() != "":
		return "No event matches this filter. esc clears it."
	case s.actioned:
		return "No events: nothing has gone wrong so far."
	}
	return "Nothing needs you. i shows the events that were actioned."
}

func (s *Screen) draw(e integration.Event, _ bool) []string {
	name := strings.TrimSuffix(strings.TrimPrefix(e.Name, "integration."), ".error")
	if e.Times() > 1 {
		name = fmt.Sprintf("%s ×%s", name, widget.Count(e.Times()))
	}
	return []string{widget.Clean(name), theme.Dim.Render(widget.Ago(s.env.Now(), e.Time)), widget.Clean(e.Message), mark(e), "[ " + buttonOf(e).label + " ]"}
}

// mark is a word and a glyph.
func mark(e integration.Event) string {
	if e.Actioned.IsZero() {
		return theme.Warn.Render("○ NOT ACTIONED")
	}
	return theme.Good.Render("✓ ACTIONED")
}

// detail is the event under the cursor with its full name, date and message.
func (s *Screen) detail() string {
	e, ok := s.Selected()
	if !ok {
		return ""
	}
	often := ""
	if e.Times() > 1 {
		often = fmt.Sprintf("%s times, last %s  ", widget.Count(e.Times()), e.Last.Format("2006-01-02 15:04:05 MST"))
	}
	lines := []string{"", mark(e) + "  " + theme.Label.Render(widget.Clean(e.Name)) + theme.Dim.Render("  "+e.Time.Format("2006-01-02 15:04:05 MST")+"  "+often)}
	lines = append(lines, widget.Wrap(widget.Clean(e.Message), s.width)...)
	if room := detailRoom(s.height); len(lines) > room {
		lines = append(lines[:room-1], widget.Clip(strings.Join(lines[room-1:], " "), s.width))
	}
	return strings.Join(lines, "\n")
}
