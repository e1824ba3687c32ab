package theme

import (
	"fmt"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
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
	return nil
}
