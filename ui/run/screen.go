// Package run shows one run: what happened, why, and what to do about it.
package run

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/names"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Screen is one run with everything that is known of it.
type Screen struct {
	env           screen.Env
	id            string
	width, height int

	run     service.RunDetail
	loaded  bool
	failed  error
	latest  load.Latest
	busy    widget.Busy
	tab     tab
	attempt int // index of the one shown
	pane    widget.Pane
	search  *widget.Filter
	menu    widget.Popup
	names   names.Names // of the account and the document's items

	retrying bool // the answer may open another run
}

var (
	_ screen.Screen = (*Screen)(nil)
	_ screen.Copier = (*Screen)(nil)
)

// New returns the page of a run.
func New(env screen.Env, runID string) screen.Screen {
	return &Screen{env: env, id: runID, search: widget.NewFilter("", "find in this tab")}
}

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.busy.Start(), s.load()) }

// Waiting implements screen.Waiter: the run is on its way.
func (s *Screen) Waiting() bool { return !s.loaded && s.failed == nil || s.retrying }

func (s *Screen) load() tea.Cmd {
	svc, id := s.env.Service, s.id
	return load.Newest(&s.latest, s, load.Deadline, func(ctx context.Context) (service.RunDetail, error) { return svc.Run(ctx, id) }, s.onRun)
}

// onRun shows the run as it is now. The attempt in view stays, unless it was
// the last one: then the new last one is shown, as it comes.
func (s *Screen) onRun(run service.RunDetail, err error) tea.Cmd {
	s.busy.Stop()
	if s.failed = err; err != nil {
		return nil
	}
	last := !s.loaded || s.attempt >= len(s.run.Attempts)-1
	s.run, s.loaded = run, true
	if last {
		s.attempt = max(0, len(run.Attempts)-1)
	}
	s.attempt = min(s.attempt, max(0, len(run.Attempts)-1))
	s.show()
	return s.askNames()
}

// askNames asks what the account and the items of the document are called.
func (s *Screen) askNames() tea.Cmd {
	q := service.NamesRequest{IntegrationID: s.run.IntegrationID, Accounts: []string{s.run.AccountID}}
	if d := s.mapped(); d != nil {
		for i := range d.Lines {
			q.Items = append(q.Items, d.Lines[i].ItemID)
		}
	}
	return s.names.Ask(s.env.Service, s, q, s.show)
}

// show fills the pane with the tab's content; it stays where it was scrolled.
func (s *Screen) show() {
	if !s.loaded || s.width == 0 {
		return
	}
	s.pane.SetSize(s.width, s.height-s.headLines())
	s.pane.Set(s.content(s.tab))
	s.pane.Find(s.search.Value())
}

// current is the attempt in view; nil when the run was never tried.
func (s *Screen) current() *integration.Attempt {
	if s.attempt >= len(s.run.Attempts) {
		return nil
	}
	return &s.run.Attempts[s.attempt]
}

// mapped is the document of the attempt in view; nil when it made none.
func (s *Screen) mapped() *service.Preview {
	a := s.current()
	if a == nil || a.Look { // which looks at the document of all
		return s.run.Document
	}
	if p := s.run.Documents[a.N]; p != nil {
		return p
	}
	kept := slices.ContainsFunc(s.run.Attempts, func(a integration.Attempt) bool { return len(a.Document) > 0 })
	if len(a.Document) == 0 && kept {
		return nil
	}
	return s.run.Document
}

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) {
	s.width, s.height = width-1, height // less the left margin
	s.show()
}

// Title implements screen.Screen.
func (s *Screen) Title() string {
	if s.run.BillRef == "" {
		return "run"
	}
	return "run " + widget.Clean(s.run.BillRef)
}

// Typing implements screen.Screen.
func (s *Screen) Typing() bool { return s.search.Typing() || s.menu.On() }

// Back implements screen.Screen: it ends the search first.
func (s *Screen) Back() (bool, tea.Cmd) {
	if s.menu.Close() {
		return true, nil
	}
	if s.search.Back() {
		s.pane.Find("")
		return true, nil
	}
	return false, nil
}

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string { return s.id }
