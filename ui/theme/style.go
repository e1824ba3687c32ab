package theme

import (
	"strings"
	"sync/atomic"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Style is a lipgloss style that remembers what it writes before and after a
// text. lipgloss works that out for each word anew, borders and all, which was
// a third of what a frame cost.
type Style struct {
	lipgloss.Style
	known *atomic.Pointer[ends]
}

// ends are what a style writes around a text, on one kind of terminal.
type ends struct {
	profile       termenv.Profile
	dark          bool
	simple        bool // the text itself stands as it is between before and after
	before, after string
}

func of(s lipgloss.Style) Style { return Style{s, new(atomic.Pointer[ends])} }

// Render draws texts as lipgloss does.
func (s Style) Render(texts ...string) string {
	if len(texts) != 1 || texts[0] == "" || strings.ContainsAny(texts[0], "\n\r\t") {
		return s.Style.Render(texts...)
	}
	e := s.known.Load()
	if profile, dark := lipgloss.ColorProfile(), lipgloss.HasDarkBackground(); e == nil || e.profile != profile || e.dark != dark {
		e = s.probe(profile, dark)
		s.known.Store(e)
	}
	if !e.simple {
		return s.Style.Render(texts...)
	}
	return e.before + texts[0] + e.after
}

// probe finds the ends in a drawn text of two words: styles that underline draw
// the words apart, and those with a border or padding more than an escape
// sequence around them.
func (s Style) probe(profile termenv.Profile, dark bool) *ends {
	const words = "a b"
	before, after, simple := strings.Cut(s.Style.Render(words), words)
	simple = simple && (before == "" || strings.HasPrefix(before, "\x1b[") && strings.IndexByte(before, 'm') == len(before)-1)
	simple = simple && (after == "" || after == "\x1b[0m")
	return &ends{profile, dark, simple, before, after}
}
