package connect

import (
	"context"
	"fmt"
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
	top    int // the first line in view, once the report is there
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
		if !t.done {
			return nil
		}
		switch m.String() {
		case "enter":
			return t.env.Close()
		case "down", "j":
			t.top++
		case "up", "k":
			t.top--
		case "pgdown":
			t.top += t.height / 2
		case "pgup":
			t.top -= t.height / 2
		}
		t.top = max(0, t.top) // View knows the end
	case stepMsg:
		return t.steps.onStep(m)
	case stepsOverMsg:
		if m.owner == t && m.gen == t.steps.gen {
			t.done, t.err, t.steps.on = true, m.err, false
			t.steps.dueFirst()
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
	width, room := t.width-4, max(1, t.height-2)
	lines := t.steps.lines(width)
	if !t.done {
		lines = append(lines, t.busy.View("asking "+t.env.Words(t.in.EntityType, t.in.Destination).System+", esc stops"))
		lines = lines[max(0, len(lines)-room):]
		return widget.Frame(t.Title(), strings.Join(lines, "\n"), t.width)
	}
	var end []string
	todo, unknown := t.steps.due()
	switch {
	case t.err != nil:
		for _, part := range failure(t.err) {
			for _, l := range widget.Wrap(widget.Clean(part), width-2) {
				end = append(end, theme.Bad.Render("✗ "+l))
			}
		}
	case todo > 0:
		end = append(end, theme.Warn.Render(fmt.Sprintf("! %d to do, %d cannot be told", todo, unknown)))
	case unknown > 0:
		end = append(end, theme.Good.Render(fmt.Sprintf("✓ nothing to do; %d cannot be told", unknown)))
	default:
		end = append(end, theme.Good.Render("✓ everything this integration needs works"))
	}
	room = max(1, room-len(end)-1)
	t.top = min(t.top, max(0, len(lines)-room))
	more := len(lines) - t.top - room
	lines = lines[t.top:min(len(lines), t.top+room)]
	if more > 0 {
		end[0] += theme.Dim.Render(fmt.Sprintf("   ↓ %d more lines", more))
	}
	lines = append(append(lines, ""), end...)
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
		{Binding: key.NewBinding(key.WithKeys("up", "k"), key.WithHelp("↑/k", "up"))},
		{Binding: key.NewBinding(key.WithKeys("down", "j"), key.WithHelp("↓/j", "down"))},
		{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop and close")), Footer: true},
	}
}
