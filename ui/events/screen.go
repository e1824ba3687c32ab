package events

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	timeout      = 20 * time.Second // bounds every request
	limit        = 1000             // events that are read; older ones are found by acting on newer ones
	refreshAfter = 300 * time.Millisecond
)

// Screen is the list of integration events.
type Screen struct {
	env           screen.Env
	integration   string // id; "" is all
	width, height int

	all        []integration.Event
	shown      []integration.Event
	loaded     bool
	failed     error
	actioned   bool // show those too
	gen        int
	busy       widget.Busy
	refreshing bool
	filter     *widget.Filter
	list       widget.List
	table      widget.Table
}

var (
	_ screen.Screen = (*Screen)(nil)
	_ screen.Copier = (*Screen)(nil)
)

// New returns the events of one integration, or of all when the id is empty.
func New(env screen.Env, integrationID string) screen.Screen {
	return &Screen{env: env, integration: integrationID, filter: widget.NewFilter("", "name, message, id")}
}

type (
	loadedMsg struct {
		to     *Screen
		gen    int
		events []integration.Event
		err    error
	}
	actionedMsg struct {
		to    *Screen
		event integration.Event
		err   error
	}
	refreshDueMsg struct{ to *Screen }
)

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.busy.Start(s.env.Now()), s.load()) }

func (s *Screen) load() tea.Cmd {
	s.gen++
	svc, gen := s.env.Service, s.gen
	f := service.EventFilter{IntegrationID: s.integration, IncludeActioned: s.actioned, Limit: limit}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		events, err := svc.Events(ctx, f)
		return loadedMsg{s, gen, events, err}
	}
}

func (s *Screen) took(m loadedMsg) tea.Cmd {
	if m.gen != s.gen {
		return nil
	}
	s.busy.Stop()
	if s.failed = m.err; m.err != nil {
		return screen.Fail(fmt.Errorf("read the events: %w", m.err))
	}
	s.all, s.loaded = m.events, true
	s.choose()
	return nil
}

// choose shows the events that the typed line is found in.
func (s *Screen) choose() {
	var shown []integration.Event
	text := strings.ToLower(strings.TrimSpace(s.filter.Value()))
	for _, e := range s.all {
		if strings.Contains(strings.ToLower(e.Name+"\n"+e.Message+"\n"+e.ID+"\n"+e.BillID+"\n"+e.AccountID), text) {
			shown = append(shown, e)
		}
	}
	s.shown = shown
	s.list.SetRows(len(shown), func(i int) string { return shown[i].ID })
}

// selected is the event under the cursor.
func (s *Screen) selected() (integration.Event, bool) {
	if i := s.list.Cursor(); i < len(s.shown) {
		return s.shown[i], true
	}
	return integration.Event{}, false
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "events" }

// Typing implements screen.Screen.
func (s *Screen) Typing() bool { return s.filter.Typing() }

// Back implements screen.Screen: it clears the filter first.
func (s *Screen) Back() (bool, tea.Cmd) {
	if s.filter.Back() {
		s.choose()
		return true, nil
	}
	return false, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string { return s.list.CursorID() }
