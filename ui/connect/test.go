package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
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
	report widget.Pane // once all is checked
	end    []string    // what it comes to, below
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
		if m.String() == "enter" {
			return t.env.Close(t)
		}
		t.report.Key(m)
	case load.Msg:
		return m.For(t)
	case stepMsg:
		return t.steps.onStep(m)
	case stepsOverMsg:
		if m.owner == t && m.gen == t.steps.gen {
			t.done, t.err, t.steps.on = true, m.err, false
			t.steps.dueFirst()
			t.busy.Stop()
			t.layout()
		}
	default:
		return t.busy.Update(msg)
	}
	return nil
}

// SetSize implements screen.Screen.
func (t *Test) SetSize(width, height int) {
	t.width, t.height = min(width, maxWidth), height
	if t.done {
		t.layout()
	}
}

// View implements screen.Screen.
func (t *Test) View() string {
	if !t.done {
		lines, room := t.steps.lines(t.width-4), max(1, t.height-2)
		lines = append(lines, t.busy.View("asking "+t.env.Words(t.in.EntityType, t.in.Destination).System+", esc stops"))
		lines = lines[max(0, len(lines)-room):]
		return widget.Frame(t.Title(), strings.Join(lines, "\n"), t.width)
	}
	end := slices.Clone(t.end)
	if place := t.report.Place(); place != "" {
		end[0] += theme.Dim.Render("   " + place)
	}
	return widget.Frame(t.Title(), t.report.View()+"\n\n"+strings.Join(end, "\n"), t.width)
}

// layout fits the report and what it comes to into the room.
func (t *Test) layout() {
	width := t.width - 4
	var end []string
	todo, unknown := t.steps.due()
	switch {
	case t.err != nil && t.steps.told():
		end = append(end, theme.Bad.Render("✗ it cannot work like this: see what failed"))
	case t.err != nil:
		end = append(end, failed(t.err, width)...)
	case todo > 0:
		end = append(end, theme.Warn.Render(fmt.Sprintf("! %d to do, %d cannot be told", todo, unknown)))
	case unknown > 0:
		end = append(end, theme.Good.Render(fmt.Sprintf("✓ nothing to do; %d cannot be told", unknown)))
	default:
		end = append(end, theme.Good.Render("✓ everything this integration needs works"))
	}
	var lines []widget.Line
	for _, l := range t.steps.lines(width) {
		lines = append(lines, widget.Line{Text: l})
	}
	t.end = end
	t.report.Set(lines)
	t.report.SetSize(width, max(1, min(len(lines), t.height-2-len(end)-1)))
}

// Title implements screen.Screen.
func (t *Test) Title() string { return "Test " + widget.Clean(t.in.Name) }

// Typing implements screen.Screen.
func (t *Test) Typing() bool { return false }

// Back implements screen.Screen: leaving stops the checks.
func (t *Test) Back() (bool, tea.Cmd) { t.steps.stop(); return false, nil }

// Keys implements screen.Screen.
func (t *Test) Keys() []screen.Key {
	return append([]screen.Key{
		{Binding: key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close when done")), Footer: true},
		{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop and close")), Footer: true},
	}, widget.ListKeys()...)
}
