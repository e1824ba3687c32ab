package widget

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/ui/screen"
	"billferry/ui/theme"
)

// Action is one line of a Menu.
type Action struct {
	Key      string // one letter
	Text     string
	Disabled string // why it does not work now; "" when it does
	Do       func() tea.Cmd
}

// Menu is a short list of actions, each with its letter.
type Menu struct {
	Title   string
	Actions []Action
	cursor  int
}

// Key handles a key: done when the menu closes, with the chosen action's
// command.
func (m *Menu) Key(msg tea.KeyMsg) (done bool, cmd tea.Cmd) {
	switch s := msg.String(); s {
	case "esc", "q":
		return true, nil
	case "up", "k":
		m.cursor = max(0, m.cursor-1)
	case "down", "j":
		m.cursor = min(len(m.Actions)-1, m.cursor+1)
	case "enter":
		return m.run(m.cursor)
	default:
		for i, a := range m.Actions {
			if a.Key == s {
				return m.run(i)
			}
		}
	}
	return false, nil
}

// Keys is the key map while the menu is open: its actions, and how to move.
func (m *Menu) Keys() []screen.Key {
	out := []screen.Key{
		{Binding: key.NewBinding(key.WithKeys("up", "down", "k", "j"), key.WithHelp("↑/↓", "choose")), Footer: true},
		{Binding: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "do it")), Footer: true},
		{Binding: key.NewBinding(key.WithKeys("esc", "q"), key.WithHelp("esc", "close")), Footer: true},
	}
	for _, a := range m.Actions {
		out = append(out, screen.Key{Binding: key.NewBinding(key.WithKeys(a.Key), key.WithHelp(a.Key, a.Text)), Disabled: a.Disabled})
	}
	return out
}

func (m *Menu) run(i int) (bool, tea.Cmd) {
	if m.Actions[i].Disabled != "" {
		m.cursor = i
		return false, nil
	}
	return true, m.Actions[i].Do()
}

// Over draws the menu over the middle of a screen.
func (m *Menu) Over(below string, width, height int) string {
	space := max(10, min(width-6, 72))
	lines := append([]string{theme.Title.Render(Clip(m.Title, space))}, m.Lines(space, height-3)...)
	return Overlay(below, theme.Modal.Render(strings.Join(lines, "\n")), width, height)
}

// Lines are the actions alone, as many as there is height for around the cursor.
func (m *Menu) Lines(width, height int) (lines []string) {
	rows := max(1, min(len(m.Actions), height))
	top := max(0, min(m.cursor-rows/2, len(m.Actions)-rows))
	for i := top; i < min(top+rows, len(m.Actions)); i++ {
		a := m.Actions[i]
		text := theme.Key.Render(a.Key) + "  " + a.Text
		if a.Disabled != "" {
			text = theme.Dim.Render(a.Key + "  " + a.Text + " (" + a.Disabled + ")")
		}
		mark := Mark(i == m.cursor)
		switch {
		case i == m.cursor:
		case i == top && top > 0:
			mark = "↑ "
		case i == top+rows-1 && i < len(m.Actions)-1:
			mark = "↓ "
		}
		lines = append(lines, Clip(mark+text, width))
	}
	return lines
}
