package ui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	toastLife  = 4 * time.Second // of a success; an error and what is to be kept stay until a key
	toastLines = 5
)

// toast is the message at the top of the page.
type toast struct {
	text string
	err  bool
	todo bool
	stay bool // until a key
	gen  int
}

// toastOverMsg ends the toast of its generation.
type toastOverMsg struct{ gen int }

func (t *toast) show(m screen.ToastMsg) tea.Cmd {
	*t = toast{text: m.Text, err: m.Error, todo: m.ToDo, stay: m.Error || m.Stays, gen: t.gen + 1}
	if t.stay {
		return nil
	}
	over := toastOverMsg{gen: t.gen}
	return tea.Tick(toastLife, func(time.Time) tea.Msg { return over })
}

func (t *toast) over(m toastOverMsg) {
	if m.gen == t.gen && !t.stay {
		t.text = ""
	}
}

// keyPressed takes away what stays until then: it has been seen.
func (t *toast) keyPressed() {
	if t.stay {
		t.text = ""
	}
}

// lines draws the message in at most five lines.
func (t *toast) lines(width int) []string {
	if t.text == "" {
		return nil
	}
	style, mark := theme.Good, "✓ "
	switch {
	case t.err:
		style, mark = theme.Bad, "✗ "
	case t.todo:
		style, mark = theme.Warn, "! "
	}
	var out []string
	for _, part := range strings.Split(t.text, "\n") {
		out = append(out, widget.Wrap(widget.Clean(part), width-4)...)
	}
	if len(out) > toastLines {
		out = append(out[:toastLines-1], out[toastLines-1]+" …")
	}
	for i := range out {
		if i > 0 {
			mark = "  "
		}
		out[i] = style.Render(widget.Fit(" "+mark+out[i], width))
	}
	return out
}
