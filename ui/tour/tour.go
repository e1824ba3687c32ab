// Package tour leads a newcomer through demo in eight steps, from the first
// integration to the end of a month. It says what to press in a strip of its own,
// and goes on by what has come about, whichever keys brought it about.
package tour

import (
	"context"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/load"
	"billferry/ui/screen"
)

// quiet is between two readings while runs stream in.
const quiet = 150 * time.Millisecond

// Place is where the operator is: the screen on top, and what is open over it.
type Place struct {
	Screen screen.RouteName
	ID     string // what the screen is of
	Dialog Dialog
}

// Dialog is what is open over the screen.
type Dialog int

// The dialogs that a step speaks of.
const (
	NoDialog Dialog = iota
	Other
	Connect // the form of the credentials
	Menu    // of demo
	Actions // all actions by name
)

// Tour is where a newcomer stands in it.
type Tour struct {
	env   screen.Env
	on    bool
	step  int // index of the one to do; len(steps): all are done
	place Place
	now   facts

	stopped integration.Run // a run that was looked at and can be mended; zero: none was
	opened  bool            // an accounting period was opened since it failed, or before
	found   bool            // the list of actions was opened in the last step

	reading, due, soon bool // facts are read; and have to be again; in a moment
}

// facts is what has come about, as the service tells it.
type facts struct {
	created, connected bool
	open, through      int             // runs under way, and those that came to an end, in whatever way
	mendable           string          // what runs say that stopped for something that can be mended; "": none did
	run                integration.Run // the one on the screen
	newest             integration.Run // of the Bill of the stopped run
	reconciled         bool
}

// New returns the tour, which Begin begins; nil where there is no demo.
func New(env screen.Env) *Tour {
	if env.Info.Demo == nil {
		return nil
	}
	return &Tour{env: env}
}

// On tells that the strip is shown.
func (t *Tour) On() bool { return t != nil && t.on }

// Act is what Toggle does now, in the words of a menu.
func (t *Tour) Act() string {
	switch {
	case t.on:
		return "leave the tour"
	case t.step > 0 && t.step < len(steps):
		return fmt.Sprintf("go on with the tour, at step %d of %d", t.step+1, len(steps))
	}
	return fmt.Sprintf("take the tour: %d steps to the end of a month", len(steps))
}

// Begin begins the tour, or goes on with it where it was left.
func (t *Tour) Begin() tea.Cmd {
	switch {
	case t.on:
		return nil
	case t.step == len(steps):
		t.step, t.stopped, t.found = 0, integration.Run{}, false
	}
	t.on = true
	return t.read()
}

// Leave ends it and says how to come back.
func (t *Tour) Leave() tea.Cmd {
	t.on = false
	return screen.Toast(fmt.Sprintf("you left the tour at step %d of %d: D, then t goes on with it", t.step+1, len(steps)))
}

// Toggle does what Act says.
func (t *Tour) Toggle() tea.Cmd {
	if t.on {
		return t.Leave()
	}
	return t.Begin()
}

// At says where the operator is now.
func (t *Tour) At(p Place) tea.Cmd {
	if p == t.place {
		return nil
	}
	before := t.place
	t.place = p
	if !t.on {
		return nil
	}
	if p.Dialog == Actions && t.step == last {
		t.found = true
	}
	if p.Screen == screen.Run && (before.Screen != p.Screen || before.ID != p.ID) {
		return t.read()
	}
	return t.advance()
}

// Update hears of changes, and takes what was read.
func (t *Tour) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case load.Msg:
		return m.For(t)
	case screen.ChangedMsg:
		if m.Kind == "demo" && m.ID == "open" {
			t.opened = true
		}
		if t.on && !t.soon {
			t.soon = true
			return load.After(t, quiet, func() tea.Cmd { t.soon = false; return t.read() })
		}
	}
	return nil
}

// read asks what has come about.
func (t *Tour) read() tea.Cmd {
	if t.reading {
		t.due = true
		return nil
	}
	t.reading = true
	svc, at, bill := t.env.Service, t.place, t.stopped.EntityID
	return load.Do(t, load.Deadline, func(ctx context.Context) (f facts, err error) {
		ins, err := svc.Integrations(ctx)
		if err != nil {
			return f, err
		}
		f.created = len(ins) > 0
		for _, in := range ins {
			f.connected = f.connected || in.CredentialsID != ""
		}
		totals, err := svc.Totals(ctx, "")
		if err != nil {
			return f, err
		}
		f.open = totals.Waiting()
		for _, n := range totals.ByStatus {
			f.through += n
		}
		f.through -= f.open
		groups, err := svc.Groups(ctx, integration.RunFilter{})
		if err != nil {
			return f, err
		}
		for _, g := range groups {
			if f.mendable == "" && g.Status.Failed() && mends[g.Cause] != "" {
				f.mendable = integration.CauseTitle(g.Cause)
			}
		}
		if at.Screen == screen.Run {
			d, err := svc.Run(ctx, at.ID)
			if err != nil {
				return f, err
			}
			f.run = d.Run
		}
		if bill != "" {
			page, err := svc.Runs(ctx, integration.RunFilter{BillID: bill}, "", 1)
			if err != nil {
				return f, err
			}
			if len(page.Runs) > 0 {
				f.newest = page.Runs[0]
			}
		}
		for _, in := range ins {
			all, err := svc.Reconciliations(ctx, in.ID)
			if err != nil {
				return f, err
			}
			f.reconciled = f.reconciled || len(all) > 0
		}
		return f, nil
	}, t.took)
}

// took goes on by what was read. A reading that failed tells nothing: the screen
// below says what is wrong.
func (t *Tour) took(f facts, err error) tea.Cmd {
	t.reading = false
	if err == nil {
		t.now = f
	}
	cmd := t.advance()
	if t.due && t.on {
		t.due = false
		return tea.Batch(cmd, t.read())
	}
	return cmd
}

// advance goes past each step that is done.
func (t *Tour) advance() tea.Cmd {
	if !t.on {
		return nil
	}
	before := t.step
	if t.step == monthEnd && t.stopped.ID == "" && t.now.mendable != "" { // it came once all others were through
		t.step = mend - 1
	}
	for t.step < len(steps) && steps[t.step].done(t) {
		t.step++
	}
	switch {
	case t.step == len(steps):
		t.on = false
		return screen.Toast("that was the tour; D, then t begins it again")
	case t.step != before && t.step == mend: // the newest run of the Bill is to be known from here on
		return t.read()
	}
	return nil
}
