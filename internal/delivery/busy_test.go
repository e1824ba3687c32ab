package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// A look at a Bill, or another act, is waited for by a person's act, but not for longer
// than a person would wait; what a task sends is not waited for.
func TestAnActWaitsForALook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		claim claim
		ends  time.Duration
		taken bool
		most  time.Duration
	}{
		{"a short look", claim{}, patience / 2, true, patience/2 + busyWait},
		{"a look that hangs", claim{}, 2 * patience, false, patience + busyWait},
		{"a task", claim{pace: &governor{}}, patience / 2, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &Engine{busy: map[string]claim{"b1": c.claim}, wake: make(chan struct{}, 1)}
				time.AfterFunc(c.ends, func() { e.letGo("b1") })
				began := time.Now()
				if got := e.takeSoon(t.Context(), "b1"); got != c.taken {
					t.Errorf("taken: %v", got)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("after %s", took)
				}
			})
		})
	}
}
