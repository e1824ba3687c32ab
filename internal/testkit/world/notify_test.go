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
func (l *life) tell(ctx context.Context) (*notify.Notifier, error) {
	var from notify.Feed = feed{l.store, l}
	if wrap := l.w.o.Break.feed; wrap != nil {
		from = wrap(from)
	}
	n, err := notify.New(l.w.notify, notify.Options{Feed: from, Now: l.w.now, Logger: l.w.log, Jitter: l.w.jitter,
		HTTP: &http.Client{Transport: wire{l}}})
	if err != nil {
		return nil, err
	}
	n.Begin(ctx)
	l.all.Go(func() { n.Run(ctx) })
	return n, nil
}

// feed is the store as the notifier has it.
type feed struct {
	*store.Store
	l *life
}

func (f feed) EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error) {
	f.l.turn("events after")
	return f.Store.EventsAfter(ctx, id, limit)
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
	said := l.ask(operator, http.MethodPut, "/events/"+e.ID+"/actioned", map[string]any{"actioned": true})
	w.acts["close an event"]++
	w.history.add("people close an event about %s: %d", e.BillID, said.status)
}

// unmap takes the mapping of an account away, or puts one back.
func (w *world) unmap(l *life) {
	if !w.mapped {
		return
	}
	i := w.rnd.IntN(len(w.mappings))
	id, ok := w.mappingOf(l, w.mappings[i].M3terID)
	if !ok {
		w.mapAgain(l, w.mappings[i])
		return
	}
	said := l.ask(operator, http.MethodDelete, "/mappings/"+id, nil)
	w.did(fmt.Sprintf("people delete a mapping: %d, %d", i, said.status))
}

// mappingOf finds the mapping of an account.
func (w *world) mappingOf(l *life, account string) (id string, ok bool) {
	all, err := l.store.Mappings(context.Background())
	if err != nil {
		w.rules.breach("LIFE", "read the mappings: %v", err)
	}
	for _, m := range all {
		if m.M3terID == account {
			return m.ID, true
		}
	}
	return "", false
}

func (w *world) mapAgain(l *life, m integration.ExternalMapping) {
	said := l.ask(operator, http.MethodPost, "/mappings", m)
	w.did(fmt.Sprint("people map an account again: ", said.status))
}

// pull is a person who copies the mappings that m3ter has.
func (w *world) pull(l *life) {
	if w.mapped {
		said := l.ask(operator, http.MethodPost, "/mappings/pull", nil)
		w.did(fmt.Sprint("people pull the mappings: ", said.status))
	}
}

// mapAll puts all mappings back.
func (w *world) mapAll(l *life) (open int) {
	for _, m := range w.mappings {
		if _, ok := w.mappingOf(l, m.M3terID); !ok {
			w.mapAgain(l, m)
			open++
		}
	}
	return open
}
