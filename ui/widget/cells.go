package widget

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// narrow are the signs that this program draws itself, one cell each.
const narrow = "✓✗○●◷–…▸≠·→‹›▾╭╮╰╯↑↓↕"

// Cells is the width of s on the screen. It is ansi.StringWidth, but text of
// the letters, signs and colours that most lines are made of is counted
// directly, which takes a tenth of the time: every frame measures every line.
func Cells(s string) int {
	n := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= ' ' && c < 0x7f:
			n++
			i++
		case c == 0x1b:
			end := colour(s[i:])
			if end == 0 {
				return ansi.StringWidth(s)
			}
			i += end
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !(r >= 0x2500 && r <= 0x259f || r >= 0xa1 && r <= 0x17f && r != 0xad || strings.ContainsRune(narrow, r)) {
				return ansi.StringWidth(s) // it may be wide, or belong to the sign before it
			}
			n++
			i += size
		}
	}
	return n
}

// plain tells a text of one cell a letter, without colours: as most words are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// cut takes the first width cells of a longer s and puts tail in place of
// their end. It is ansi.Truncate, with a short way for plain text.
func cut(s string, width int, tail string) string {
	if end := width - Cells(tail); plain(s) && end >= 0 {
		return s[:end] + tail
	}
	return ansi.Truncate(s, width, tail)
}

// colour is the length of the colour sequence that s begins with; 0: it is
// something else.
func colour(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case (c < '0' || c > '9') && c != ';':
			return 0
		}
	}
	return 0
}
