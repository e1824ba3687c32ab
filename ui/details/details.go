// Package details is the page of one integration: what it is, whether it is
// connected, how it is configured, what it did last, and the keys that change
// that.
package details

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/connect"
	"billferry/ui/load"
	"billferry/ui/names"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	// While runs stream in there are quiet times between two loads, the longer
	// the more a load costs: the numbers of today read every run of today.
	quiet      = 150 * time.Millisecond
	quietTimes = 10
	again      = time.Second // of what goes on without changing anything
)

// Screen is the details page.
type Screen struct {
	env    screen.Env
	id     string
	first  string // what to open once it is read: screen.ToConnect, screen.ToTest
	latest load.Latest
	pause  load.Latest // before what goes on is read again
	stale  bool
	got    *service.Detail
	today  integration.Totals // of the runs of this day, UTC
	info   service.Info
	names  names.Names   // of the ids in the settings
	took   time.Duration // the last load
	err    error
	busy   widget.Busy
	page   widget.Page // drawn once for each load and size
	menu   widget.Popup
	width  int
	height int
}

// New returns the page, which opens a dialog first when arg names one; Init
// loads it.
func New(env screen.Env, id, arg string) *Screen { return &Screen{env: env, id: id, first: arg} }

// Init implements screen.Screen.
func (s *Screen) Init() tea.Cmd { return tea.Batch(s.load(), s.busy.Start()) }

// reading is what one load brings.
type reading struct {
	got  service.Detail
	day  integration.Totals
	info service.Info
	took time.Duration
}

func (s *Screen) load() tea.Cmd {
	s.stale = false
	s.pause.Drop()
	svc, id, midnight := s.env.Service, s.id, s.env.Now().UTC().Truncate(24*time.Hour)
	return load.Newest(&s.latest, s, load.Deadline, func(ctx context.Context) (r reading, err error) {
		start := time.Now()
		if r.got, err = svc.Integration(ctx, id); err == nil {
			r.day, err = svc.Sum(ctx, integration.RunFilter{IntegrationID: id, Since: midnight})
		}
		if err == nil {
			r.info, err = svc.Info(ctx)
		}
		r.took = time.Since(start)
		return r, err
	}, func(r reading, err error) tea.Cmd {
		s.busy.Stop()
		if s.err = err; err == nil {
			s.got, s.today, s.info, s.took = &r.got, r.day, r.info, r.took
		}
		s.layout()
		name := s.askNames()
		if s.info.Requeueing > 0 { // which may change nothing for long
			return tea.Batch(s.openFirst(), name, s.pause.After(s, again, s.load))
		}
		return tea.Batch(s.openFirst(), name)
	})
}

// askNames asks what the ids in the settings are called.
func (s *Screen) askNames() tea.Cmd {
	if s.got == nil {
		return nil
	}
	f, _ := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	q := service.NamesRequest{IntegrationID: s.id}
	q.Items, q.Accounts = f.Ids(s.got.ConfigData)
	return s.names.Ask(s.env.Service, s, q, s.layout)
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
		return load.After(s, max(quiet, quietTimes*s.took), func() tea.Cmd {
			if !s.stale {
				return nil // it was read meanwhile
			}
			return s.load()
		})
	case load.Msg:
		return m.For(s)
	}
	return s.busy.Update(msg)
}

// act returns a command that does something to the integration, then says text
// and goes on.
func (s *Screen) act(text string, do func(ctx context.Context) error, then func() tea.Cmd) tea.Cmd {
	return load.Act(s, load.Deadline, do, func(err error) tea.Cmd {
		if err != nil {
			return screen.Fail(err)
		}
		return tea.Batch(screen.Toast(text), then())
	})
}

// openFirst opens the dialog that the page was opened for. Without credentials
// there is nothing to test.
func (s *Screen) openFirst() tea.Cmd {
	if s.got == nil || s.first == "" {
		return nil
	}
	first := s.first
	s.first = ""
	if first == screen.ToTest && s.got.Credentials != nil {
		return s.env.Open(connect.NewTest(s.env, s.got.Integration))
	}
	return s.openConnect()
}

func (s *Screen) openConnect() tea.Cmd {
	f, ok := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	if !ok {
		return screen.Fail(spec.Problem{Message: "this version has no connection form for " + s.got.Destination})
	}
	return s.env.Open(connect.New(s.env, s.got.Integration, f, s.credentials(), s.connected))
}

// connected shows what was kept before all else of it is read: what says that it is
// connected never stands beside the old state.
func (s *Screen) connected(kept integration.Credentials) tea.Cmd {
	got := *s.got
	got.Credentials, got.CredentialsID, got.Authorized = &kept, kept.ID, kept.Verified
	s.got, s.names = &got, nil // the destination can be asked now
	s.layout()
	return s.load() // which drops an answer of before that is still under way
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
func (s *Screen) Typing() bool { return s.menu.On() }

// Back implements screen.Screen.
func (s *Screen) Back() (bool, tea.Cmd) {
	return s.menu.Close(), nil
}

// Waiting implements screen.Waiter.
func (s *Screen) Waiting() bool { return s.got == nil && s.err == nil }

// CopyText implements screen.Copier.
func (s *Screen) CopyText() string { return s.id }
