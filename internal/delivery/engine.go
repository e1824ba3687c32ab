package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"billferry/internal/integration"
)

// Engine delivers what the ledger says is due. All methods are safe for many
// goroutines; Run is called by one at a time. Submit and the acts of people
// work whether or not it runs.
type Engine struct {
	o        Options
	log      *slog.Logger
	wake     chan struct{}
	fatal    chan error // the ledger cannot be written: stop rather than guess
	proofs   proofs
	unproven chan struct{} // runs without a proof may be read back now
	lost     chan struct{} // a login was refused
	unmapped accounts
	changed  accounts // Bills with an event of their own about their document
	watches  watches
	records  records

	mu       sync.Mutex
	paces    map[string]*governor // by account
	kept     map[string]learned   // as last written, by account
	configs  map[string]config    // by integration id
	listed   map[string][]integration.Run
	busy     map[string]claim      // Bills on their way, by Bill id
	going    map[string]int        // how many of them tasks have, by integration id
	blocked  map[string]bool       // integrations seen without authorisation
	refused  map[string]int        // integrations with tasks whose login was refused, which is not on disk yet
	silent   map[string]Silence    // integrations whose destination does not answer
	turn     int                   // which queue goes first: each in its turn
	currency map[string]currencies // by account

	recovered map[string]int // runs that were in flight and may be due still, by integration id

	held map[string]Hold // accounts that were adopted
	used map[Hold]int    // who works on them

	left, leftOf int // runs that re-queuing has still to look at, and how many they were

	notes   *semaphore.Weighted // one works off the notes at a time
	healths map[string]*health  // by integration id
}

// New makes an engine. It does nothing until Run.
func New(o Options) *Engine {
	o = o.filled()
	return &Engine{
		o: o, log: o.Logger, notes: semaphore.NewWeighted(1), wake: make(chan struct{}, 1), fatal: make(chan error, 1),
		unproven: make(chan struct{}, 1), proofs: proofs{left: make(chan struct{}, 1)},
		lost: make(chan struct{}, 1), refused: map[string]int{},
		paces: map[string]*governor{}, kept: map[string]learned{}, configs: map[string]config{},
		listed: map[string][]integration.Run{}, busy: map[string]claim{}, going: map[string]int{},
		blocked: map[string]bool{}, silent: map[string]Silence{},
		currency: map[string]currencies{}, healths: map[string]*health{}, held: map[string]Hold{}, used: map[Hold]int{},
		recovered: map[string]int{},
	}
}

// Wake makes the engine look for work now: after a connection, a change of an
// integration, or anything else that it was not told by its own methods.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Then it starts no further call, gives those
// under way 10 seconds, and leaves on disk as in flight what has no answer by
// then; the next Run looks those up first. It returns nil after such a stop,
// and an error when the ledger could not be written; Run may be called again
// then, and goes on once the ledger can be written again.
func (e *Engine) Run(ctx context.Context) error {
	select {
	case <-e.fatal: // left over from a Run before: several tasks fail together
	default:
	}
	e.mu.Lock()
	clear(e.held) // what a Run before has left in flight is looked up as well
	e.mu.Unlock()
	if e.o.Holder == nil {
		if err := e.recover(ctx, func(integration.Run) Hold { return alone{} }); err != nil {
			return fmt.Errorf("recover the runs in flight: %w", err)
		}
	}
	if err := e.requeueLate(ctx); err != nil {
		return fmt.Errorf("recover the runs that wait: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := workers{e: e, stop: ctx, free: make(chan job)}
	var cut, giveUp context.CancelFunc
	h.calls, cut = context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	h.saves, giveUp = context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	context.AfterFunc(ctx, func() {
		time.AfterFunc(drain, cut)
		time.AfterFunc(lastSave, giveUp)
	})
	e.proofs.forget() // what waited when a Run before ended is on disk
	h.all.Go(func() { e.proveWhatIsLeft(ctx, &h) })
	h.all.Go(func() { e.regainLogins(ctx, &h) })
	h.all.Go(func() { e.guard(ctx, &h) })
	err := e.dispatch(ctx, h.deliver)
	stop()
	h.all.Wait()
	e.keepPaces(context.WithoutCancel(ctx))
	return err
}

// dispatch starts what is due, whenever something may be, until ctx ends.
func (e *Engine) dispatch(ctx context.Context, start func(*queue, integration.Run)) error {
	saved := e.o.Now()
	for {
		if now := e.o.Now(); now.Before(saved.Add(-lookAgain)) { // the clock was set back
			if err := e.requeueLate(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("runs that were put off while the clock was ahead wait on", "error", err)
			}
			saved = now
		}
		next, err := e.round(ctx, start)
		if err != nil && ctx.Err() == nil {
			e.log.Error("the ledger could not be read; trying again", "error", err)
			next = e.o.Now().Add(time.Second)
		}
		if now := e.o.Now(); now.Sub(saved) > 5*time.Second {
			e.keepPaces(ctx)
			saved = now
		}
		var due <-chan time.Time
		if !next.IsZero() {
			due = time.After(min(max(next.Sub(e.o.Now()), time.Millisecond), lookAgain))
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-e.fatal:
			return err
		case <-e.wake:
		case <-due:
		}
	}
}

// lookAgain bounds the wait for a run that falls due: the clock may be set
// meanwhile, and timers stand still while the machine sleeps.
const lookAgain = time.Minute

// recover finds what was in flight when the program ended, or another that had the
// account, and makes it due at once; InFlight stays set, so it is looked up before
// anything is sent. of gives the account of a run if that is to be recovered.
func (e *Engine) recover(ctx context.Context, of func(integration.Run) Hold) error {
	runs, err := e.o.Ledger.InFlight(ctx)
	if err != nil {
		return err
	}
	found := map[string]int{}
	var all errgroup.Group // they share commits
	all.SetLimit(fetch)
	for _, r := range runs {
		h := of(r)
		if h == nil {
			continue
		}
		found[r.IntegrationID]++
		// Without a time it is due by when it was made, ahead of a backlog that
		// is younger; with one it would stand behind all of it.
		r.Status, r.Next, r.Modified = integration.AwaitingRetry, time.Time{}, e.o.Now()
		r.InFlight = true
		if i := slices.IndexFunc(r.Doubt, r.Doc().Same); i >= 0 { // its request may have gone out as late as just before
			d := r.Doubt[i] // which tells whether that changes what is there
			d.Since = e.o.Now()
			r.Suspect(d)
		}
		r.Cause, r.Error = "interrupted", "billferry stopped before the destination had answered"
		r.Advice = "it is looked up by itself before anything is sent again"
		if e.gone(ctx, r.IntegrationID) {
			orphan(&r, e.o.Now())
		}
		all.Go(func() error {
			if err := e.o.Ledger.SaveRunSoon(h.With(ctx), r, nil); err != nil {
				return err
			}
			e.o.OnRun(r)
			e.o.Step(StepRecovered)
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, n := range found {
		e.recovered[id] = n
		e.log.Info("runs that were in flight are looked up, each before its Bill is sent again", "integration", id, "runs", n)
	}
	return nil
}

// Paces tells how each account is doing.
func (e *Engine) Paces() []Pace {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Pace
	for account, g := range e.paces {
		if _, ours := e.held[account]; e.o.Holder != nil && !ours {
			continue // who has it tells
		}
		out = append(out, g.pace(account))
	}
	return out
}
