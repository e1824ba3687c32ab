package widget

import (
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/textinput"
	"github.com/charmbracelet/x/ansi"
)

// Wherever the cursor is, what it is on is shown after the terminal became
// narrower or wider, and nothing beyond the width.
func TestFitInputKeepsTheCursorInView(t *testing.T) {
	t.Parallel()
	const text = "abcdefghijklmnopqrstuvwxyz"
	for at := range len(text) + 1 {
		in := textinput.New()
		in.Prompt = ""
		FitInput(&in, 40)
		in.SetValue(text)
		in.SetCursor(at)
		for _, width := range []int{9, 14, 5, 40} {
			FitInput(&in, width)
			shown := ansi.Strip(in.View())
			on := text[min(at, len(text)-1):][:1] // at the end it is behind the last letter
			if !strings.Contains(shown, on) || in.Position() != at || Cells(shown) > width+1 {
				t.Errorf("cursor at %d, width %d: %q", at, width, shown)
			}
		}
	}
}
