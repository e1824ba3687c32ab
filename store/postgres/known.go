package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/store"
)

// known are the integrations as they were last read: the engine asks for them
// while a call holds one of the few slots of an account. A change forgets them, one
// of another process as soon as Follow reads of it; while nobody follows they are
// read each time.
type known struct {
	mu    sync.Mutex
	age   int // how often they were forgotten
	have  *integrations
	heard time.Time // just before what others changed was last asked for
}

// knownFor is how long they hold when what others change cannot be read.
const knownFor = 2 * lookEvery

type integrations struct {
	inOrder []integration.Integration // in which they were made
	byID    map[string]integration.Integration
}

// own is one for a caller that may change it.
func own(in integration.Integration) integration.Integration {
	in.ConfigData = store.CopyValues(in.ConfigData)
	return in
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.age++
	k.have = nil
}

// hear forgets them when others changed one, which they did before a time.
func (k *known) hear(changes []Change, before time.Time) {
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == "" || c.Kind == "integration" }) {
		k.forget()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heard = before
}

// integrations answers all there are. What it answers is not to be changed.
func (s *Store) integrations(ctx context.Context) (*integrations, error) {
	k := &s.known
	k.mu.Lock()
	have, age, heard := k.have, k.age, gone(k.heard) < knownFor
	k.mu.Unlock()
	if have != nil && (s.alone != nil || heard) && !s.closed.Load() {
		return have, nil
	}
	all, err := list[integration.Integration](ctx, s.pool, `SELECT record FROM integration ORDER BY id`)
	if err != nil {
		return nil, s.told(err)
	}
	slices.SortStableFunc(all, func(a, b integration.Integration) int { return a.Created.Compare(b.Created) })
	have = &integrations{all, make(map[string]integration.Integration, len(all))}
	for _, in := range all {
		have.byID[clean(in.ID)] = in
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.age == age { // else what was read may be older than a change
		k.have = have
	}
	return have, nil
}

// Integrations implements delivery.Ledger.
func (s *Store) Integrations(ctx context.Context) ([]integration.Integration, error) {
	all, err := s.integrations(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]integration.Integration, len(all.inOrder))
	for i, in := range all.inOrder {
		out[i] = own(in)
	}
	return out, nil
}

func (s *Store) one(ctx context.Context, id string) (integration.Integration, error) {
	all, err := s.integrations(ctx)
	if err != nil {
		return integration.Integration{}, err
	}
	in, ok := all.byID[clean(id)]
	if !ok {
		return in, notFound("integration", id)
	}
	return in, nil
}

// Integration implements delivery.Ledger.
func (s *Store) Integration(ctx context.Context, id string) (integration.Integration, error) {
	in, err := s.one(ctx, id)
	return own(in), err
}

// MaySend implements delivery.Ledger.
func (s *Store) MaySend(ctx context.Context, id string, byPlan bool) (bool, error) {
	in, err := s.one(ctx, id)
	return err == nil && in.MaySend(byPlan), err
}
