// Package theme holds the semantic styles of the terminal program. No other
// package writes a colour. All colours are of the 16 that every terminal has,
// so that they follow the operator's own palette, light or dark.
package theme

import "github.com/charmbracelet/lipgloss"

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
