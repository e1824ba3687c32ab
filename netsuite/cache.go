package netsuite

import (
	"context"
	"sync"
	"time"
)

// maxEntries bounds a cache; one that is full starts anew.
const maxEntries = 50_000

// cache keeps answers for a time. A missing one is fetched once, whoever asks
// meanwhile waits for it.
type cache[V any] struct {
	mu sync.Mutex
	m  map[string]*entry[V]
}

type entry[V any] struct {
	done  chan struct{} // closed when v and err are set
	v     V
	err   error
	until time.Time
}

// get returns what is kept under key, or what fetch answers, which is kept for
// the time it names. Errors are not kept.
func (c *cache[V]) get(ctx context.Context, now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	for {
		e, mine := c.claim(key, now())
		if mine {
			return c.fetch(e, now, key, fetch)
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			var none V
			return none, noAnswer(ctx.Err(), false)
		}
		// The one who asked may have given up for reasons of his own: ask again.
		if e.err == nil || asFailure(e.err).Cause != causeCancelled {
			return e.v, e.err
		}
	}
}

// glance is get for what may as well stay unknown: while somebody else asks it
// does not wait for the answer, and takes the zero value.
func (c *cache[V]) glance(now func() time.Time, key string, fetch func() (V, time.Duration, error)) (none V, _ error) {
	e, mine := c.claim(key, now())
	if mine {
		return c.fetch(e, now, key, fetch)
	}
	select {
	case <-e.done:
		return e.v, e.err
	default:
		return none, nil
	}
}

func (c *cache[V]) fetch(e *entry[V], now func() time.Time, key string, fetch func() (V, time.Duration, error)) (V, error) {
	var life time.Duration
	e.v, life, e.err = fetch()
	e.until = now().Add(life)
	if e.err != nil {
		c.drop(key, e)
	}
	close(e.done)
	return e.v, e.err
}

// claim returns the entry of key that is good or on its way; mine is true when
// the caller has to fetch it.
func (c *cache[V]) claim(key string, now time.Time) (e *entry[V], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e = c.m[key]; e != nil {
		select {
		case <-e.done:
			if now.Before(e.until) {
				return e, false
			}
		default:
			return e, false
		}
	}
	if c.m == nil || len(c.m) >= maxEntries {
		c.m = map[string]*entry[V]{}
	}
	e = &entry[V]{done: make(chan struct{})}
	c.m[key] = e
	return e, true
}

func (c *cache[V]) drop(key string, e *entry[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m[key] == e {
		delete(c.m, key)
	}
}
