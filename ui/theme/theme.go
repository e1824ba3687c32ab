// Package theme holds the semantic styles of the terminal program. No other
// package writes a colour. All colours are of the 16 that every terminal has,
// so that they follow the operator's own palette, light or dark.
package theme

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
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

// The styles, by what they mean.
var (
	Title   = of(lipgloss.NewStyle().Bold(true))
	Crumb   = of(lipgloss.NewStyle().Faint(true))
	Dim     = of(lipgloss.NewStyle().Faint(true))
	Label   = of(lipgloss.NewStyle().Bold(true))
	Focus   = of(lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "4", Dark: "14"}).Bold(true))
	Good    = of(lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "2", Dark: "10"}))
	Warn    = of(lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "3", Dark: "11"}))
	Bad     = of(lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "1", Dark: "9"}))
	Key     = of(lipgloss.NewStyle().Bold(true))
	Badge   = of(lipgloss.NewStyle().Reverse(true).Padding(0, 1))
	Cursor  = of(lipgloss.NewStyle().Reverse(true))
	Modal   = of(lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).Padding(0, 1))
	Plain   = of(lipgloss.NewStyle())
	Heading = of(lipgloss.NewStyle().Bold(true).Underline(true))
)

// Use chooses how colours are drawn: auto (also "") follows the terminal and
// NO_COLOR, light and dark say what the background is, none draws no colour.
func Use(name string) error {
	switch name {
	case "", "auto":
	case "light":
		lipgloss.SetHasDarkBackground(false)
	case "dark":
		lipgloss.SetHasDarkBackground(true)
	case "none":
		lipgloss.SetColorProfile(termenv.Ascii)
	default:
		return fmt.Errorf("theme %q is not known: use auto, light, dark or none", name)
	}
	plain.Store(lipgloss.ColorProfile() == termenv.Ascii)
	return nil
}

// plain tells that no colour is drawn: then lipgloss reverses nothing either.
var plain atomic.Bool

// Input makes a text input ready: its cursor stands, since a blinking one would
// redraw an idle screen, and is seen without colours as well.
func Input(in *textinput.Model) {
	in.Cursor.SetMode(cursor.CursorStatic)
	in.Cursor.Style = CursorStyle()
}

// CursorStyle draws the sign under a text cursor. Reverse video is no colour.
func CursorStyle() lipgloss.Style {
	return lipgloss.NewStyle().Transform(func(s string) string {
		if plain.Load() {
			return "\x1b[7m" + s + "\x1b[0m"
		}
		return s
	})
}
