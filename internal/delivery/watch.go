package delivery

import (
	"context"
	"sync"
	"time"

	"billferry/internal/integration"
)

// watches are the open events about runs, by integration. Such an event closes
// by itself when its runs are through: none is in the state that it is about any
// more, and none that was carried on since, as a retry, a newer version or by
// itself, is still under way. To close it at the retry already would tell of the
// same thing anew if that fails.
type watches struct {
	mu sync.Mutex
	by map[string]*watch
}

// watch is one integration's. Its lock is held for moments: an event that runs
// have joined while it was looked at is told by how often it has happened.
type watch struct {
	mu     sync.Mutex
	read   bool // the ledger's events are among them
	groups map[string]*watched
	busy   bool // somebody looks whether some are over
	again  bool // and is to look once more
}

// watched is an open event.
type watched struct {
	runs  integration.RunFilter // those that it is about
	left  bool                  // one of them may have left since they were counted
	empty time.Time             // since when none was left; zero: there were some
}

func (w *watches) of(integrationID string) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.by[integrationID]
	if x == nil {
		if w.by == nil {
			w.by = map[string]*watch{}
		}
		x = &watch{groups: map[string]*watched{}}
		w.by[integrationID] = x
	}
	return x
}

// note takes an event in that is open. What has a remedy of its own, which
// closes it, is left to that.
func (w *watch) note(ev integration.Event) {
	about := ev.RunID != "" && ev.Group != "" && ev.Cause != ""
	if !about || ev.Name == integration.EventAuthentication || ev.Name == integration.EventDisabled {
		return
	}
	f := ev.Runs()
	if ev.Group == unmappedGroup(ev.AccountID) {
		f.Account = ev.AccountID
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups[ev.Group] = &watched{runs: f, left: true}
}

// due lists the events whose runs have to be counted.
func (w *watch) due() map[string]*watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	groups := map[string]*watched{}
	for name, g := range w.groups {
		if g.left || !g.empty.IsZero() {
			groups[name] = g
		}
	}
	return groups
}

// begin tells whether the caller is to look: not when there is nothing to look
// at, or while somebody else does, who looks once more then.
func (w *watch) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	any := !w.read
	for _, g := range w.groups {
		any = any || g.left || !g.empty.IsZero()
	}
	if !any || w.busy {
		w.again = any
		return false
	}
	w.busy = true
	return true
}

// end tells whether the caller is to look once more; after a fault the next
// caller is.
func (w *watch) end(failed bool) (again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	again, w.again = w.again && !failed, false
	w.busy = again
	return again
}

// drop ends the watch over an event, unless it has happened anew.
func (w *watch) drop(name string, g *watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.groups[name] == g {
		delete(w.groups, name)
	}
}

// moved notes that runs of an integration were carried on.
func (e *Engine) moved(integrationID string) {
	w := e.watches.of(integrationID)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		g.left = true
	}
}

// through closes the events of an integration whose runs are through, after a
// run was settled. It costs nothing while no event is open. A fault holds up
// nobody: the next run that is settled looks again.
func (e *Engine) through(ctx context.Context, integrationID string) {
	w := e.watches.of(integrationID)
	if !w.begin() {
		return
	}
	for {
		err := e.closeThrough(ctx, w, integrationID)
		if err != nil {
			e.log.Warn("it could not be told whether an event is through; it is looked at again", "integration", integrationID, "error", err)
		}
		if !w.end(err != nil) {
			return
		}
	}
}

// closeThrough closes the events that are over. They are read before their runs
// are counted: a run is on disk before its event, so that one which comes later
// changes what is closed, or is counted.
func (e *Engine) closeThrough(ctx context.Context, w *watch, integrationID string) error {
	open, err := e.o.Ledger.OpenEvents(ctx, integrationID)
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, ev := range open {
		times[ev.Group] = ev.Times()
	}
	w.take(open)
	for name, g := range w.due() {
		if times[name] == 0 { // a person, or its remedy, has closed it
			w.drop(name, g)
			continue
		}
		over, err := e.over(ctx, w, g)
		if err != nil {
			return err
		}
		if !over {
			continue
		}
		closed, err := e.o.Ledger.CloseEventAt(ctx, integrationID, name, times[name])
		if err != nil {
			return err
		}
		if closed {
			e.unmapped.forget(integrationID, func(id string) bool { return id == g.runs.Account })
			w.drop(name, g)
		}
	}
	return nil
}

// take takes in, once, what was open when the program began.
func (w *watch) take(open []integration.Event) {
	w.mu.Lock()
	read := w.read
	w.read = true
	w.mu.Unlock()
	if read {
		return
	}
	for _, ev := range open {
		w.note(ev)
	}
}

// over tells whether the runs of an event are through. When the last of them has
// left, all that carries them on is recorded: it is over when no run that is as
// old as that is under way. Those that a person holds wait for that person.
func (e *Engine) over(ctx context.Context, w *watch, g *watched) (bool, error) {
	now := e.o.Now()
	w.mu.Lock()
	g.left = false
	w.mu.Unlock()
	some, err := e.o.Ledger.Runs(ctx, g.runs, "", 1)
	if err != nil || len(some.Runs) > 0 {
		w.mu.Lock()
		g.left, g.empty = err != nil, time.Time{}
		w.mu.Unlock()
		return false, err
	}
	w.mu.Lock()
	if g.empty.IsZero() {
		g.empty = now
	}
	f := integration.RunFilter{IntegrationID: g.runs.IntegrationID, Statuses: unsettled, Until: g.empty.Add(time.Nanosecond)}
	w.mu.Unlock()
	for token := ""; ; {
		p, err := e.o.Ledger.Runs(ctx, f, token, 20)
		if err != nil {
			return false, err
		}
		for i := range p.Runs {
			if !p.Runs[i].HeldByHand() {
				return false, nil
			}
		}
		if token = p.Next; token == "" {
			return true, nil
		}
	}
}

// unsettled are the statuses of runs under way.
var unsettled = []integration.Status{integration.Waiting, integration.Started, integration.AwaitingRetry, integration.RateLimitRetry}
