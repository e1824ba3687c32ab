package kv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stormed is one change of many that come at random, and when it had to be on disk.
type stormed struct {
	name    string
	delayed bool
	err     error
	took    time.Duration
}

// The writer is woken for as few changes as it can be, and forgets none: what
// is not delayed does not wait at all, what is waits its time at most, and what was
// given up is not made. The clock stands still while anything moves.
func TestNoChangeIsForgotten(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { storm(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func storm(t *testing.T, r *rand.Rand) {
	path := filepath.Join(t.TempDir(), "x.db")
	open := func() *DB {
		s, err := Open(path, testSchema, Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	var all sync.WaitGroup
	changes := make([]stormed, 300)
	for i := range changes {
		c := &changes[i]
		*c = stormed{name: fmt.Sprint(i), delayed: r.IntN(4) > 0}
		wait, giveUp := time.Duration(r.IntN(8))*time.Millisecond, r.IntN(6) == 0
		until := time.Duration(r.IntN(60)) * time.Millisecond
		if r.IntN(3) > 0 {
			time.Sleep(wait)
		}
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if giveUp {
				ctx, cancel = context.WithTimeout(ctx, until)
				defer cancel()
			}
			start := time.Now()
			c.err = s.make(ctx, c)
			c.took = time.Since(start)
		})
	}
	if r.IntN(2) == 0 { // some of them come when the store closes
		time.Sleep(time.Duration(r.IntN(70)) * time.Millisecond)
	} else {
		all.Wait()
	}
	start := time.Now()
	if err := s.Close(); err != nil || time.Since(start) > 0 {
		t.Errorf("the end took %s: %v", time.Since(start), err)
	}
	all.Wait()
	s = open()
	defer func() { _ = s.Close() }()
	for _, c := range changes {
		v, err := s.read(t.Context(), c.name)
		if err != nil || (v != "") != (c.err == nil) {
			t.Errorf("change %s ended with %v and left %q, %v", c.name, c.err, v, err)
		}
		most := time.Duration(0)
		if c.delayed {
			most = CommitDelay
		}
		if c.took > most || c.err != nil && !errors.Is(c.err, context.DeadlineExceeded) && !errors.Is(c.err, ErrClosed) {
			t.Errorf("change %s (delayed: %t) took %s: %v", c.name, c.delayed, c.took, c.err)
		}
	}
}

// The writer that waits for company hears of the one that makes it.
func TestEnoughCompanyIsHeardOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(filepath.Join(t.TempDir(), "x.db"), testSchema, Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		start := time.Now()
		var ops []*Op
		for range CommitBatch {
			synctest.Wait() // the writer waits for more
			ops = append(ops, s.SubmitDelayed(func(*Tx) error { return nil }, 1))
		}
		for _, o := range ops {
			if err := s.Wait(t.Context(), o); err != nil || time.Since(start) > 0 {
				t.Errorf("after %s: %v", time.Since(start), err)
			}
		}
	})
}

// make makes a change in one of the ways there are.
func (s *DB) make(ctx context.Context, c *stormed) error {
	switch {
	case c.delayed:
		return s.Wait(ctx, s.SubmitDelayed(put(c.name), 1))
	case c.name[len(c.name)-1] == '7':
		return s.Exclusive(ctx, func(a Alone) error { return a.Update(put(c.name)) })
	}
	return s.Write(ctx, 1, put(c.name))
}
