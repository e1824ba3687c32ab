package app

import (
	"context"
	"net/http"

	"golang.org/x/sync/semaphore"

	"billferry/internal/delivery"
	"billferry/internal/notify"
	"billferry/internal/secret/seal"
)

// Parts are what an App can be laid over that somebody else has opened and runs.
type Parts struct {
	Store    CheckedStore
	Sealer   *seal.Sealer
	Engine   *delivery.Engine
	Notifier *notify.Notifier
	HTTP     *http.Client
}

// Over is an App over parts of a test, which plays the world around them: it answers
// the API and, after Follow, does what changes ask for. It delivers, polls, tells
// and closes nothing.
func Over(cfg Config, p Parts) *App {
	a := newApp(cfg, p.HTTP)
	a.store, a.seal, a.engine, a.notifier = p.Store, p.Sealer, p.Engine, p.Notifier
	a.lay()
	a.store.OnChange(a.changed)
	a.server = a.newServer()
	return a
}

// Follow works off what changes have freed, and carries plans out, until ctx ends.
// wait returns when all that has ended.
func (a *App) Follow(ctx context.Context) (wait func()) {
	a.running = ctx
	a.spawn(func() { a.workOffNotes(ctx) })
	a.spawn(func() { a.followPlans(ctx) })
	return a.done.Wait
}

// Handler answers the API.
func (a *App) Handler() http.Handler { return a.server }

// newApp is one without a store.
func newApp(cfg Config, client *http.Client) *App {
	a := &App{cfg: cfg, log: cfg.Logger, now: cfg.Now, hub: newHub(), adapters: cfg.Destinations, forms: cfg.catalog(), http: client,
		who: osUser()}
	a.source.kick, a.requeues.wake = make(chan struct{}, 1), make(chan struct{}, 1)
	a.plans = plans{wake: make(chan struct{}, 1), mu: make(lock, 1), carry: make(lock, 1)}
	return a
}

// lay makes what lies over the store.
func (a *App) lay() {
	a.keeper = keeper{a.store, a.did, true}
	a.dest, a.keys = newDestinations(a), &keyStore{store: a.store}
	a.tokens, a.signing = &tokenKey{store: a.store, seal: a.seal}, &signingKey{store: a.store, seal: a.seal}
	a.bulkRetry.store = a.store
	a.mappings = &mappings{a: a, reading: semaphore.NewWeighted(1)}
}
