package app

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// spy learns every secret that goes over the wire: tokens, assertions, Basic
// credentials.
type spy struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen map[string]string // secret -> what it is
}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.note(kind, text)
	if _, pass, ok := r.BasicAuth(); ok {
		s.note("API secret", pass)
	}
	if r.Body != nil && strings.Contains(r.URL.Path, "token") {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		_, assertion, _ := strings.Cut(string(b), "client_assertion=")
		assertion, _, _ = strings.Cut(assertion, "&")
		s.note("assertion", assertion)
	}
	return s.next.RoundTrip(r)
}

func (s *spy) note(kind, text string) {
	if len(text) > 8 {
		s.seen[text] = kind
	}
}

// From the first byte to the disk: what is secret is in no log, no run, no
// event, no answer and no file, also when everything goes wrong on the way.
func TestNoSecretLeavesItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 12, Concurrency: 5, Seed: 3})
	w.close(t)
	var log syncBuffer
	a, err := Open(Config{DataDir: w.dir, NoKeyring: true, PollEvery: -1,
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	wire := &spy{next: a.http.Transport, seen: map[string]string{}}
	a.http.Transport = wire
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.app = a
	in := w.create(t, "One", defaultItem)
	w.connect(t, in)
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(c.PrivateKey.Reveal()), "\n") {
		if !strings.HasPrefix(line, "-----") {
			wire.seen[line] = fmt.Sprint("line of the private key ", i)
		}
	}
	src := w.sb.Source()
	src.APISecret = secret.New("a wrong API secret")
	refusedSource := a.ConnectSource(t.Context(), src, nil)
	if err := a.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil || refusedSource == nil {
		t.Fatalf("%v; with the wrong secret %v", err, refusedSource)
	}
	var faults []sandbox.Fault
	for _, f := range []string{"token:500@1", "write:html-after@2", "write:reset-after@4", "any:expire@9", "write:500@6", "read:truncate@3"} {
		x, err := sandbox.ParseFault(f)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, x)
	}
	if err := w.sb.SetFaults(faults...); err != nil {
		t.Fatal(err)
	}
	w.submitAll(t, in.ID)
	_, refused := a.Connect(t.Context(), service.Connect{
		IntegrationID: in.ID,
		Values: spec.Values{"externalCustomerId": c.AccountID, "clientId": "nobody", "keyId": c.KeyID, "restUrl": c.RESTURL,
			"tokenUrl": c.TokenURL},
		Secrets: map[string]secret.Value{"privateKey": c.PrivateKey},
	}, nil)
	told := w.everything(t, in.ID) + fmt.Sprintf("%v %+v %v", refused, refused, refusedSource)
	w.close(t)
	files, err := os.ReadDir(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "seal.key" {
			continue // opens the others; it is what has to be guarded
		}
		b, err := os.ReadFile(filepath.Join(w.dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		told += string(b)
	}
	told += log.String()
	if len(wire.seen) < 6 {
		t.Fatalf("the spy saw only %d secrets", len(wire.seen))
	}
	for s, what := range wire.seen {
		for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s))} {
			if i := strings.Index(told, form); i >= 0 {
				t.Errorf("%s is told: %.200q", what, told[max(0, i-80):])
			}
		}
	}
}

// everything is all that the service shows, bodies unpacked.
func (w *world) everything(t *testing.T, id string) string {
	t.Helper()
	var out strings.Builder
	show := func(v any, err error) {
		b, jsonErr := json.Marshal(v)
		if err != nil || jsonErr != nil {
			t.Fatal(err, jsonErr)
		}
		fmt.Fprintf(&out, "%s %+v\n", b, v)
	}
	ctx := t.Context()
	v1, err := w.app.Info(ctx)
	show(v1, err)
	v2, err := w.app.Integration(ctx, id)
	show(v2, err)
	v3, err := w.app.Events(ctx, service.EventFilter{IncludeActioned: true})
	show(v3, err)
	v4, err := w.app.SourceStatus(ctx)
	show(v4, err)
	p, err := w.app.Runs(ctx, integration.RunFilter{}, "", 100)
	show(p, err)
	exchanges := 0
	for _, r := range p.Runs {
		d, err := w.app.Run(ctx, r.ID)
		show(d, err)
		for _, a := range d.Attempts {
			for _, x := range a.Exchanges {
				exchanges++
				fmt.Fprintf(&out, "%s %s %v %v %s\n", x.ReqBody, x.RespBody, x.ReqHead, x.RespHead, x.URL)
			}
		}
	}
	if exchanges < 20 {
		t.Errorf("only %d exchanges were looked at", exchanges)
	}
	return out.String()
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Opening and closing leaves no goroutine and no file open behind. It is not
// parallel: other tests start goroutines of their own.
func TestCloseLeavesNothingRunning(t *testing.T) {
	cycle := func() {
		dir := t.TempDir()
		a, err := Open(Config{DataDir: dir, NoKeyring: true, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Changes(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle() // what is made once for good
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 5 {
		cycle()
	}
	for wait := time.Millisecond; wait < 2*time.Second; wait *= 2 {
		if runtime.NumGoroutine() <= goroutines && openFiles(t) <= files {
			return
		}
		time.Sleep(wait) // those that end are given a moment
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines before and %d after, %d files and %d:\n%s", goroutines, runtime.NumGoroutine(), files, openFiles(t),
		stacks[:runtime.Stack(stacks, true)])
}

// openFiles counts the file descriptors of this process; 0 where it cannot.
func openFiles(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}
