package api_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/secret"
	"billferry/internal/service/servicetest"
)

// Strangers who take every place of a TCP listener, in whatever way, do not keep
// out a client with a key: a real server on loopback.
func TestACrowdKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		send string
		read bool // until it was answered
	}{
		"silent":       {"", false},
		"half a head":  {"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", false},
		"half a body":  {"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", false},
		"refused body": {"POST /organizations/-/integrationconfigs HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{", false},
		"idle":         {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, key, text := crowded(t)
			var strangers []net.Conn
			for range api.MaxConns {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close() }()
				if _, err := io.WriteString(conn, c.send); err != nil {
					t.Fatal(err)
				}
				if c.read {
					if _, err := conn.Read(make([]byte, 1024)); err != nil {
						t.Fatal(err)
					}
				}
				strangers = append(strangers, conn)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			client, err := api.DialTCP("http://"+addr, key, secret.New(text), servicetest.New().Catalog())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			if _, err := client.Integrations(ctx); err != nil {
				t.Fatalf("the client with a key: %v", err)
			}
			// Another crowd does not throw out the client that has shown its key
			// and is idle, as long as a stranger is left who can make room.
			for range 2 * api.MaxConns {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close() }()
			}
			if _, err := client.Integrations(ctx); err != nil {
				t.Errorf("the client, again: %v", err)
			}
			if name == "half a body" || name == "refused body" {
				return
			}
			_ = strangers[0].SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.ReadAll(strangers[0]); isTimeout(err) {
				t.Error("the oldest stranger still has its place")
			}
		})
	}
}

func isTimeout(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}

func crowded(t *testing.T) (addr, key, text string) {
	t.Helper()
	k := testKeysOnce()[0]
	srv := api.NewServer(servicetest.New(), api.Options{Keys: &keyRing{keys: map[string]api.Key{k.ID: k.Key}}, Rate: -1})
	ln, err := api.ListenTCP(api.TCP{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, ln) }()
	t.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String(), k.ID, k.text
}

// The body of a request without a key has seconds to arrive, not a minute.
func TestHalfABodyEnds(t *testing.T) {
	t.Parallel()
	addr, _, _ := crowded(t)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if b, err := io.ReadAll(conn); isTimeout(err) {
		t.Errorf("still open after 20 s: %.60q", b)
	}
}

// A wrong secret costs the same work whether there is such a key or not.
func TestUnknownKeysTakeAsLong(t *testing.T) {
	t.Parallel()
	k, _, err := api.NewKey("slow", api.ScopeRead, servicetest.Start) // at the real cost
	if err != nil {
		t.Fatal(err)
	}
	srv := api.NewServer(servicetest.New(), api.Options{
		Keys: &keyRing{keys: map[string]api.Key{k.ID: k}}, Now: func() time.Time { return servicetest.Start }})
	var compared []string
	srv.OnCompare(func(hash string) { compared = append(compared, hash) })
	ask := func(id string) int {
		r, err := http.NewRequest("POST", "/oauth/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Form, r.PostForm = map[string][]string{}, map[string][]string{"grant_type": {"client_credentials"}}
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":wrong")))
		w := &statusOnly{header: http.Header{}}
		srv.ServeHTTP(w, r)
		return w.status
	}
	for i := range 40 { // past the budget of a key, which is the same for both
		for _, id := range []string{k.ID, "nobody"} {
			compared = nil
			status := ask(id)
			if (i < 20) != (status == http.StatusForbidden) || (i >= 20) != (status == http.StatusTooManyRequests) {
				t.Errorf("%s, wrong secret number %d: %d", id, i+1, status)
			}
			if i >= 20 && len(compared) == 0 {
				continue
			}
			if len(compared) != 1 || cost(compared[0]) != cost(k.Hash) || (compared[0] == k.Hash) != (id == k.ID) {
				t.Errorf("%s, wrong secret number %d: compared with %q", id, i+1, compared)
			}
		}
	}
}

// cost is what a hash says of the work it takes: its kind, version and parameters.
func cost(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }

type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
