package api_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

func (a *door) dial(t *testing.T, scope api.Scope) *api.Client {
	t.Helper()
	c, err := api.DialTCP(a.url, a.ids[scope], secret.New(a.text[scope]), servicetest.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// counted counts the requests that a handler gets, by path.
type counted struct {
	http.Handler
	mu    sync.Mutex
	paths map[string]int
}

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.paths[r.URL.Path]++
	c.mu.Unlock()
	c.Handler.ServeHTTP(w, r)
}

func (c *counted) count(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths[path]
}

func TestDialTCPWorks(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	c := a.dial(t, api.ScopeAdmin)
	in := ok(c.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "Far",
		ConfigData: servicetest.Catalog()[0].Defaults()}))(t)
	if d := ok(c.Integration(t.Context(), in.ID))(t); d.Name != "Far" {
		t.Errorf("got %+v", d)
	}
	if _, err := c.Integration(t.Context(), "nothing"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("an unknown id: %v", err)
	}
	changes := ok(c.Changes(t.Context()))(t)
	ok(c.SetEnabled(t.Context(), in.ID, false))(t)
	for change := range changes {
		if change.ID == in.ID {
			break
		}
	}
}

// One token serves many calls; one that has ended, as after a restart of the
// server, is replaced without anybody noticing; too small a scope is told.
func TestDialTCPTokens(t *testing.T) {
	t.Parallel()
	ring := &keyRing{keys: map[string]api.Key{}}
	now := servicetest.Start
	handler := func() http.Handler {
		return api.NewServer(servicetest.New(), api.Options{Keys: ring, Now: func() time.Time { return now }})
	}
	var current atomic.Value
	current.Store(handler())
	count := &counted{paths: map[string]int{}, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current.Load().(http.Handler).ServeHTTP(w, r)
	})}
	srv := httptest.NewServer(count)
	defer srv.Close()
	for _, k := range testKeysOnce() {
		ring.keys[k.ID] = k.Key
	}
	key := testKeysOnce()[0] // of scope read
	c, err := api.DialTCP(srv.URL+"/", key.ID, secret.New(key.text), servicetest.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		ok(c.Integrations(t.Context()))(t)
	}
	if n := count.count("/oauth/token"); n != 1 {
		t.Errorf("%d tokens for 5 calls", n)
	}
	current.Store(handler()) // another process: it signs with another key
	ok(c.Integrations(t.Context()))(t)
	if n := count.count("/oauth/token"); n != 2 {
		t.Errorf("%d tokens after a restart", n)
	}
	_, err = c.Create(t.Context(), service.NewIntegration{Name: "No"})
	var refused *api.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || !strings.Contains(err.Error(), `needs "write"`) {
		t.Errorf("with a read key: %v", err)
	}
	bad, err := api.DialTCP(srv.URL, key.ID, secret.New("wrong"), servicetest.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bad.Info(t.Context()); !errors.As(err, &refused) || refused.Status != http.StatusForbidden ||
		errors.Is(err, api.ErrUnavailable) {
		t.Errorf("with a wrong secret: %v", err)
	}
}

// A server that is asked too often is given the time it wants, and the body of
// the request is sent whole again.
func TestDialTCPWaitsWhenItIsTooMuch(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	behind, err := url.Parse(a.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	var asked atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/mappings") && asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	a.url = front.URL
	c := a.dial(t, api.ScopeWrite)
	m := integration.ExternalMapping{M3terEntity: "Account", M3terID: "a", ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: "1"}
	if _, err := c.PutMapping(t.Context(), m); err != nil || asked.Load() != 2 {
		t.Errorf("%v after %d tries", err, asked.Load())
	}
}

func TestDialTCPRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://192.168.1.4:8080": "in clear", "http://localhost.evil.example": "in clear", "ftp://127.0.0.1": "not the address",
		"127.0.0.1:8080": "not the address", "https://u:p@host": "not the address", "https://": "not the address",
		"https://host?x=1": "not the address",
	} {
		if _, err := api.DialTCP(address, "k", secret.New("s"), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, good := range []string{"https://billing.example.com", "http://127.0.0.1:1", "http://[::1]:8080/", "http://localhost:80"} {
		if _, err := api.DialTCP(good, "k", secret.New("s"), nil); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if _, err := api.DialTCP("https://host", "", secret.Value{}, nil); err == nil || !strings.Contains(err.Error(), "apikey create") {
		t.Errorf("without a key: %v", err)
	}
}

// Over TLS the server has to prove who it is; nothing follows a redirect, which
// would carry the token elsewhere.
func TestDialTCPOverTLS(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	key := testKeysOnce()[0]
	inner := api.NewServer(a.fake, api.Options{Keys: a.ring, Now: func() time.Time { return servicetest.Start }})
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen.Store(true) }))
	defer thief.Close()
	var redirect atomic.Bool
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if redirect.Load() && r.URL.Path != "/oauth/token" {
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer srv.Close()
	strict, err := api.DialTCP(srv.URL, key.ID, secret.New(key.text), servicetest.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := strict.Info(t.Context()); !errors.As(err, &unknown) || !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("an unknown authority was trusted: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	c, err := api.DialTLS(srv.URL, key.ID, secret.New(key.text), servicetest.Catalog(), pool)
	if err != nil {
		t.Fatal(err)
	}
	ok(c.Info(t.Context()))(t)
	redirect.Store(true)
	if _, err := c.Info(t.Context()); err == nil || stolen.Load() {
		t.Errorf("a redirect was followed: %v", err)
	}
}
