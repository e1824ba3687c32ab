package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Of the processes that share a store each knows which retry another is at: that one
// is not interrupted, and is not gone on with, until its process is gone.
func TestARetryOfAnotherProcessIsUnderWay(t *testing.T) {
	t.Parallel()
	a := idleApp(t, t.TempDir())
	t.Cleanup(func() { _ = a.Close() })
	at, beside := &a.bulkRetry, &bulkRetries{store: a.store}
	gone := false
	beside.elsewhere = func(name string) bool { return !gone && slices.Contains(at.names(), name) }
	ctx, now := t.Context(), time.Now()
	q := service.RetryRequest{Name: "July", RunIDs: []string{"x"}}
	r, err := at.start(ctx, q, 2*service.RetryStep, now)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := beside.list(ctx); err != nil || len(all) != 1 || all[0].Interrupted {
		t.Errorf("while another is at it: %+v, %v", all, err)
	}
	if _, err := beside.request(ctx, "July"); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("it is gone on with: %v", err)
	}
	q.Continue = true
	if _, err := beside.start(ctx, q, service.RetryStep, now); !errors.Is(err, integration.ErrExists) {
		t.Errorf("it is begun again: %v", err)
	}
	if _, err := beside.halt(ctx, "July", now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if on, err := at.step(ctx, r, service.RetryStep); err != nil || on {
		t.Errorf("it goes on after another process has stopped it: %v, %v", on, err)
	}
	gone = true
	if _, err := beside.start(ctx, q, service.RetryStep, now); err != nil {
		t.Errorf("when its process is gone: %v", err)
	}
}

// A retry that could not be kept is not taken for one under way.
func TestARetryThatIsNotKeptDoesNotBegin(t *testing.T) {
	t.Parallel()
	a := idleApp(t, t.TempDir())
	t.Cleanup(func() { _ = a.Close() })
	full := errors.New("the disk is full")
	broken := brokenNotes{Store: a.store, err: full}
	s := &bulkRetries{store: &broken}
	q := service.RetryRequest{Name: "July"}
	if _, err := s.start(t.Context(), q, 2*service.RetryStep, time.Now()); !errors.Is(err, full) {
		t.Fatal(err)
	}
	broken.err = nil
	if all, err := s.list(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("listed are %+v, %v", all, err)
	}
	if _, err := s.start(t.Context(), q, 2*service.RetryStep, time.Now()); err != nil {
		t.Error(err)
	}
}

// While a retry is kept nobody waits for the disk who asks for the list, and it is
// shown as what it is.
func TestRetriesAreListedDuringAWrite(t *testing.T) {
	t.Parallel()
	a := idleApp(t, t.TempDir())
	t.Cleanup(func() { _ = a.Close() })
	notes := &brokenNotes{Store: a.store}
	s := &bulkRetries{store: notes}
	writes := 0
	notes.during = func() {
		if writes++; !s.mu.TryLock() {
			t.Fatal("the list is locked during a write")
		}
		s.mu.Unlock()
		all, err := s.list(t.Context())
		if err != nil || slices.ContainsFunc(all, func(r service.BulkRetry) bool { return r.Interrupted }) {
			t.Errorf("during write %d: %+v, %v", writes, all, err)
		}
	}
	q := service.RetryRequest{Name: "July", RunIDs: []string{"x"}}
	r, err := s.start(t.Context(), q, 2*service.RetryStep, time.Now())
	for range 2 {
		if err == nil {
			_, err = s.step(t.Context(), r, service.RetryStep)
		}
	}
	if err == nil {
		_, err = s.end(t.Context(), r, time.Now())
	}
	if err != nil || writes != 6 {
		t.Errorf("%d writes, %v", writes, err)
	}
	if _, err := s.halt(t.Context(), "July", time.Now()); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("after its end it is stopped: %v", err)
	}
}

// brokenNotes cannot be changed while it has an error; during is called at each write.
type brokenNotes struct {
	Store
	err    error
	during func()
}

func (b *brokenNotes) SetMeta(ctx context.Context, key string, value []byte) error {
	if b.during != nil {
		b.during()
	}
	return b.Store.SetMeta(ctx, key, value)
}

func (b *brokenNotes) UpdateMeta(ctx context.Context, key string, change func([]byte) ([]byte, error)) error {
	if b.err != nil {
		return b.err
	}
	if b.during != nil {
		b.during()
	}
	return b.Store.UpdateMeta(ctx, key, change)
}
