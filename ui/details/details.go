package details

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/connect"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	deadline = 15 * time.Second
	// While runs stream in there are quiet times between two loads, the longer
	// the more a load costs: the numbers of today read every run of today.
	quiet      = 150 * time.Millisecond
	quietTimes = 10
)

// Screen is the details page.
type Screen struct {
	env    screen.Env
	id     string
	gen    int
	stale  bool
	got    *service.Detail
	today  integration.Totals // of the runs of this day, UTC
	took   time.Duration      // the last load
	err    error
	busy   widget.Busy
	page   widget.Page // drawn once for each load and size
	width  int
	height int
}

type (
	loadedMsg struct {
		to  *Screen
		gen int
		got service.Detail
		day integration.Totals
		err error

		took time.Duration
	}
	quietMsg     struct{ to *Screen }
	connectedMsg struct {
		to   *Screen
		got  service.Detail
		text string
		err  error
	}
	// doneMsg tells how an act on the integration ended.
	doneMsg struct {
		to   *Screen
		text string
		err  error
		then tea.Cmd
	}
)

// New returns the page; Init loads it.
func New(env screen.Env, id string) *Screen { return &Screen{env: env, id: id} }

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.load(), s.busy.Start(s.env.Now())) }

func (s *Screen) load() tea.Cmd {
	s.gen++
	s.stale = false
	gen, svc, id, midnight := s.gen, s.env.Service, s.id, s.env.Now().UTC().Truncate(24*time.Hour)
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		start := time.Now()
		got, err := svc.Integration(ctx, id)
		if err != nil {
			return loadedMsg{to: s, gen: gen, err: err}
		}
		day, err := svc.Sum(ctx, integration.RunFilter{IntegrationID: id, Since: midnight})
		return loadedMsg{s, gen, got, day, err, time.Since(start)}
	}
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		return s.key(m)
	case screen.ChangedMsg:
		if s.stale {
			return nil
		}
		s.stale = true
		return tea.Tick(max(quiet, quietTimes*s.took), func(time.Time) tea.Msg { return quietMsg{s} })
	case quietMsg:
		if m.to == s && s.stale {
			return s.load()
		}
	case loadedMsg:
		if m.to == s && m.gen == s.gen {
			s.busy.Stop()
			if s.err = m.err; m.err == nil {
				s.got, s.today, s.took = &m.got, m.day, m.took
			}
			s.layout()
		}
	case connectedMsg:
		if m.to == s {
			return s.tookConnected(m)
		}
	case doneMsg:
		if m.to == s {
			return s.done(m)
		}
	default:
		return s.busy.Update(msg)
	}
	return nil
}

func (s *Screen) done(m doneMsg) tea.Cmd {
	if m.err != nil {
		return screen.Fail(m.err)
	}
	cmd := screen.Toast(m.text)
	if m.then != nil {
		cmd = tea.Sequence(m.then, cmd)
	}
	return tea.Batch(cmd, s.load())
}

// act returns a command that does something to the integration.
func (s *Screen) act(text string, then tea.Cmd, do func(ctx context.Context) error) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		return doneMsg{s, text, do(ctx), then}
	}
}

func (s *Screen) openConnect() tea.Cmd {
	f, ok := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	if !ok {
		return screen.Fail(spec.Problem{Message: "this version has no connection form for " + s.got.Destination})
	}
	return screen.Open(connect.New(s.env, s.got.Integration, f.Auth, s.credentials(), s.connected))
}

// connected reads the integration before the modal closes, so that what says
// it is connected never stands beside the old state.
func (s *Screen) connected(text string) tea.Cmd {
	svc, id := s.env.Service, s.id
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		got, err := svc.Integration(ctx, id)
		return connectedMsg{s, got, text, err}
	}
}

func (s *Screen) tookConnected(m connectedMsg) tea.Cmd {
	if m.err == nil {
		s.got = &m.got
		s.layout()
	}
	// load drops an answer of before the connection that is still under way.
	return tea.Batch(tea.Sequence(screen.Close(), screen.Toast(m.text)), s.load())
}

func (s *Screen) credentials() integration.Credentials {
	if s.got.Credentials == nil {
		return integration.Credentials{}
	}
	return *s.got.Credentials
}

// Title implements screen.Screen.
func (s *Screen) Title() string {
	if s.got == nil {
		return "Integration"
	}
	return s.got.Name
}

// Typing implements screen.Screen.
func (s *Screen) Typing() bool { return false }

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) { return false, nil }

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string { return s.id }
