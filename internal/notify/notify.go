package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"billferry/internal/integration"
)

const (
	firstWait = time.Second
	longWait  = 5 * time.Minute
	// giveUp is how long one message is tried; then it is logged as lost.
	giveUp = 24 * time.Hour
	// settle is how old an event must be to be told: ids are given before the
	// event is on disk, so that a lower id may appear after a higher one.
	settle = 2 * time.Second
	look   = 30 * time.Second // without being woken
	page   = 200              // events read at once
)

// Feed is where the events lie; the store is one.
type Feed interface {
	// EventsAfter lists events behind an id, oldest first; "" begins at the first.
	EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error)
	// Events lists them newest first.
	Events(ctx context.Context, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error)
	// GrownEvents lists the open events that have happened more than once.
	GrownEvents(ctx context.Context) ([]integration.Event, error)
	Integration(ctx context.Context, id string) (integration.Integration, error)
	Meta(ctx context.Context, key string) ([]byte, error)
	SetMeta(ctx context.Context, key string, value []byte) error
}

// Options are what a Notifier works with. Feed is required.
type Options struct {
	Feed   Feed
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
	HTTP   *http.Client     // made an outbound.Client
	// UserEmail finds the address of a m3ter user; nil: only the settings know.
	UserEmail func(ctx context.Context, id string) (string, error)
	// Jitter draws a wait from 0 to below a bound; nil is rand.N. Tests that repeat
	// a history draw it from a seed.
	Jitter func(bound time.Duration) time.Duration
}

// target is somebody to tell.
type target interface {
	name() string
	plan() plan
	wants(integration.Event) bool
	send(context.Context, []integration.Event) error
}

// plan says how a target takes messages.
type plan struct {
	batch int           // events in one
	gap   time.Duration // between two
	limit time.Duration // for sending one
}

// Stat is how one target is doing.
type Stat struct {
	Target string
	Sent   int // events, since the start
	Failed int // tries
	Lost   int // events given up
}

// Notifier tells targets of events. Run does the work.
type Notifier struct {
	o       Options
	targets []target
	wakes   []chan struct{}
	at      []*cursor // where each goes on; nil until that is known

	mu    sync.Mutex
	stats []Stat
}

// New makes a Notifier; settings without targets make one that does nothing.
func New(s Settings, o Options) (*Notifier, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Jitter == nil {
		o.Jitter = rand.N[time.Duration]
	}
	n := &Notifier{o: o}
	for _, w := range s.Webhooks {
		t, err := newWebhook(w, o)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", w.Name, err)
		}
		n.add(t)
	}
	if s.Mail != nil {
		m := newMailer(*s.Mail, o)
		n.add(m)
		n.add(newUsers(m, o))
	}
	return n, nil
}

func (n *Notifier) add(t target) {
	n.targets = append(n.targets, t)
	n.wakes = append(n.wakes, make(chan struct{}, 1))
	n.at = append(n.at, nil)
	n.stats = append(n.stats, Stat{Target: t.name()})
}

// Wake tells that there may be a new event. It never blocks.
func (n *Notifier) Wake() {
	for _, w := range n.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Stats tells how the targets are doing.
func (n *Notifier) Stats() []Stat {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.stats)
}

// Begin finds where each target goes on, so that a new one is told of whatever
// happens after it. It is called before Run, or not at all: Run sees to those
// for which it failed, or was not called.
func (n *Notifier) Begin(ctx context.Context) {
	for i, t := range n.targets {
		_ = n.begin(ctx, i, t)
	}
}

// Run tells of events until ctx ends. A target that is down holds up no other,
// and nothing else.
func (n *Notifier) Run(ctx context.Context) {
	var all sync.WaitGroup
	for i, t := range n.targets {
		all.Go(func() { n.follow(ctx, i, t) })
	}
	all.Wait()
}

func (n *Notifier) count(i int, f func(*Stat)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.stats[i])
}

// follow tells one target of what happens, in order.
func (n *Notifier) follow(ctx context.Context, i int, t target) {
	n.at[i] = nil // as it is kept: another process may have told of some
	for {
		wait, err := look, n.begin(ctx, i, t)
		if err == nil {
			*n.at[i], wait, err = n.pass(ctx, i, t, *n.at[i])
		}
		if err != nil && ctx.Err() == nil {
			n.o.Logger.Error("events could not be read for notifications; trying again", "target", t.name(), "error", err)
			wait = look
		}
		if !sleep(ctx, wait, n.wakes[i]) {
			return
		}
	}
}

// sleep waits for a time; a wake may cut it short. It answers false at the end.
func sleep(ctx context.Context, wait time.Duration, wake <-chan struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-time.After(wait):
	}
	return ctx.Err() == nil
}

