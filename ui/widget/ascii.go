package widget

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// signs are what stands for our own signs on a terminal that has none but ASCII.
var signs = func() map[rune]string {
	m := map[rune]string{}
	for _, pair := range [...][2]string{
		{"─━═", "-"}, {"│┃", "|"}, {"╭╮╰╯┌┐└┘├┤┬┴┼", "+"}, {"·•", "."}, {"–—−", "-"}, {"✗×", "x"}, {"…", "~"}, {"✓", "+"},
		{"▸›→", ">"}, {"‹←", "<"},
		{"●", "*"}, {"○◌", "o"}, {"◷", "@"}, {"≠", "!"}, {"↓▾", "v"}, {"↑⇧", "^"}, {"↕", ":"}, {"✎", "&"}, {"“”„", `"`}, {"‘’", "'"},
		{"█", "#"}, {"▓", "%"}, {"▒", "="}, {"░", "!"}, {"▁", "_"}, {"▂", "."}, {"▃", ","}, {"▄", "-"}, {"▅", "="}, {"▆", "+"}, {"▇", "*"},
	} {
		for _, r := range pair[0] {
			m[r] = pair[1]
		}
	}
	return m
}()

// ASCII draws a frame with the letters and signs that every terminal has. What
// has none of its own is a question mark, as wide as it was.
func ASCII(frame string) string {
	if plain(strings.ReplaceAll(frame, "\n", "")) {
		return frame
	}
	var b strings.Builder
	b.Grow(len(frame))
	for _, r := range frame {
		switch sign, ok := signs[r]; {
		case r < 0x80:
			b.WriteRune(r)
		case ok:
			b.WriteString(sign)
		default:
			b.WriteString(letter(r))
		}
	}
	return b.String()
}

// letter is a letter without its accent.
func letter(r rune) string {
	cells := Cells(string(r))
	if d := []rune(norm.NFD.String(string(r))); d[0] < 0x80 && cells == 1 {
		return string(d[0])
	}
	return strings.Repeat("?", cells)
}

// Fold is a text as it is searched: in small letters, without accents, so that
// "muller" finds Müller.
func Fold(s string) string {
	if plain(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ø' || r == 'Ø':
			return 'o'
		case r == 'ł' || r == 'Ł':
			return 'l'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")))
}
