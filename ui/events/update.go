package events

import (
	"context"
	"fmt"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help.
var keys = struct{ button, action, include, run, integration, filter key.Binding }{
	button:      key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "its button")),
	action:      key.NewBinding(key.WithKeys("a"), key.WithHelp("a", "actioned or not")),
	include:     key.NewBinding(key.WithKeys("i"), key.WithHelp("i", "include actioned")),
	run:         key.NewBinding(key.WithKeys("r"), key.WithHelp("r", "its run")),
	integration: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "its integration")),
	filter:      key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "filter")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	if s.filter.Typing() {
		return s.filter.Keys()
	}
	e, ok := s.selected()
	why := func(missing bool, reason string) string {
		switch {
		case !ok:
			return "there is no event under the cursor"
		case missing:
			return reason
		}
		return ""
	}
	button := keys.button
	if ok {
		button.SetHelp("enter", buttonOf(e).label)
	}
	return append([]screen.Key{
		{Binding: button, Footer: true, Disabled: why(buttonOf(e).to.Name == "", "this event leads nowhere")},
		{Binding: keys.action, Footer: true, Disabled: why(false, "")},
		{Binding: keys.include, Footer: true},
		{Binding: keys.filter, Footer: true},
		{Binding: keys.run, Disabled: why(e.RunID == "", "this event is not about a run")},
		{Binding: keys.integration, Disabled: why(e.IntegrationID == "", "this event is not about an integration")},
	}, widget.ListKeys()...)
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		if s.filter.Typing() {
			if s.filter.Key(m) {
				s.choose()
			}
			return nil
		}
		return s.key(m)
	case screen.ChangedMsg:
		if m.Kind == "event" && !s.refreshing {
			s.refreshing = true
			return tea.Tick(refreshAfter, func(time.Time) tea.Msg { return refreshDueMsg{s} })
		}
	case widget.BusyMsg:
		return s.busy.Update(m)
	case refreshDueMsg:
		if m.to == s {
			s.refreshing = false
			return s.load()
		}
	case loadedMsg:
		if m.to == s {
			return s.took(m)
		}
	case actionedMsg:
		if m.to == s {
			return s.marked(m)
		}
	}
	return nil
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	e, ok := s.selected()
	switch {
	case key.Matches(m, keys.filter):
		s.filter.Open()
	case key.Matches(m, keys.include):
		s.actioned = !s.actioned
		return s.load()
	case s.list.Key(m), !ok:
	case key.Matches(m, keys.button):
		return open(buttonOf(e).to)
	case key.Matches(m, keys.run):
		return open(to(screen.Run, e.RunID, ""))
	case key.Matches(m, keys.integration):
		return open(to(screen.Details, e.IntegrationID, ""))
	case key.Matches(m, keys.action):
		return s.mark(e)
	}
	return nil
}

func open(r screen.Route) tea.Cmd {
	if r.Name == "" {
		return nil
	}
	return screen.Push(r)
}

// mark says that somebody saw to an event, or that nobody did after all.
func (s *Screen) mark(e integration.Event) tea.Cmd {
	svc, id, actioned := s.env.Service, e.ID, e.Actioned.IsZero()
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		got, err := svc.ActionEvent(ctx, id, actioned)
		return actionedMsg{s, got, err}
	}
}

// marked reads the list again: an actioned event leaves it.
func (s *Screen) marked(m actionedMsg) tea.Cmd {
	if m.err != nil {
		return screen.Fail(fmt.Errorf("mark the event: %w", m.err))
	}
	text := "marked as ACTIONED"
	if m.event.Actioned.IsZero() {
		text = "marked as NOT ACTIONED"
	} else if !s.actioned {
		text += ": i shows it again"
	}
	return tea.Batch(screen.Toast(text), s.load())
}

// button is what m3ter's events page has at the end of an event's row.
type button struct {
	label string
	to    screen.Route
}

// to is a route, or none when it would lead to nothing.
func to(name screen.RouteName, id, arg string) screen.Route {
	if id == "" {
		return screen.Route{}
	}
	return screen.Route{Name: name, ID: id, Arg: arg}
}

// buttonOf gives an event its button, with m3ter's words for it.
func buttonOf(e integration.Event) button {
	switch e.Name {
	case integration.EventMissingMapping:
		return button{"Create external mapping", screen.Route{Name: screen.Mappings, ID: e.IntegrationID, Arg: e.AccountID}}
	case integration.EventAuthentication, integration.EventDisabled:
		return button{"Go to integration", to(screen.Details, e.IntegrationID, "")}
	}
	if e.RunID == "" {
		return button{"Go to integration", to(screen.Details, e.IntegrationID, "")}
	}
	if e.Times() > 1 && e.Cause != "" {
		f := e.Runs()
		f.IntegrationID = "" // the screen shows those of one already
		return button{"Go to integration runs", to(screen.Runs, e.IntegrationID, runfilter.Format(f))}
	}
	return button{"Go to integration run", to(screen.Run, e.RunID, "")}
}
