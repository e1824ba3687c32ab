package store

import (
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// delayed queues a change that may wait for others until the given moment.
func (b *testbed) delayed(name string, until time.Time) *op {
	return b.enqueue(&op{
		run:    func(x *tx) error { return x.put(bMeta, []byte(name), []byte(name)) },
		weight: 1, until: until, done: make(chan struct{}),
	})
}

// commits counts the transactions that wrote, so far.
func (b *testbed) commits() (n int) {
	b.t.Helper()
	if err := b.db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestPatientChangesShareACommit(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name    string
		delayed int
		last    func(*testbed) *op // ends the waiting
	}{
		{"enough of them have come", commitBatch - 1, func(b *testbed) *op { return b.delayed("last", later) }},
		{"one is in a hurry", 3, func(b *testbed) *op {
			return b.submit(func(x *tx) error { return x.put(bMeta, []byte("last"), []byte("last")) }, 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newTestbed(t)
			before := b.commits()
			var ops []*op
			for i := range c.delayed {
				ops = append(ops, b.delayed(fmt.Sprint(i), later))
			}
			for _, o := range append(ops, c.last(b)) {
				if err := b.wait(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if n := b.commits() - before; n != 1 {
				t.Errorf("%d changes took %d commits", c.delayed+1, n)
			}
			for _, name := range []string{"0", "last"} {
				if v, err := b.Meta(t.Context(), name); err != nil || string(v) != name {
					t.Errorf("%s left %q, %v", name, v, err)
				}
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	if err := b.wait(t.Context(), b.delayed("alone", time.Now().Add(time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	o := b.delayed("at the end", time.Now().Add(time.Hour))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.wait(t.Context(), o); err != nil {
		t.Errorf("a change that waited when the store was closed: %v", err)
	}
	b.open()
	if v, err := b.Meta(t.Context(), "at the end"); err != nil || v == nil {
		t.Errorf("it is not on disk: %q, %v", v, err)
	}
}
