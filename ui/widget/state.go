package widget

import (
	"billferry/internal/integration"
	"billferry/ui/theme"
)

// State is an integration's state with its glyph, styled.
func State(in integration.Integration) string {
	word := in.State()
	switch word {
	case "DISABLED":
		return theme.Bad.Render("✗ " + word)
	case "CONNECTED":
		return theme.Good.Render("● " + word)
	}
	return theme.Warn.Render("○ " + word)
}
