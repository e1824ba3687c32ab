package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"billferry/internal/integration"
	"billferry/store/postgres"
)

// heard collects what a process is told of others.
type heard struct {
	mu  sync.Mutex
	all []postgres.Change
	new chan struct{}
}

func follow(t *testing.T, s *postgres.Store) *heard {
	t.Helper()
	h := &heard{new: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() {
		s.Follow(ctx, func(some []postgres.Change) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.all = append(h.all, some...)
			select {
			case h.new <- struct{}{}:
			default:
			}
		})
	})
	t.Cleanup(func() {
		stop()
		following.Wait()
	})
	h.until(t, postgres.Change{}) // from here on it misses none
	return h
}

// until waits until it is told of a change.
func (h *heard) until(t *testing.T, want postgres.Change) {
	t.Helper()
	for {
		h.mu.Lock()
		found := slices.Contains(h.all, want)
		h.mu.Unlock()
		if found {
			return
		}
		select {
		case <-h.new:
		case <-t.Context().Done():
			t.Fatalf("never told of %+v", want)
		}
	}
}

func (h *heard) times(c postgres.Change) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.all {
		if x == c {
			n++
		}
	}
	return n
}

// Each process hears what the others commit: once, in whatever order transactions
// end that began in another, and whatever the identifiers are.
func TestProcessesHearOfEachOther(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	a, b := join(t, at), join(t, at)
	at1, at2 := follow(t, a.Store), follow(t, b.Store)
	first := one(t, a.Store)
	added := postgres.Change{Kind: "run", ID: first.ID, Wakes: true}
	at2.until(t, added)
	if err := b.SetMeta(t.Context(), "k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	at1.until(t, postgres.Change{Kind: "note", ID: "k"})

	late := s.begin(t, `INSERT INTO `+schema+`.outbox (origin, changes) VALUES (0, '[{"Kind":"event","ID":"late"}]')`)
	early := postgres.Change{Kind: "note", ID: "early"}
	if err := a.SetMeta(t.Context(), "early", []byte("v")); err != nil {
		t.Fatal(err)
	}
	at2.until(t, early)
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	held := postgres.Change{Kind: "event", ID: "late"}
	at1.until(t, held)
	at2.until(t, held)

	lease := a.takes(t, 1, "x")["x"]
	r := first
	r.Status, r.InFlight, r.Account = integration.Started, true, "x"
	if err := errors.Join(a.SaveRun(lease.With(t.Context()), r, nil), a.SetMeta(t.Context(), "last", nil)); err != nil {
		t.Fatal(err)
	}
	at2.until(t, postgres.Change{Kind: "run", ID: first.ID}) // what is on its way makes nothing due
	at2.until(t, postgres.Change{Kind: "note", ID: "last"})
	for what, n := range map[string]int{"a run": at2.times(added), "a note": at2.times(early), "what was committed late": at2.times(held)} {
		if n != 1 {
			t.Errorf("%s was told %d times", what, n)
		}
	}
	if n := at1.times(added) + at1.times(early); n > 0 {
		t.Errorf("a process was told of what it did itself, %d times", n)
	}
}

// A process tells how it does, and hears it of those that are there.
func TestProcessesTellHowTheyDo(t *testing.T) {
	t.Parallel()
	s := need(t)
	at := s.URL("postgres", "postgres", s.Schema())
	a, b := join(t, at), join(t, at)
	if err := a.Renew(t.Context(), `{"busy":1}`); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Others(t.Context()); err != nil || !slices.Equal(got, []string{`{"busy":1}`}) {
		t.Errorf("%q, %v", got, err)
	}
	if err := a.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Others(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("of one that left: %q, %v", got, err)
	}
}
