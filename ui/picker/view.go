package picker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize makes the dialog as large as it may be, up to what reads well.
func (p *Picker) SetSize(width, height int) {
	p.width, p.height = min(width, 96), min(height, 26)
	widget.FitInput(&p.input, max(4, p.width-16))
	p.list.SetSize(p.width-4, max(1, p.height-4))
}

// View draws the dialog.
func (p *Picker) View() string {
	state := p.busy.View("searching")
	switch {
	case state != "":
	case p.err != nil:
		state = theme.Bad.Render("✗ " + widget.Clean(p.err.Error()))
		if p.o.Free {
			state += theme.Dim.Render(" · an id can be typed or pasted")
		}
	case p.o.Multi:
		state = theme.Dim.Render(fmt.Sprintf("%s chosen · %s found", widget.Count(len(p.chosen)), widget.Count(len(p.found))))
	case len(p.rows) == 0:
		state = theme.Dim.Render("nothing found")
	}
	table := widget.NewTable(p.width-6,
		widget.Column{Width: 3}, widget.Column{Width: 16, Flex: 2}, widget.Column{Width: 12, Flex: 1, Drop: 1}, widget.Column{Width: 10, Flex: 2})
	rows := p.list.View(func(i int, _ bool, _ int) string {
		c := p.rows[i]
		return table.Row(p.box(c.ID), widget.Clean(c.Name), widget.Clean(c.Note), widget.Clean(c.ID))
	})
	return widget.Frame(p.o.Title, strings.Join([]string{p.input.View(), state, rows}, "\n"), p.width)
}

func (p *Picker) box(id string) string {
	switch {
	case !p.o.Multi:
		return ""
	case slices.Contains(p.chosen, id):
		return "[x]"
	}
	return "[ ]"
}

// Title is the dialog's name.
func (p *Picker) Title() string { return p.o.Title }

// Typing is always true: every letter searches.
func (p *Picker) Typing() bool { return true }

// Back closes without a change.
func (p *Picker) Back() (bool, tea.Cmd) { return false, nil }

// Keys is the key map.
func (p *Picker) Keys() []screen.Key {
	bind := func(keys, help, text string) screen.Key {
		return screen.Key{Binding: key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(help, text)), Footer: true}
	}
	if !p.o.Multi {
		return []screen.Key{bind("enter", "enter", "choose"), bind("up down", "↑↓", "move"), bind("esc", "esc", "cancel")}
	}
	return []screen.Key{
		bind("tab", "tab", "select"), bind("enter", "enter", "done"), bind("up down", "↑↓", "move"),
		bind("ctrl+x", "ctrl+x", "take all out"), bind("esc", "esc", "cancel"),
	}
}
