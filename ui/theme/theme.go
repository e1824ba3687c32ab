// Package theme holds the semantic styles of the terminal program. No other
// package writes a colour. All colours are of the 16 that every terminal has,
// so that they follow the operator's own palette, light or dark.
package theme

import "github.com/charmbracelet/lipgloss"

// The styles, by what they mean.
var (
	Title   = lipgloss.NewStyle().Bold(true)
	Crumb   = lipgloss.NewStyle().Faint(true)
	Dim     = lipgloss.NewStyle().Faint(true)
	Label   = lipgloss.NewStyle().Bold(true)
	Focus   = lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "4", Dark: "14"}).Bold(true)
	Good    = lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "2", Dark: "10"})
	Warn    = lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "3", Dark: "11"})
	Bad     = lipgloss.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: "1", Dark: "9"})
	Key     = lipgloss.NewStyle().Bold(true)
	Badge   = lipgloss.NewStyle().Reverse(true).Padding(0, 1)
	Cursor  = lipgloss.NewStyle().Reverse(true)
	Modal   = lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).Padding(0, 1)
	Money   = lipgloss.NewStyle()
	Heading = lipgloss.NewStyle().Bold(true).Underline(true)
)
