package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
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

func TestHooksHearOfWhatIsCommitted(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	var mu sync.Mutex
	var heard []string
	b.OnChange(func(kind, id string) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, kind+" "+id)
		if kind == "run" { // the hook may use the store, and sees the change
			if _, err := b.Run(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	})
	in := b.integration("x")
	old := b.add(newRun(in.ID, "b1", 1))[0]
	now := b.add(newRun(in.ID, "b1", 2))[0]
	if _, err := b.UpdateIntegration(t.Context(), integration.Integration{ID: in.ID, Version: 7, Name: "y"}); !errors.Is(err,
		integration.ErrConflict) {
		t.Fatal(err)
	}
	want := []string{"integration " + in.ID, "run " + old.ID, "run " + old.ID, "run " + now.ID}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}

func TestManyWriters(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x")
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				r := b.add(newRun(in.ID, fmt.Sprintf("b%d-%d", w, i), 1))[0]
				r.Status = integration.Complete
				b.save(r, &integration.Attempt{N: 1, Status: r.Status})
			}
		})
	}
	wg.Wait()
	b.reopen()
	totals, err := b.Totals(t.Context(), in.ID)
	if err != nil || totals.ByStatus[integration.Complete] != 80 || !totals.Money["USD"].In.Equal(decimal.MustParse("840")) {
		t.Errorf("totals are %+v, %v", totals, err)
	}
	b.checkClean()
}
