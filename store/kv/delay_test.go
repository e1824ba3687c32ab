package kv

import (
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// delayed queues a change that may wait for others until the given moment.
func (b *testbed) delayed(name string, until time.Time) *Op {
	return b.enqueue(&Op{
		run:    put(name),
		weight: 1, until: until, done: make(chan struct{}),
	})
}

// commits counts the transactions that wrote, so far.
func (b *testbed) commits() (n int) {
	b.t.Helper()
	if err := b.bolt.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestDelayedChangesShareACommit(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name    string
		delayed int
		last    func(*testbed) *Op // ends the waiting
	}{
		{"enough of them have come", CommitBatch - 1, func(b *testbed) *Op { return b.delayed("last", later) }},
		{"one is not delayed", 3, func(b *testbed) *Op {
			return b.Submit(put("last"), 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newTestbed(t)
			before := b.commits()
			var ops []*Op
			for i := range c.delayed {
				ops = append(ops, b.delayed(fmt.Sprint(i), later))
			}
			for _, o := range append(ops, c.last(b)) {
				if err := b.Wait(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if n := b.commits() - before; n != 1 {
				t.Errorf("%d changes took %d commits", c.delayed+1, n)
			}
			for _, name := range []string{"0", "last"} {
				if v, err := b.read(t.Context(), name); err != nil || v != name {
					t.Errorf("%s left %q, %v", name, v, err)
				}
			}
		})
	}
}

func TestTheDelayEnds(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	if err := b.Wait(t.Context(), b.delayed("alone", time.Now().Add(time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	o := b.delayed("at the end", time.Now().Add(time.Hour))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(t.Context(), o); err != nil {
		t.Errorf("a change that waited when the store was closed: %v", err)
	}
	b.open(Options{NoSync: true})
	if v, err := b.read(t.Context(), "at the end"); err != nil || v == "" {
		t.Errorf("it is not on disk: %q, %v", v, err)
	}
}
