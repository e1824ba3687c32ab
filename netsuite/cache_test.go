package netsuite

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A fetch that panics is told to those who wait for it, and the next one who
// asks fetches anew.
func TestAFetchThatPanicsLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cache[string]
		var told sync.WaitGroup
		slow := func() (string, time.Duration, error) { time.Sleep(time.Second); panic("broken") }
		for range 5 {
			told.Go(func() {
				defer func() {
					if recover() != "broken" {
						t.Error("nobody told of the panic")
					}
				}()
				_, _ = c.get(t.Context(), time.Now, "k", slow)
			})
		}
		told.Wait()
		good := func() (string, time.Duration, error) { return "seven", time.Minute, nil }
		if v, err := c.get(t.Context(), time.Now, "k", good); v != "seven" || err != nil {
			t.Errorf("the next one got %q, %v", v, err)
		}
		if v, err := c.get(t.Context(), time.Now, "k", slow); v != "seven" || err != nil {
			t.Errorf("kept: %q, %v", v, err)
		}
	})
}
