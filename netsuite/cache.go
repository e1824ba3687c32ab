package netsuite

import (
	"context"
	"sync"
	"time"

	"billferry/internal/flight"
)

// maxEntries bounds a cache; one that is full starts anew.
const maxEntries = 50_000

// cache keeps answers for a time. A missing one is fetched once, whoever asks
// meanwhile waits for it.
type cache[V any] struct {
	flights flight.Group[V]

	mu sync.Mutex
	m  map[string]entry[V]
}

type entry[V any] struct {
	v     V
	until time.Time
}

// get returns what is kept under key, or what fetch answers, which is kept for
// the time it names. Errors are not kept.
func (c *cache[V]) get(ctx context.Context, now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	for {
		v, kept := c.kept(key, now())
		if kept {
			return v, nil
		}
		v, err := c.flights.Do(ctx, key, func() (V, error) { return c.fetch(now, key, fetch) })
		switch {
		case err == nil:
			return v, nil
		case ctx.Err() != nil:
			return v, noAnswer(ctx.Err(), false)
		case asFailure(err).Cause != causeCancelled:
			return v, err
		} // the one who asked has given up for reasons of his own: ask again
	}
}

// fetch asks, unless that was done while this call came to its turn.
func (c *cache[V]) fetch(now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	if v, kept := c.kept(key, now()); kept {
		return v, nil
	}
	v, life, err := fetch()
	if err == nil {
		c.mu.Lock()
		if c.m == nil || len(c.m) >= maxEntries {
			c.m = map[string]entry[V]{}
		}
		c.m[key] = entry[V]{v, now().Add(life)}
		c.mu.Unlock()
	}
	return v, err
}

func (c *cache[V]) kept(key string, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.m[key]
	return e.v, ok && now.Before(e.until)
}

// forget drops all answers.
func (c *cache[V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = nil
}
