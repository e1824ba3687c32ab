// Package earlyterm decides between light and dark before Bubble Tea asks the
// terminal. Bubble Tea v1 asks in an init function and waits five seconds for
// an answer that some terminals never give; it does not ask when lipgloss has
// been told already.
//
// That works because Go initialises packages that are ready in the order of
// their import paths, and this path sorts before github.com/charmbracelet. A
// pty test in internal/cli guards the first frame's time.
package earlyterm

import (
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(Dark(os.Args, os.Getenv)) }

// Dark tells whether to draw for a dark background: as --theme or
// BILLFERRY_THEME says, else as COLORFGBG hints, else yes.
func Dark(args []string, getenv func(string) string) bool {
	switch theme(args, getenv) {
	case "light":
		return false
	case "dark":
		return true
	}
	fg := getenv("COLORFGBG") // "foreground;background" in the 16 colours
	switch fg[strings.LastIndexByte(fg, ';')+1:] {
	case "7", "15":
		return false
	}
	return true
}

func theme(args []string, getenv func(string) string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--theme="); ok {
			return v
		}
		if a == "--theme" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return getenv("BILLFERRY_THEME")
}
