package delivery

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

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

// watch is one integration's.
type watch struct {
	// adding is taken once while an event is kept, and all of it while one is
	// closed: an event must not close that a run has joined meanwhile. It is no
	// mutex, since both write to the disk: who waits for it can give up.
	adding *semaphore.Weighted
	mu     sync.Mutex
	read   bool // the ledger's events are among them
	groups map[string]*watched
}

// everybody is as many as may keep an event at once.
const everybody = 1 << 30

// watched is an open event.
type watched struct {
	runs  integration.RunFilter // those that it is about
	left  bool                  // one of them may have left since they were counted
	empty time.Time             // since when none was left; zero: there were some
	waits string                // a run that was under way when this was looked at last
}

func (w *watches) of(integrationID string) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.by[integrationID]
	if x == nil {
		if w.by == nil {
			w.by = map[string]*watch{}
		}
		x = &watch{groups: map[string]*watched{}, adding: semaphore.NewWeighted(everybody)}
		w.by[integrationID] = x
	}
	return x
}

// note takes an event in that is open. What has a remedy of its own, which
// closes it, is left to that.
func (w *watch) note(ev integration.Event) {
	about := ev.RunID != "" && ev.Group != "" && ev.Cause != "" && ev.Cause != integration.CauseTwin
	if !about || ev.Name == integration.EventAuthentication || ev.Name == integration.EventDisabled {
		return
	}
	f := ev.Runs()
	if ev.Group == unmappedGroup(ev.AccountID) {
		f.Account = ev.AccountID
	}
	if ev.Group == documentGroup(ev.Cause, ev.BillID) {
		f.BillID = ev.BillID
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups[ev.Group] = &watched{runs: f, left: true}
}

// due lists the events whose runs have to be counted.
func (w *watch) due() (groups map[string]*watched, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, g := range w.groups {
		if g.left || !g.empty.IsZero() {
			if groups == nil {
				groups = map[string]*watched{}
			}
			groups[name] = g
		}
	}
	return groups, w.read
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
	if groups, known := w.due(); known && len(groups) == 0 {
		return
	}
	if w.adding.Acquire(ctx, everybody) != nil {
		return
	}
	defer w.adding.Release(everybody)
	if err := e.readEvents(ctx, w, integrationID); err != nil {
		e.log.Warn("the open events could not be read; they are looked at again", "integration", integrationID, "error", err)
		return
	}
	groups, _ := w.due()
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		g := groups[name]
		over, err := e.over(ctx, w, g)
		if err != nil {
			e.log.Warn("it could not be told whether an event is through; it is looked at again",
				"integration", integrationID, "event", name, "error", err)
			return
		}
		if !over {
			continue
		}
		e.closeEvents(ctx, integrationID, name)
		e.changed.forget(integrationID+cmp.Or(g.runs.Causes...), func(id string) bool { return id == g.runs.BillID })
		e.unmapped.forget(integrationID, func(id string) bool { return id == g.runs.Account })
		w.mu.Lock()
		delete(w.groups, name)
		w.mu.Unlock()
	}
}

// readEvents takes in, once, what was open when the program began.
func (e *Engine) readEvents(ctx context.Context, w *watch, integrationID string) error {
	if w.read {
		return nil
	}
	open, err := e.o.Ledger.OpenEvents(ctx, integrationID)
	if err != nil {
		return err
	}
	for _, ev := range open {
		w.note(ev)
	}
	w.mu.Lock()
	w.read = true
	w.mu.Unlock()
	return nil
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
	waits := g.waits
	f := integration.RunFilter{IntegrationID: g.runs.IntegrationID, Statuses: unsettled, Until: g.empty.Add(time.Nanosecond)}
	w.mu.Unlock()
	if waits != "" { // each run that is settled asks: most often it is this one still
		if r, err := e.o.Ledger.Run(ctx, waits); err == nil && goesOn(r) {
			return false, nil
		}
	}
	for token := ""; ; {
		p, err := e.o.Ledger.Runs(ctx, f, token, 20)
		if err != nil {
			return false, err
		}
		for _, r := range p.Runs {
			if goesOn(r) {
				w.mu.Lock()
				g.waits = r.ID
				w.mu.Unlock()
				return false, nil
			}
		}
		if token = p.Next; token == "" {
			return true, nil
		}
	}
}

// goesOn tells whether a run goes on without a person.
func goesOn(r integration.Run) bool { return !r.Status.Settled() && !r.HeldByHand() }

// unsettled are the statuses of runs under way.
var unsettled = []integration.Status{integration.Waiting, integration.Started, integration.AwaitingRetry, integration.RateLimitRetry}
