package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/store/postgres"
)

// Of the processes that share a database one does what is done once for all: here
// it tells a webhook of events, whoever has raised them, and another goes on when
// it stops.
func TestADutyIsDoneOnceForAll(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	database := pg.URL("postgres", "postgres", pg.Schema())
	ids := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ids <- r.Header.Get("Webhook-Id") }))
	t.Cleanup(hook.Close)
	key := filepath.Join(t.TempDir(), "seal.key")
	begin := func() *App {
		t.Helper()
		dir := t.TempDir()
		for name, text := range map[string]string{
			"notify.yaml":    "webhooks: [{url: '" + hook.URL + "', secretFile: webhook.secret}]\n",
			"webhook.secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg := Config{DataDir: dir, Database: database, NoKeyring: true, PollEvery: -1}
		if _, err := os.Stat(key); err == nil {
			cfg.SealFile = key
		}
		a, err := Open(cfg)
		if err == nil {
			err = a.Start(t.Context())
		}
		if err == nil && cfg.SealFile == "" {
			err = os.Link(filepath.Join(dir, "seal.key"), key)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		return a
	}
	first := begin()
	noted := follow(t, database, "notify/")
	told := map[string]int{}
	raise := func(a *App) {
		t.Helper()
		for len(noted) > 0 {
			<-noted
		}
		e := integration.Event{Name: integration.EventDisabled, Message: "x"}
		if err := a.store.AddEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for before, done := len(told), false; len(told) == before || !done; {
			select {
			case id := <-ids:
				told[id]++
			case <-noted: // that it was told
				done = true
			case <-t.Context().Done():
				t.Fatal("nobody tells of it")
			}
		}
	}
	raise(first)
	second := begin()
	raise(second)
	raise(first)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	raise(second)
	if len(told) != 4 {
		t.Errorf("%d events were told of, not 4", len(told))
	}
	for id, n := range told {
		if n != 1 {
			t.Errorf("of %s it was told %d times", id, n)
		}
	}
}

// follow tells when a note whose key begins so is written.
func follow(t *testing.T, database, prefix string) <-chan struct{} {
	t.Helper()
	s, err := postgres.OpenShared(t.Context(), database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, began := make(chan struct{}, 1000), make(chan struct{}, 1000)
	var following sync.WaitGroup
	following.Go(func() {
		s.Follow(ctx, func(all []postgres.Change) {
			for _, c := range all {
				switch {
				case c.Kind == "":
					began <- struct{}{}
				case c.Kind == "note" && strings.HasPrefix(c.ID, prefix):
					out <- struct{}{}
				}
			}
		})
	})
	t.Cleanup(func() {
		stop()
		following.Wait()
		_ = s.Close()
	})
	<-began
	return out
}
