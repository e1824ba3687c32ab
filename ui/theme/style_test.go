package theme

import (
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"
)

// Whatever is drawn looks as lipgloss draws it, on every kind of terminal. It
// is not parallel: it turns the colours of the whole process.
func TestStylesDrawAsLipgloss(t *testing.T) {
	t.Cleanup(func() { lipgloss.SetColorProfile(termenv.Ascii); lipgloss.SetHasDarkBackground(true) })
	styles := []Style{Title, Crumb, Dim, Label, Focus, Good, Warn, Bad, Key, Badge, Cursor, Modal, Plain, Heading}
	text := rapid.OneOf(rapid.StringMatching(`[a-z ]{0,6}`), rapid.String(),
		rapid.SampledFrom([]string{"", "a\nb", "\t", "\x1b[1mx\x1b[0m", "界"}))
	rapid.Check(t, func(t *rapid.T) {
		lipgloss.SetColorProfile(rapid.SampledFrom([]termenv.Profile{termenv.Ascii, termenv.ANSI, termenv.ANSI256, termenv.TrueColor}).Draw(t,
			"profile"))
		lipgloss.SetHasDarkBackground(rapid.Bool().Draw(t, "dark"))
		texts := rapid.SliceOfN(text, 1, 2).Draw(t, "texts")
		for i, s := range styles {
			if got, want := s.Render(texts...), s.Style.Render(texts...); got != want {
				t.Fatalf("style %d draws %q as %q, not as %q", i, texts, got, want)
			}
		}
	})
}
