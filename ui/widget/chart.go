package widget

import (
	"strings"

	"billferry/ui/theme"
)

// Part is one part of a bar: how large it is, the sign it is drawn with, which
// tells it without colour, and its style.
type Part struct {
	Share int // of the sum of all parts
	Sign  string
	Style theme.Style
}

// Bar draws parts of a whole in width cells. A part that is there has a cell at
// least, so that a small one is not overlooked; what that takes, the largest
// part gives.
func Bar(width int, parts ...Part) string {
	whole := 0
	for _, p := range parts {
		whole += p.Share
	}
	cells := apportion(width, whole, parts)
	var b strings.Builder
	for i, p := range parts {
		if cells[i] > 0 {
			b.WriteString(p.Style.Render(strings.Repeat(p.Sign, cells[i])))
		}
	}
	return b.String()
}

func apportion(width, whole int, parts []Part) []int {
	cells := make([]int, len(parts))
	if whole <= 0 {
		return cells
	}
	used, largest := 0, 0
	for i, p := range parts {
		if cells[i] = p.Share * width / whole; p.Share > 0 {
			cells[i] = max(1, cells[i])
		}
		used += cells[i]
		if p.Share > parts[largest].Share {
			largest = i
		}
	}
	cells[largest] = max(0, cells[largest]+width-used)
	return cells
}

// sparks are the heights of a sparkline. The lowest is nothing at all.
var sparks = []rune("▁▂▃▄▅▆▇█")

// Spark draws figures side by side, each as high as it is of the largest. What
// is not zero does not look like it.
func Spark(figures []int) string {
	most := 0
	for _, n := range figures {
		most = max(most, n)
	}
	out := make([]rune, len(figures))
	for i, n := range figures {
		at := 0
		if n > 0 {
			at = max(1, n*(len(sparks)-1)/most)
		}
		out[i] = sparks[at]
	}
	return string(out)
}

// Dots draw how many of some places are taken, up to a number that the eye can
// count.
func Dots(taken, of int) string {
	if of <= 0 || of > 10 || taken > of {
		return ""
	}
	return strings.Repeat("●", taken) + strings.Repeat("○", of-taken)
}

// Shares are parts of a whole in percent, which add up to 100. Only the whole is
// 100, and what is there is 1 at least.
func Shares(parts []int) []int {
	whole := 0
	list := make([]Part, len(parts))
	for i, n := range parts {
		list[i].Share = max(0, n)
		whole += max(0, n)
	}
	return apportion(100, whole, list)
}
