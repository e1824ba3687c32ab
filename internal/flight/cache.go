package flight

import (
	"sync"
	"time"
)

// Cache keeps answers for a time. The zero value is ready.
type Cache[V any] struct {
	mu sync.Mutex
	m  map[string]kept[V]
}

type kept[V any] struct {
	v     V
	until time.Time
}

// Get is what is kept under a key.
func (c *Cache[V]) Get(key string, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.m[key]
	return k.v, ok && now.Before(k.until)
}

// Until is how long the answer under a key is kept; zero when there is none. What
// is made of it and kept must not outlive it.
func (c *Cache[V]) Until(key string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[key].until
}

// Put keeps an answer. A cache that has the most answers starts anew.
func (c *Cache[V]) Put(key string, v V, until time.Time, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= most {
		c.m = map[string]kept[V]{}
	}
	c.m[key] = kept[V]{v, until}
}

// Forget drops all answers.
func (c *Cache[V]) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = nil
}
