package api_test

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/api"
)

// watching records the paths that reach m3ter.
type watching struct{ paths []string }

func (u *watching) Do(_ context.Context, r api.UpstreamRequest) (*http.Response, error) {
	u.paths = append(u.paths, r.Path)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
}

// A key may read accounts and Bills through to m3ter with our credentials, and
// nothing beside them: whatever the servers on the way make of an encoded
// slash or dot.
func TestPassedThroughPathsStayBelow(t *testing.T) {
	t.Parallel()
	u := &watching{}
	a := newAPI(t, api.Options{Upstream: u})
	auth := "Bearer " + a.token(t, api.ScopeAdmin)
	for _, p := range []string{
		"/bills/x%2F..%2F..%2Fintegrationcredentials", "/bills/..%2f..%2fusers", "/accounts/%2e%2e%2fusers", "/bills/%252e%252e%252fusers",
		"/bills/a%5c..%5cusers", "/bills/%2E%2E", "/accounts/.%2e",
	} {
		if status, b := a.ask(t, "GET", "/organizations/acme"+p, auth, ""); status != 400 && status != 404 {
			t.Errorf("%s: %d %s", p, status, b)
		}
	}
	for _, id := range []string{"..", "../users", `..\users`, "%2e%2e/users"} {
		if status, b := a.ask(t, "POST", ours+"/nudge", auth, `{"billId":`+quoted(id)+`}`); status != 400 {
			t.Errorf("nudge %q: %d %s", id, status, b)
		}
	}
	if len(u.paths) != 0 {
		t.Fatalf("m3ter was asked for %q", u.paths)
	}
	a.ask(t, "GET", "/organizations/acme/bills/a%20b..c", auth, "")
	if len(u.paths) != 1 || u.paths[0] != "/bills/a%20b..c" {
		t.Errorf("a good path came as %q", u.paths)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `\`, `\\`) + `"` }

// m3ter redirects nowhere; an answer that does must not take the token along.
func TestUpstreamFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	m3ter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer m3ter.Close()
	up := api.HTTPUpstream{BaseURL: m3ter.URL, OrgID: "o", Client: http.DefaultClient,
		Token: func(context.Context, bool) (string, error) { return "t", nil }}
	resp, err := up.Do(t.Context(), api.UpstreamRequest{Method: "GET", Path: "/bills", Query: url.Values{}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// A bomb in m3ter's place is passed through up to a bound, and then the
// connection breaks: nobody takes what came for the whole answer.
func TestPassedThroughAnswersAreBounded(t *testing.T) {
	t.Parallel()
	m3ter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z, zeros := gzip.NewWriter(w), make([]byte, 1<<20)
		for range 80 {
			if _, err := z.Write(zeros); err != nil {
				return // nobody reads on
			}
		}
		_ = z.Close()
	}))
	defer m3ter.Close()
	a := newAPI(t, api.Options{Upstream: api.HTTPUpstream{BaseURL: m3ter.URL, OrgID: "o", Client: http.DefaultClient,
		Token: func(context.Context, bool) (string, error) { return "a-token", nil }}})
	resp := a.send(t, "GET", "/organizations/acme/bills", "Bearer "+a.token(t, api.ScopeRead), "", "")
	n, err := io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if !errors.Is(err, io.ErrUnexpectedEOF) || n > 64<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Millions of empty Bills fit into one body; they are refused before they have
// cost gigabytes.
func TestBillsOfABodyAreCounted(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth := "Bearer " + a.token(t, api.ScopeWrite)
	many := strings.Repeat("{},", 1<<20)
	for name, body := range map[string]string{
		"array": "[" + many + "{}]", "page": `{"data":[` + many + `{}]}`, "one after the other": strings.ReplaceAll(many, ",", "\n"),
	} {
		if status, b := a.ask(t, "POST", ours+"/bills", auth, body); status != http.StatusRequestEntityTooLarge || len(b) > 1000 {
			t.Errorf("%s: %d, an answer of %d bytes", name, status, len(b))
		}
	}
}

// Guessing is told in the log, with the key and without the guess, and neither
// guessing nor asking for health fills the log.
func TestTheLogTellsOfGuessingAndIsNotFlooded(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	a := newAPI(t, api.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Ready: func(context.Context) error { return errors.New("the disk is full") }})
	for range 100 {
		a.pass(time.Second) // the limit on wrong secrets is not what is tried here
		a.ask(t, "POST", "/oauth/token", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.ids[api.ScopeRead]+":guessed-secret")),
			`{"grant_type":"client_credentials"}`)
		if status, b := a.ask(t, "GET", "/readyz", "", ""); status != 503 || strings.Contains(string(b), "disk") {
			t.Fatalf("%d %s", status, b)
		}
	}
	text := log.String()
	if !strings.Contains(text, a.ids[api.ScopeRead]) || strings.Contains(text, "guessed-secret") || !strings.Contains(text, "disk is full") {
		t.Error(text)
	}
	if n := strings.Count(text, "\n"); n > 15 {
		t.Errorf("%d lines for 100 guesses and 100 looks", n)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
