package widget

import (
	"billferry/internal/integration"
	"billferry/ui/theme"
)

// StateWord is an integration's state in m3ter's word.
func StateWord(in integration.Integration) string {
	switch {
	case !in.Enabled:
		return "DISABLED"
	case in.Authorized && in.Unreachable != nil:
		return "UNREACHABLE"
	case in.Authorized:
		return "CONNECTED"
	}
	return "NOT CONNECTED"
}

// State is StateWord with its glyph, styled.
func State(in integration.Integration) string {
	word := StateWord(in)
	switch word {
	case "DISABLED":
		return theme.Bad.Render("✗ " + word)
	case "CONNECTED":
		return theme.Good.Render("● " + word)
	}
	return theme.Warn.Render("○ " + word)
}
