package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"billferry/store/kv"
)

// hold keeps the writer busy until the answer is called, so that what is
// written meanwhile waits as one group.
func (b *testbed) hold() (release func()) {
	started, end := make(chan struct{}), make(chan struct{})
	o := b.submit(func(*tx) error { close(started); <-end; return nil }, 1)
	<-started
	return func() {
		close(end)
		_ = b.db.Wait(b.t.Context(), o)
	}
}

func TestAFailureStaysAlone(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	release := b.hold()
	broken := errors.New("half way")
	var ops []*kv.Op
	for i := range 9 {
		k := []byte(fmt.Sprint(i))
		ops = append(ops, b.submit(func(x *tx) error {
			x.count(counterKey("in", countNeeds), 1)
			if err := x.Put(bMeta, k, k); err != nil || i%3 != 1 {
				return err
			}
			return broken
		}, 1))
	}
	release()
	for i, o := range ops {
		err := b.db.Wait(t.Context(), o)
		if i%3 == 1 != errors.Is(err, broken) {
			t.Errorf("change %d ended with %v", i, err)
		}
		if v, err := b.Meta(t.Context(), fmt.Sprint(i)); err != nil || (v != nil) == (i%3 == 1) {
			t.Errorf("change %d left %q, %v", i, v, err)
		}
	}
	if _, needs, err := b.Summary24h(t.Context(), "in"); err != nil || needs != 6 {
		t.Errorf("6 of 9 changes count, but the counter is %d, %v", needs, err)
	}
}

func TestContextEndsTheWait(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	release := b.hold()
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- b.SetMeta(ctx, "late", []byte("v")) }()
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if v, err := b.Meta(t.Context(), "late"); err != nil || v != nil {
		t.Errorf("a change that was given up was made: %q, %v", v, err)
	}
}
