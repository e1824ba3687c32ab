package app

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/secret/seal"
	"billferry/store"
)

func (w *world) keeper(t *testing.T) Keeper {
	t.Helper()
	k, err := OpenKeeper(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// Trail and check work through the process that has the store, and without one.
func TestKeeping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	w.unsent(t, 3)
	keep := func(how string) {
		t.Helper()
		k := w.keeper(t)
		head, err := k.VerifyAudit(t.Context())
		trail, err2 := k.AuditTrail(t.Context(), 2)
		if errors.Join(err, err2) != nil || len(trail) != 2 || int(trail[0].Seq) != head.Entries || len(head.Head) != 64 {
			t.Errorf("%s: %+v, %+v, %v, %v", how, head, trail, err, err2)
		}
		if rep, err := k.CheckStore(t.Context(), true, nil); err != nil || rep.Runs != 3 || rep.Found != 0 {
			t.Errorf("%s: %+v, %v", how, rep, err)
		}
		if trail, err := k.AuditTrail(t.Context(), 1); err != nil || trail[0].What != "repair the store" || trail[0].Who != osUser() {
			t.Errorf("%s: a repair left %+v, %v", how, trail, err)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
	keep("through the process")
	w.close(t)
	keep("alone")
}

// A process that has the store open and serves nobody is told, as elsewhere.
func TestKeepingWhatIsLocked(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	a, err := Open(Config{DataDir: dir, NoKeyring: true, Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	_, err = OpenKeeper(t.Context(), dir)
	if locked := (*store.LockedError)(nil); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("it gave %v", err)
	}
}

// A lost sealing key is told and never replaced by itself. The store can be
// looked at; with a new key its runs are there, and only the secrets are not.
func TestALostSealingKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	if _, err := w.app.tokens.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.submitAll(t, in.ID)
	w.close(t)
	key := filepath.Join(w.dir, "seal.key")
	if _, err := RenewSeal(t.Context(), w.dir, true); err == nil || !strings.Contains(err.Error(), "not lost") {
		t.Fatalf("a key that is there was renewed: %v", err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	cfg := Config{DataDir: w.dir, NoKeyring: true, Idle: true}
	if _, err := Open(cfg); !errors.Is(err, seal.ErrKeyMissing) || !strings.Contains(err.Error(), w.dir) {
		t.Errorf("it opened with %v", err)
	}
	k := w.keeper(t)
	if rep, err := k.CheckStore(t.Context(), false, nil); err != nil || rep.Found != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
	if _, err := RenewSeal(t.Context(), w.dir, true); err != nil {
		t.Fatal(err)
	}
	w.open(t)
	if r, err := w.app.Totals(t.Context(), in.ID); err != nil || len(r.ByStatus) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := w.app.tokens.get(t.Context()); err != nil {
		t.Errorf("no access token can be signed: %v", err)
	}
	w.connect(t, in)
}

// While the store's file is not in its place nothing is taken and nothing sent,
// and it is told; put back, all goes on.
func TestAStoreTakenAwayStopsEverything(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets nobody remove an open file")
	}
	w := newWorld(t, sandbox.Options{Bills: 3})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	if err := w.app.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	away := StorePath(w.dir) + ".away"
	if err := os.Rename(StorePath(w.dir), away); err != nil {
		t.Fatal(err)
	}
	var raws [][]byte
	for _, b := range w.sb.World().Bills {
		raws = append(raws, b.Append(nil, true, true))
	}
	_, one := w.app.Submit(t.Context(), in.ID, raws[0], "file")
	_, batch := w.app.engine.SubmitBatch(t.Context(), in.ID, raws, "poll")
	for what, err := range map[string]error{"ready": w.app.ready(t.Context()), "one Bill": one, "a batch": batch} {
		if !errors.Is(err, store.ErrReplaced) || !strings.Contains(err.Error(), "store backup") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := w.sb.Stats().Creates; n != 0 {
		t.Errorf("%d documents were made", n)
	}
	var copied bytes.Buffer
	if n, err := w.keeper(t).Backup(t.Context(), &copied); err != nil || n == 0 {
		t.Errorf("what it has cannot be saved: %d bytes, %v", n, err)
	}
	if err := os.Rename(away, StorePath(w.dir)); err != nil {
		t.Fatal(err)
	}
	w.submitAll(t, in.ID)
	if err := w.app.ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// A Bill that is handed over here leaves an entry that names it, with its run;
// one that is known leaves none. A body of many Bills is the caller's one act.
func TestHandingOverIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in := w.create(t, "NetSuite US", defaultItem)
	_, err := Open(Config{DataDir: w.dir, NoKeyring: true})
	s, err := Attach(t.Context(), w.dir, asLocked(t, err), Catalog())
	if err != nil {
		t.Fatal(err)
	}
	url, auth := listening(t, w.app, in)
	before, err := w.app.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := func(id string) string {
		return `{"id":"` + id + `","version":2,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":1.5,"lineItems":[]}`
	}
	for range 2 {
		_, here := w.app.Submit(t.Context(), in.ID, []byte(text("x1")), "file")
		_, there := s.Submit(t.Context(), in.ID, []byte(text("x2")), "file")
		if err := errors.Join(here, there); err != nil {
			t.Fatal(err)
		}
	}
	if status, body := postText(t, url, auth, text("x3")+text("x4")); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	after, err := w.app.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	trail, err := w.app.AuditTrail(t.Context(), after.Entries-before.Entries)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(trail) {
		who := "a key"
		if e.Who == osUser() {
			who = "here"
		}
		got = append(got, who+": "+e.What+", "+e.Detail)
	}
	path := strings.SplitN(url, "/", 4)[3]
	path, _, _ = strings.Cut("/"+path, "?")
	want := []string{"here: submit Bill, x1 version 2, from file, to " + in.ID, "here: submit Bill, x2 version 2, from file, to " + in.ID,
		"a key: POST " + path + ", 200"}
	if !slices.Equal(got, want) {
		t.Errorf("the trail has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
