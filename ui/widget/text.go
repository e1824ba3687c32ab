package widget

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Clip cuts s to at most width cells and marks the cut with an ellipsis.
// Line breaks become spaces: the result is one line. Styles survive.
func Clip(s string, width int) string {
	if strings.ContainsAny(s, "\n\r\t") {
		s = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(s)
	}
	if width <= 0 {
		return ""
	}
	if Cells(s) <= width {
		return s
	}
	return cut(s, width, "…")
}

// Fit cuts or pads s on the right to exactly width cells.
func Fit(s string, width int) string {
	s = Clip(s, width)
	return s + strings.Repeat(" ", max(0, width-Cells(s)))
}

// FitRight cuts or pads s on the left to exactly width cells: for numbers.
func FitRight(s string, width int) string {
	s = Clip(s, width)
	return strings.Repeat(" ", max(0, width-Cells(s))) + s
}

// Wrap breaks s into lines of at most width cells, at spaces where it can.
func Wrap(s string, width int) []string {
	if width <= 0 || s == "" {
		return nil
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}

// Block makes s exactly height lines, none wider than width: what a screen's
// View returns. Lines that do not fit are cut at the end.
func Block(s string, width, height int) string {
	lines := strings.Split(s, "\n")
	out := make([]string, max(0, height))
	for i := range out {
		if i < len(lines) {
			out[i] = clipLine(lines[i], width)
		}
	}
	return strings.Join(out, "\n")
}

// Indent moves a block one cell to the right, to where the header begins.
func Indent(s string) string { return " " + strings.ReplaceAll(s, "\n", "\n ") }

// clipLine cuts without a mark: the line is drawn already and may be styled.
func clipLine(s string, width int) string {
	if Cells(s) <= width {
		return s
	}
	return cut(s, max(0, width), "")
}

// Spread puts left at the start and right at the end of a line of width
// cells. When both do not fit, left gives way.
func Spread(left, right string, width int) string {
	right = Clip(right, width)
	space := width - Cells(right)
	if right != "" {
		space--
	}
	if space <= 0 {
		return right
	}
	left = Clip(left, space)
	return left + strings.Repeat(" ", max(0, width-Cells(left)-Cells(right))) + right
}

// Beside joins two blocks side by side: left in exactly leftWidth cells, a
// gap, then right.
func Beside(left string, leftWidth int, gap, right string) string {
	l, r := strings.Split(left, "\n"), strings.Split(right, "\n")
	var b strings.Builder
	for i := range max(len(l), len(r)) {
		if i > 0 {
			b.WriteByte('\n')
		}
		var a, c string
		if i < len(l) {
			a = l[i]
		}
		if i < len(r) {
			c = r[i]
		}
		a = clipLine(a, leftWidth)
		b.WriteString(a + strings.Repeat(" ", max(0, leftWidth-Cells(a))) + gap + c)
	}
	return b.String()
}

// Overlay draws the block top over the middle of the block below, which is
// width cells wide and height lines high. The lines it covers are its alone:
// halves of words beside a dialog are only noise.
func Overlay(below, top string, width, height int) string {
	lines := strings.Split(Block(below, width, height), "\n")
	over := strings.Split(top, "\n")
	w := 0
	for _, l := range over {
		w = max(w, Cells(l))
	}
	w = min(w, width)
	margin, y := strings.Repeat(" ", (width-w)/2), max(0, (height-len(over))/2)
	for i, l := range over {
		if y+i < len(lines) {
			lines[y+i] = margin + clipLine(l, w)
		}
	}
	return strings.Join(lines, "\n")
}