func (n *Notifier) key(t target) string { return "notify/" + t.name() }

// begin finds where a target goes on, unless that is known.
func (n *Notifier) begin(ctx context.Context, i int, t target) error {
	if n.at[i] != nil {
		return nil
	}
	c, err := n.first(ctx, t)
	if err == nil {
		n.at[i] = &c
	}
	return err
}

// first reads where a target goes on; a new one begins with what happens next.
func (n *Notifier) first(ctx context.Context, t target) (cursor, error) {
	var c cursor
	b, err := n.o.Feed.Meta(ctx, n.key(t))
	if err != nil {
		return c, err
	}
	if b != nil && json.Unmarshal(b, &c) == nil {
		return c, nil
	}
	last, err := n.o.Feed.Events(ctx, "", "", true, 1)
	if err != nil {
		return c, err
	}
	if len(last) > 0 {
		c.After = last[0].ID
	}
	open, err := n.o.Feed.GrownEvents(ctx)
	if err != nil {
		return c, err
	}
	c.tell(open, n.o.Now()) // what they were before is not news
	return c, n.keep(ctx, t, c)
}

func (n *Notifier) keep(ctx context.Context, t target, c cursor) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return n.o.Feed.SetMeta(ctx, n.key(t), b)
}

// keepFor is how long the store may take to note what was told.
const keepFor = 5 * time.Second

// pass sends what there is, one message, and tells when to look again.
func (n *Notifier) pass(ctx context.Context, i int, t target, at cursor) (next cursor, wait time.Duration, err error) {
	next, batch, wait, err := n.news(ctx, t, at)
	if err == nil && len(batch) == 0 && wait == look {
		next, batch, err = n.growth(ctx, t, at)
	}
	if err != nil {
		return at, wait, err
	}
	if len(batch) > 0 && !n.sendUntilAccepted(ctx, i, t, batch) {
		return at, wait, nil // stopped before it was sent: the next start goes on here
	}
	next.tell(batch, n.o.Now())
	if !next.equal(at) {
		kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor) // it was told, also when all is to end now
		defer cancel()
		err = n.keep(kept, t, next)
	}
	if len(batch) > 0 {
		sleep(ctx, t.plan().gap, nil)
		wait = time.Millisecond
	}
	return next, wait, err
}

// news gathers the events that a target was not told of yet, as many as fit
// one message.
func (n *Notifier) news(ctx context.Context, t target, at cursor) (next cursor, batch []integration.Event, wait time.Duration, err error) {
	all, err := n.o.Feed.EventsAfter(ctx, at.After, page)
	if err != nil || len(all) == 0 {
		return at, nil, look, err
	}
	next, wait = at.clone(), time.Millisecond
	for _, e := range all {
		// One of later than now was kept while the clock was ahead.
		if age := n.o.Now().Sub(e.Time); age < settle && age > -settle {
			wait = settle - age
			break
		}
		if t.wants(e) {
			if len(batch) == t.plan().batch {
				break
			}
			batch = append(batch, e)
		}
		next.After = e.ID
	}
	return next, batch, wait, nil
}

// sendUntilAccepted sends a message until it is taken or given up. It answers false when
// ctx ended before.
func (n *Notifier) sendUntilAccepted(ctx context.Context, i int, t target, batch []integration.Event) bool {
	started := n.o.Now()
	for try := 0; ; try++ {
		limited, cancel := context.WithTimeout(ctx, t.plan().limit)
		err := t.send(limited, batch)
		cancel()
		switch {
		case err == nil:
			n.count(i, func(s *Stat) { s.Sent += len(batch) })
			return true
		case ctx.Err() != nil:
			return false
		}
		n.count(i, func(s *Stat) { s.Failed++ })
		if n.o.Now().Sub(started) >= giveUp {
			n.count(i, func(s *Stat) { s.Lost += len(batch) })
			n.o.Logger.Error("a notification was given up", "target", t.name(), "events", len(batch), "first", batch[0].ID, "error", err)
			return true
		}
		n.o.Logger.Warn("a notification could not be sent; trying again", "target", t.name(), "try", try+1, "error", err)
		bound := min(firstWait<<min(try, 16), longWait)
		if !sleep(ctx, bound/2+n.o.Jitter(bound/2), nil) {
			return false
		}
	}
}

// namer finds what a person calls the integration of an event.
type namer struct{ feed Feed }

func (n namer) of(ctx context.Context, e integration.Event) string {
	if e.IntegrationID == "" {
		return "m3ter" // the only events that name none
	}
	in, err := n.feed.Integration(ctx, e.IntegrationID)
	if err != nil {
		return e.IntegrationID // it was deleted since
	}
	return in.Name
}
