package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
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
	raw  [][]byte // in the order in which they were made
	byID map[string]remembered
}

type remembered struct {
	raw []byte
	in  integration.Integration
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
	have, age, heard := k.have, k.age, time.Since(k.heard) < knownFor
	k.mu.Unlock()
	if have != nil && (s.alone != nil || heard) && !s.closed.Load() {
		return have, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT record FROM integration ORDER BY id`)
	if err != nil {
		return nil, s.told(err)
	}
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, s.told(err)
	}
	have = &integrations{byID: make(map[string]remembered, len(raw))}
	all := make([]remembered, len(raw))
	for i, b := range raw {
		in, err := decode[integration.Integration](b)
		if err != nil {
			return nil, err
		}
		all[i] = remembered{b, in}
		have.byID[clean(in.ID)] = all[i]
	}
	slices.SortStableFunc(all, func(a, b remembered) int { return a.in.Created.Compare(b.in.Created) })
	for _, r := range all {
		have.raw = append(have.raw, r.raw)
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
	var out []integration.Integration
	for _, raw := range all.raw {
		in, err := decode[integration.Integration](raw) // the caller's own
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}

func (s *Store) one(ctx context.Context, id string) (remembered, error) {
	all, err := s.integrations(ctx)
	if err != nil {
		return remembered{}, err
	}
	r, ok := all.byID[clean(id)]
	if !ok {
		return r, notFound("integration", id)
	}
	return r, nil
}

// Integration implements delivery.Ledger.
func (s *Store) Integration(ctx context.Context, id string) (integration.Integration, error) {
	r, err := s.one(ctx, id)
	if err != nil {
		return integration.Integration{}, err
	}
	return decode[integration.Integration](r.raw)
}

// MaySend implements delivery.Ledger.
func (s *Store) MaySend(ctx context.Context, id string, byPlan bool) (bool, error) {
	r, err := s.one(ctx, id)
	return err == nil && r.in.MaySend(byPlan), err
}
