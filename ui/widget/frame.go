package widget

import (
	"strings"

	"billferry/ui/theme"
)

// Frame draws a dialog: a border of width cells with a title and a body.
func Frame(title, body string, width int) string {
	inner := max(1, width-4)
	var b strings.Builder
	title = Clip(title, max(1, inner-2))
	b.WriteString("╭─ " + theme.Title.Render(title) + " " + strings.Repeat("─", max(0, inner-Cells(title)-1)) + "╮\n")
	for _, l := range strings.Split(body, "\n") {
		l = clipLine(l, inner)
		b.WriteString("│ " + l + strings.Repeat(" ", max(0, inner-Cells(l))) + " │\n")
	}
	b.WriteString("╰" + strings.Repeat("─", inner+2) + "╯")
	return b.String()
}
