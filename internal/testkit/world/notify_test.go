package world

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/notify"
	"billferry/store"
)

const (
	hookOrigin = "http://127.0.0.1:7"
	hookSecret = "webhook-signing-secret-987"
)

// makeHook makes the endpoint that is told of events.
func (w *world) makeHook() (err error) {
	path := filepath.Join(w.dir, notify.FileName)
	text := "webhooks:\n  - name: desk\n    url: " + hookOrigin + "/hook\n    secretFile: hook.secret\n"
	if err := os.WriteFile(filepath.Join(w.dir, "hook.secret"), []byte(hookSecret), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	w.rules.secrets = append(w.rules.secrets, hookSecret)
	w.told = map[string]int{}
	w.notify, err = notify.Load(path)
	return err
}

// hook is the endpoint.
func (w *world) hook(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	id, _, _ := strings.Cut(r.Header.Get("Webhook-Id"), ".")
	w.mu.Lock()
	w.told[id]++
	n := len(w.told)
	w.mu.Unlock()
	w.secretIn("a notification", body)
	if err != nil || !w.calm.Load() && w.on("hook faults") && w.draws("hook", n).IntN(10) == 0 {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
}

// tell runs the notifier.
func (l *life) tell(ctx context.Context) error {
	var from notify.Feed = feed{l.store, l}
	if wrap := l.w.o.Break.feed; wrap != nil {
		from = wrap(from)
	}
	n, err := notify.New(l.w.notify, notify.Options{Feed: from, Now: l.w.now, Logger: l.w.log, Jitter: l.w.jitter,
		HTTP: &http.Client{Transport: wire{l}}})
	if err != nil {
		return err
	}
	n.Begin(ctx)
	l.all.Go(func() { n.Run(ctx) })
	return nil
}

// feed is the store as the notifier has it.
type feed struct {
	*store.Store
	l *life
}

func (f feed) SetMeta(ctx context.Context, key string, value []byte) error {
	f.l.turn("set " + key)
	return f.Store.SetMeta(ctx, key, value)
}

// untold counts the events that nobody was told of.
func (w *world) untold(l *life) (n int) {
	all, err := l.store.Events(context.Background(), "", "", true, 10_000)
	if err != nil {
		w.rules.breach("LIFE", "read the events: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range all {
		if w.told[e.ID] == 0 {
			n++
		}
	}
	return n
}

// closeEvent is a person who has seen to something.
func (w *world) closeEvent(l *life) {
	all, err := l.store.Events(context.Background(), "", "", false, 100)
	if err != nil || len(all) == 0 {
		return
	}
	e := all[w.rnd.IntN(len(all))]
	_, err = l.store.ActionEvent(context.Background(), e.ID, true)
	w.acts["close an event"]++
	w.history.add("people close an event about %s: %v", e.BillID, err != nil)
}

// unmap takes the mapping of an account away, or puts one back.
func (w *world) unmap(l *life) {
	if !w.mapped {
		return
	}
	ctx := context.Background()
	i := w.rnd.IntN(len(w.mappings))
	m := w.mappings[i]
	if w.unmapped[m.M3terID] {
		w.mapAgain(l, m)
		return
	}
	w.unmapped[m.M3terID] = true // a commit may fail after it is made
	if err := l.store.DeleteMapping(ctx, m.ID); err == nil {
		w.did(fmt.Sprint("people delete mapping ", i))
	}
}

func (w *world) mapAgain(l *life, m integration.ExternalMapping) {
	if _, err := l.store.PutMapping(context.Background(), m); err != nil {
		return
	}
	delete(w.unmapped, m.M3terID)
	w.did("people map an account again")
	if err := l.engine.MappingsAdded(context.Background(), []integration.ExternalMapping{m}); err != nil {
		w.history.add("runs were not re-queued")
	}
	l.engine.Wake()
}

// mapAll puts all mappings back.
func (w *world) mapAll(l *life) (open int) {
	for _, m := range w.mappings {
		if w.unmapped[m.M3terID] {
			w.mapAgain(l, m)
			open++
		}
	}
	return open
}
