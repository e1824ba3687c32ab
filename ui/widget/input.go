package widget

import "github.com/charmbracelet/bubbles/textinput"

// FitInput gives a text input a width in cells. What it shows of a longer text
// it works out anew only when the cursor moves: on its own the end of the text,
// and the cursor with it, would lie outside a terminal that became narrower.
func FitInput(in *textinput.Model, width int) {
	if in.Width == width {
		return
	}
	at := in.Position()
	in.Width = width
	in.CursorEnd()
	in.SetCursor(at)
}
