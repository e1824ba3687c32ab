package api

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// strikes bounds wrong secrets by key id, whether there is such a key or not:
// who guesses with one id does not lock out the holders of others.
type strikes struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

// maxStrikes is of how many ids wrong secrets are remembered.
const maxStrikes = 1024

func (s *strikes) of(id string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[id]
	if l == nil {
		if len(s.by) >= maxStrikes || s.by == nil {
			s.by = map[string]*rate.Limiter{}
		}
		l = rate.NewLimiter(5, 20)
		s.by[id] = l
	}
	return l
}

// checker runs argon2, two at once at most: guessing must not eat the machine.
// A key that does not exist is compared too, with the hash of nobody's secret,
// because the time that an answer takes must not tell which keys exist.
type checker struct {
	slow    chan struct{} // one place for each argon2 at work
	decoy   func() string
	decoys  *rate.Limiter // past it, an unknown key waits as long instead
	took    atomic.Int64  // nanoseconds, of the last comparison
	compare func(hash, text string) (bool, error)
}

func newChecker() *checker {
	return &checker{
		slow: make(chan struct{}, 2), decoys: rate.NewLimiter(5, 20), compare: checkSecret,
		decoy: sync.OnceValue(func() string { return hashSecret(rand.Text(), argonTime, argonMemory) }),
	}
}

// check tells whether text is the secret of a hash; "" is the hash of a key
// that does not exist.
func (c *checker) check(ctx context.Context, hash, text string, now time.Time) (bool, error) {
	unknown := hash == ""
	if unknown {
		if !c.decoys.AllowN(now, 1) {
			t := time.NewTimer(time.Duration(c.took.Load()))
			defer t.Stop()
			select {
			case <-t.C:
				return false, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
		hash = c.decoy()
	}
	select {
	case c.slow <- struct{}{}:
		defer func() { <-c.slow }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	began := time.Now()
	ok, err := c.compare(hash, text)
	c.took.Store(int64(time.Since(began)))
	return ok && !unknown, err
}
