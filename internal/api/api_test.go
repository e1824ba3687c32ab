package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
)

// keyRing is a KeyStore in memory.
type keyRing struct {
	mu   sync.Mutex
	keys map[string]api.Key
}

func (k *keyRing) Keys(context.Context) ([]api.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []api.Key
	for _, x := range k.keys {
		out = append(out, x)
	}
	return out, nil
}

func (k *keyRing) Key(_ context.Context, id string) (api.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	x, ok := k.keys[id]
	if !ok {
		return x, fmt.Errorf("API key %s: %w", id, integration.ErrNotFound)
	}
	return x, nil
}

func (k *keyRing) PutKey(_ context.Context, x api.Key) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[x.ID] = x
	return nil
}

func (k *keyRing) DeleteKey(ctx context.Context, id string) error {
	if _, err := k.Key(ctx, id); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, id)
	return nil
}

// door is a server on TCP with one key of each scope.
type door struct {
	fake *servicetest.Fake
	ring *keyRing
	url  string
	now  atomic.Pointer[time.Time]
	ids  map[api.Scope]string
	text map[api.Scope]string
}

type testKey struct {
	api.Key
	text string
}

// testKeysOnce makes the keys of all tests: their hashes are cheap, argon2 is slow on purpose.
var testKeysOnce = sync.OnceValue(func() (out []testKey) {
	for _, scope := range api.Scopes {
		k, s, err := api.NewKey("test "+string(scope), scope, servicetest.Start)
		if err != nil {
			panic(err)
		}
		k.Hash = api.CheapHash(s.Reveal())
		out = append(out, testKey{k, s.Reveal()})
	}
	return out
})

func newAPI(t testing.TB, o api.Options) *door {
	t.Helper()
	a := &door{fake: servicetest.New(), ring: &keyRing{keys: map[string]api.Key{}}, ids: map[api.Scope]string{}, text: map[api.Scope]string{}}
	now := servicetest.Start
	a.now.Store(&now)
	o.Keys, o.Now = a.ring, func() time.Time { return *a.now.Load() }
	for _, k := range testKeysOnce() {
		a.ids[k.Scope], a.text[k.Scope] = k.ID, k.text
		a.ring.keys[k.ID] = k.Key
	}
	srv := httptest.NewServer(api.NewServer(a.fake, o))
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

func (a *door) pass(d time.Duration) { now := a.now.Load().Add(d); a.now.Store(&now) }

// token asks for a token as SDKs do.
func (a *door) token(t testing.TB, scope api.Scope) string {
	t.Helper()
	status, body := a.ask(t, "POST", "/oauth/token", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.ids[scope]+":"+a.text[scope])),
		`{"grant_type":"client_credentials"}`)
	var v struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &v); err != nil || status != 200 || v.Token == "" {
		t.Fatalf("token: %d %s", status, body)
	}
	return v.Token
}

// ask sends a request; auth is the whole Authorization header.
func (a *door) ask(t testing.TB, method, path, auth, body string) (int, []byte) {
	t.Helper()
	resp := a.send(t, method, path, auth, "application/json", body)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

func (a *door) send(t testing.TB, method, path, auth, kind, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
