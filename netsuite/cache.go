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

	mu     sync.Mutex
	m      map[string]entry[V]
	asking map[string]bool // keys whose fetch is under way
}

type entry[V any] struct {
	v     V
	until time.Time
}

// get returns what is kept under key, or what fetch answers, which is kept for
// the time it names. Errors are not kept.
func (c *cache[V]) get(ctx context.Context, now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	for {
		v, kept, _ := c.claim(key, now())
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

// glance is get for what may as well stay unknown: while somebody else asks it
// does not wait for the answer, and takes the zero value.
func (c *cache[V]) glance(now func() time.Time, key string, fetch func() (V, time.Duration, error)) (none V, _ error) {
	v, kept, asked := c.claim(key, now())
	if kept || asked {
		return v, nil
	}
	return c.flights.Do(context.Background(), key, func() (V, error) { return c.fetch(now, key, fetch) })
}

// fetch asks, unless that was done while this call came to its turn.
func (c *cache[V]) fetch(now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	if v, kept, _ := c.claim(key, now()); kept {
		return v, nil
	}
	defer func() {
		c.mu.Lock()
		delete(c.asking, key)
		c.mu.Unlock()
	}()
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

// claim returns what is kept under key. If nothing is, it notes that the caller
// asks, unless somebody does already (asked).
func (c *cache[V]) claim(key string, now time.Time) (v V, kept, asked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.m[key]; ok && now.Before(e.until) {
		return e.v, true, false
	}
	if asked = c.asking[key]; !asked {
		if c.asking == nil {
			c.asking = map[string]bool{}
		}
		c.asking[key] = true
	}
	return v, false, asked
}
