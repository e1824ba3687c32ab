package netsuite

import (
	"context"
	"time"

	"billferry/internal/flight"
)

// maxEntries bounds a cache; one that is full starts anew.
const maxEntries = 50_000

// cache keeps answers for a time. A missing one is fetched once, whoever asks
// meanwhile waits for it.
type cache[V any] struct {
	flight.Cache[V]
	flights flight.Group[V]
}

// get returns what is kept under key, or what fetch answers, which is kept for
// the time it names. Errors are not kept.
func (c *cache[V]) get(ctx context.Context, now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	for {
		v, kept := c.Get(key, now())
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
	if v, kept := c.Get(key, now()); kept {
		return v, nil
	}
	v, life, err := fetch()
	if err == nil {
		c.Put(key, v, now().Add(life), maxEntries)
	}
	return v, err
}
