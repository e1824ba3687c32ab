package widget

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/viewport"
	tea "github.com/charmbracelet/bubbletea"
)

// BenchmarkPane finds a letter more in a Bill of 20,000 lines and draws what is
// in view, beside what bubbles' viewport takes for the same.
func BenchmarkPane(b *testing.B) {
	lines := make([]Line, 20_000)
	for i := range lines {
		lines[i].Text = fmt.Sprintf(`    "convertedSubtotal": %d.00, "description": "line %d of the Bill"`, i, i)
	}
	queries := []string{"line 19", "line 199"}
	b.Run("find/ours", func(b *testing.B) {
		var p Pane
		p.SetSize(118, 34)
		p.Set(lines)
		for i := 0; b.Loop(); i++ {
			p.Find(queries[i%2])
			_ = p.View()
		}
	})
	b.Run("find/bubbles", func(b *testing.B) {
		m := viewport.New(118, 34)
		for i := 0; b.Loop(); i++ { // it has no search: what is marked is drawn anew
			text := make([]string, len(lines))
			for k, l := range lines {
				if text[k] = l.Text; strings.Contains(strings.ToLower(l.Text), queries[i%2]) {
					text[k] = "\x1b[1m" + l.Text + "\x1b[0m"
				}
			}
			m.SetContent(strings.Join(text, "\n"))
			_ = m.View()
		}
	})
	b.Run("scroll/ours", func(b *testing.B) {
		var p Pane
		p.SetSize(118, 34)
		p.Set(lines)
		for b.Loop() {
			p.Key(tea.KeyMsg{Type: tea.KeyDown})
			_ = p.View()
		}
	})
	b.Run("scroll/bubbles", func(b *testing.B) {
		m := viewport.New(118, 34)
		text := make([]string, len(lines))
		for k, l := range lines {
			text[k] = l.Text
		}
		m.SetContent(strings.Join(text, "\n"))
		for b.Loop() {
			m, _ = m.Update(tea.KeyMsg{Type: tea.KeyDown})
			_ = m.View()
		}
	})
}
