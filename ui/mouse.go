package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"billferry/internal/pattern"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// The mouse presses keys. The root knows where its footer, its dialogs and the
// cursor's mark stand, so no screen has to: a click on a row brings the cursor
// there by the keys that would, a click on the row under the cursor is enter, and
// a click on a hint in the footer is that key. So nothing can be done with the
// mouse that cannot be done without it.

// wheelRows is how many rows a notch of the wheel moves.
const wheelRows = 3

// bodyTop is the line of the terminal that a screen begins at.
const bodyTop = chrome - 1

func (r *root) mouse(m tea.MouseMsg) tea.Cmd {
	switch {
	case m.Action != tea.MouseActionPress:
	case m.Button == tea.MouseButtonWheelUp:
		return r.presses("up", wheelRows)
	case m.Button == tea.MouseButtonWheelDown:
		return r.presses("down", wheelRows)
	case m.Button == tea.MouseButtonLeft && m.Y == r.height-1:
		return r.clickHint(m.X)
	case m.Button == tea.MouseButtonLeft:
		return r.clickLine(m.X, m.Y-bodyTop)
	}
	return nil
}

// presses gives a key so many times, as the keyboard would.
func (r *root) presses(name string, times int) tea.Cmd {
	k, ok := keyNamed(name)
	if !ok {
		return nil
	}
	var cmds []tea.Cmd
	for range times {
		_, cmd := r.Update(k)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

// clickHint presses the key whose hint stands at a cell of the footer.
func (r *root) clickHint(x int) tea.Cmd {
	hints, end := r.hints()
	at := 1
	for _, k := range hints {
		if w := widget.Cells(hint(k)); x >= at && x < at+w {
			return r.presses(k.Binding.Keys()[0], 1)
		} else {
			at += w + 3
		}
	}
	if x >= at && x < at+widget.Cells(end) {
		return r.presses("f1", 1)
	}
	return nil
}

// tab is the name of one of several pages, beside the digit that opens it.
var tab = pattern.New(`\[?([1-9]) [A-Z][a-z]+\]?`)

// clickLine does what a click on a line of the screen, or of the dialog on top of
// it, means there.
func (r *root) clickLine(x, y int) tea.Cmd {
	lines, from, to := r.clickable()
	if y < from || y >= to {
		return nil
	}
	text := ansi.Strip(lines[y])
	if tabs := tab().FindAllStringSubmatchIndex(text, -1); len(tabs) >= 3 && !r.top().Typing() {
		for _, t := range tabs {
			if at := widget.Cells(text[:t[0]]); x >= at && x < at+widget.Cells(text[t[0]:t[1]]) {
				return r.presses(text[t[2]:t[3]], 1)
			}
		}
		return nil
	}
	at := r.marked()
	switch {
	case strings.Trim(text, " │") == "" || at < 0:
		return nil
	case at == y:
		return r.presses("enter", 1)
	}
	cmd, there := r.walk(at, y)
	if !there { // the line is no row: the cursor stays where it was
		back, _ := r.walk(r.marked(), at)
		cmd = tea.Batch(cmd, back)
	}
	return cmd
}

// walk presses up or down until the cursor's mark stands on a line, or stops
// moving, or is past it.
func (r *root) walk(at, to int) (tea.Cmd, bool) {
	name, ahead := "down", func(at int) bool { return at < to }
	if to < at {
		name, ahead = "up", func(at int) bool { return at > to }
	}
	top := r.top()
	var cmds []tea.Cmd
	for at >= 0 && ahead(at) {
		cmds = append(cmds, r.presses(name, 1))
		next := r.marked()
		if next == at || r.top() != top {
			break
		}
		at = next
	}
	return tea.Batch(cmds...), at == to
}

// clickable are the lines of the screen as drawn, and which of them belong to who
// has the keyboard.
func (r *root) clickable() (lines []string, from, to int) {
	_, height := r.bodySize()
	lines = strings.Split(r.body(), "\n")
	if n := len(r.dialogs); n > 0 {
		high := strings.Count(r.dialogs[n-1].View(), "\n") + 1
		from = max(0, (height-high)/2)
		return lines, from, min(len(lines), from+high)
	}
	return lines, 0, len(lines)
}

// marked is the line that the cursor's mark stands on; -1: there is none. Where
// there are several signs of its kind, the mark is that of a menu, which is framed,
// or else the leftmost.
func (r *root) marked() int {
	lines, from, to := r.clickable()
	line, least, framed := -1, 0, false
	for i := from; i < to; i++ {
		text := ansi.Strip(lines[i])
		rest := strings.TrimLeft(text, " │")
		if !strings.HasPrefix(rest, strings.TrimSpace(widget.Mark(true))) {
			continue
		}
		at, inFrame := widget.Cells(text)-widget.Cells(rest), strings.HasPrefix(strings.TrimLeft(text, " "), "│")
		if line < 0 || inFrame && !framed || inFrame == framed && at < least {
			line, least, framed = i, at, inFrame
		}
	}
	return line
}

// toggleMouse gives the mouse to the terminal, which then selects text with it, or
// takes it back.
func (r *root) toggleMouse() tea.Cmd {
	r.hasMouse = !r.hasMouse
	if r.hasMouse {
		return tea.Batch(tea.EnableMouseCellMotion,
			r.own(screen.ToastMsg{Text: "the mouse clicks and scrolls here; ctrl+t lets the terminal select text with it"}))
	}
	return tea.Batch(tea.DisableMouse, r.own(screen.ToastMsg{Text: "the mouse is the terminal's: it selects text; ctrl+t takes it back"}))
}

// resumed turns the mouse on again after a suspension, which turned it off.
func (r *root) resumed() tea.Cmd {
	if !r.hasMouse {
		return nil
	}
	return tea.EnableMouseCellMotion
}
