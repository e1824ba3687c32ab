package connect

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// Test is the dialog that walks what an integration needs of its
// destination.
type Test struct {
	env    screen.Env
	in     integration.Integration
	steps  steps
	busy   widget.Busy
	done   bool
	err    error
	width  int
	height int
}

// NewTest returns the dialog; Init starts the checks.
func NewTest(env screen.Env, in integration.Integration) *Test {
	t := &Test{env: env, in: in}
	t.steps.owner = t
	return t
}

// Init implements screen.Screen.
func (t *Test) Init() tea.Cmd {
	svc, id := t.env.Service, t.in.ID
	return tea.Batch(t.busy.Start(), t.steps.start(func(ctx context.Context, step func(service.Step)) error {
		return svc.Test(ctx, id, step)
	}))
}

// Update implements screen.Screen.
func (t *Test) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		if t.done && m.String() == "enter" {
			return t.env.Close()
		}
	case stepMsg:
		return t.steps.onStep(m)
	case stepsOverMsg:
		if m.owner == t && m.gen == t.steps.gen {
			t.done, t.err, t.steps.on = true, m.err, false
			t.busy.Stop()
		}
	default:
		return t.busy.Update(msg)
	}
	return nil
}

// SetSize implements screen.Screen.
func (t *Test) SetSize(width, height int) { t.width, t.height = min(width, maxWidth), height }

// View implements screen.Screen.
func (t *Test) View() string {
	width := t.width - 4
	lines := t.steps.lines(width)
	switch {
	case !t.done:
		lines = append(lines, t.busy.View("asking "+t.env.Words(t.in.EntityType, t.in.Destination).System+", esc stops"))
	case t.err == nil:
		lines = append(lines, "", theme.Good.Render("✓ everything this integration needs works"))
	default:
		for _, part := range failure(t.err) {
			for _, l := range widget.Wrap(widget.Clean(part), width-2) {
				lines = append(lines, theme.Bad.Render("✗ "+l))
			}
		}
	}
	lines = lines[max(0, len(lines)-t.height+2):]
	return widget.Frame(t.Title(), strings.Join(lines, "\n"), t.width)
}

// Title implements screen.Screen.
func (t *Test) Title() string { return "Test " + widget.Clean(t.in.Name) }

// Typing implements screen.Screen.
func (t *Test) Typing() bool { return false }

// Back implements screen.Screen: leaving stops the checks.
func (t *Test) Back() (bool, tea.Cmd) { t.steps.stop(); return false, nil }

// Keys implements screen.Screen.
func (t *Test) Keys() []screen.Key {
	return []screen.Key{
		{Binding: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close when done")), Footer: true},
		{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop and close")), Footer: true},
	}
}
