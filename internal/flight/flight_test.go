package flight

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Twenty ask at once and share one call. Its panic is told to each of them, and
// the next one asks again.
func TestAPanicLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		var mu sync.Mutex
		calls, panics := 0, 0
		fail := func() (int, error) {
			time.Sleep(time.Second)
			mu.Lock()
			calls++
			mu.Unlock()
			panic("broken")
		}
		for range 20 {
			go func() {
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					if recover() == "broken" {
						panics++
					}
				}()
				_, _ = g.Do(t.Context(), "k", fail)
			}()
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if calls != 1 || panics != 20 {
			t.Errorf("%d calls, %d told of the panic; want 1 and 20", calls, panics)
		}
		if v, err := g.Do(t.Context(), "k", func() (int, error) { return 7, nil }); v != 7 || err != nil {
			t.Errorf("the next call gave %d, %v", v, err)
		}
	})
}

// Who gives up ends alone.
func TestWhoGivesUpEndsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		slow := func() (int, error) { time.Sleep(time.Minute); return 7, nil }
		got := make(chan int, 1)
		go func() { v, _ := g.Do(t.Context(), "k", slow); got <- v }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Do(ctx, "k", slow); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who gave up got %v", err)
		}
		if v := <-got; v != 7 {
			t.Errorf("the other got %d", v)
		}
	})
}
