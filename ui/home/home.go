// Package home is the first screen: the integrations with their state, the
// drafts that wait to be finished, and what needs a person.
package home

import (
	"context"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	deadline = 10 * time.Second
	quiet    = 150 * time.Millisecond // between two loads while runs stream in
)

// Screen is the list of integrations.
type Screen struct {
	env    screen.Env
	gen    int
	loaded bool
	stale  bool // something changed since the last load was asked for
	all    []entry
	rows   []entry // those the filter leaves
	err    error
	list   widget.List
	table  widget.Table
	filter *widget.Filter
	busy   widget.Busy
	width  int
	height int
}

// entry is a row: a draft or an integration.
type entry struct {
	draft   *integration.Draft
	summary service.Summary
}

func (e entry) id() string {
	if e.draft != nil {
		return "draft:" + e.draft.ID
	}
	return e.summary.ID
}

func (e entry) text() string {
	if e.draft != nil {
		return e.draft.Title + " draft"
	}
	in := e.summary.Integration
	return strings.Join([]string{in.Name, in.ID, in.EntityType, in.Destination, widget.StateWord(in)}, " ")
}

type (
	loadedMsg struct {
		to  *Screen
		gen int
		all []entry
		err error
	}
	quietMsg struct{ to *Screen }
	goneMsg  struct {
		to  *Screen
		err error
	}
)

// New returns the screen; Init loads it.
func New(env screen.Env) *Screen {
	return &Screen{env: env, filter: widget.NewFilter("", "name, status")}
}

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.load(), s.busy.Start(s.env.Now())) }

func (s *Screen) load() tea.Cmd {
	s.gen++
	s.stale = false
	gen, svc := s.gen, s.env.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		drafts, err := svc.Drafts(ctx)
		if err != nil {
			return loadedMsg{to: s, gen: gen, err: err}
		}
		summaries, err := svc.Integrations(ctx)
		var all []entry
		for i := range drafts {
			all = append(all, entry{draft: &drafts[i]})
		}
		for _, x := range summaries {
			all = append(all, entry{summary: x})
		}
		return loadedMsg{s, gen, all, err}
	}
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return s.key(m)
	case screen.ChangedMsg:
		if s.stale {
			return nil // a load is on its way already
		}
		s.stale = true
		return tea.Tick(quiet, func(time.Time) tea.Msg { return quietMsg{s} })
	case quietMsg:
		if m.to == s && s.stale {
			return s.load()
		}
	case loadedMsg:
		if m.to == s && m.gen == s.gen {
			s.loaded, s.err = true, m.err
			if m.err == nil {
				s.all = m.all
			}
			s.busy.Stop()
			s.arrange()
		}
	case goneMsg:
		if m.to == s && m.err != nil {
			return screen.Fail(m.err)
		}
	default:
		return s.busy.Update(msg)
	}
	return nil
}

// arrange applies the filter and keeps the cursor on its row.
func (s *Screen) arrange() {
	s.rows = nil
	for _, e := range s.all {
		if strings.Contains(strings.ToLower(e.text()), strings.ToLower(s.filter.Value())) {
			s.rows = append(s.rows, e)
		}
	}
	rows := s.rows
	s.list.SetRows(len(rows), func(i int) string { return rows[i].id() })
	s.layout()
}

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = struct{ create, open, runs, events, mappings, discard, filter key.Binding }{
	create: bind("n", "create", "n"), open: bind("enter", "open", "enter"), runs: bind("r", "runs", "r"),
	events: bind("e", "events", "e"), mappings: bind("m", "mappings", "m"), discard: bind("d", "discard the draft", "d"),
	filter: bind("/", "filter", "/"),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	if s.filter.Typing() {
		return s.filter.Keys()
	}
	empty, noDraft := "", "only a draft can be discarded; integrations are deleted on their page"
	if len(s.rows) == 0 {
		empty = "there is nothing in the list"
	} else if s.current().draft != nil {
		noDraft = ""
	}
	out := []screen.Key{
		{Binding: keys.create, Footer: true}, {Binding: keys.open, Footer: true, Disabled: empty}, {Binding: keys.runs, Footer: true},
		{Binding: keys.events, Footer: true}, {Binding: keys.mappings, Footer: true}, {Binding: keys.filter, Footer: true},
		{Binding: keys.discard, Disabled: noDraft},
	}
	return append(out, widget.ListKeys()...)
}

func (s *Screen) current() entry {
	if len(s.rows) == 0 {
		return entry{}
	}
	return s.rows[s.list.Cursor()]
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	if s.filter.Typing() {
		if s.filter.Key(m) {
			s.arrange()
		}
		s.layout()
		return nil
	}
	at := s.current()
	switch {
	case key.Matches(m, keys.create):
		return screen.Push(screen.Route{Name: screen.Create})
	case key.Matches(m, keys.open) && at.draft != nil:
		return screen.Push(screen.Route{Name: screen.Create, ID: at.draft.ID})
	case key.Matches(m, keys.open) && len(s.rows) > 0:
		return screen.Push(screen.Route{Name: screen.Details, ID: at.summary.ID})
	case key.Matches(m, keys.runs):
		return screen.Push(screen.Route{Name: screen.Runs, ID: at.summary.ID})
	case key.Matches(m, keys.events):
		return screen.Push(screen.Route{Name: screen.Events, ID: at.summary.ID})
	case key.Matches(m, keys.mappings):
		return screen.Push(screen.Route{Name: screen.Mappings, ID: at.summary.ID})
	case key.Matches(m, keys.discard) && at.draft != nil:
		return s.askDiscard(*at.draft)
	case key.Matches(m, keys.filter):
		s.filter.Open()
		s.layout()
	default:
		s.list.Key(m)
	}
	return nil
}

func (s *Screen) askDiscard(d integration.Draft) tea.Cmd {
	svc := s.env.Service
	return screen.Open(confirm.New("Discard the draft?", "“"+widget.Clean(d.Title)+"” and what was typed into it will be gone.", "Discard", func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		return goneMsg{s, svc.DeleteDraft(ctx, d.ID)}
	}))
}

// Title implements screen.Screen.
func (s *Screen) Title() string { return "Integrations" }

// Typing implements screen.Screen.
func (s *Screen) Typing() bool { return s.filter.Typing() }

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) {
	closed := s.filter.Back()
	s.arrange()
	return closed, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string {
	if at := s.current(); at.draft == nil {
		return at.summary.ID
	}
	return ""
}
