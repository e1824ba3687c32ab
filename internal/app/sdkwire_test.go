package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/sandbox"
)

// sdk sends what m3ter's generated SDKs send and reads what they read: one
// token by Basic credentials and JSON, kept until expires_in; Accept and
// X-Stainless headers; arrays joined by commas; pages until data or nextToken
// is empty; two repeats of 408, 409, 429 and 5xx unless X-Should-Retry says
// no; a JSON object for every refusal. It stands in for the SDKs, which no
// package registry of this project has, and is none of them.
type sdk struct {
	base, org   string
	key, secret string
	token       string
	expires     time.Time
	sent        int // requests, tokens and repeats too
}

// sdkError is a refusal.
type sdkError struct {
	Status  int
	Message string `json:"message"`
}

func (e *sdkError) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Message) }

func (c *sdk) authorize(t *testing.T) string {
	t.Helper()
	if time.Now().After(c.expires) {
		req := c.request(t, http.MethodPost, "/oauth/token", []byte(`{"grant_type":"client_credentials"}`))
		req.SetBasicAuth(c.key, c.secret)
		var answer struct {
			Token   string `json:"access_token"`
			Expires int64  `json:"expires_in"`
		}
		if err := c.once(req, &answer); err != nil || answer.Token == "" || answer.Expires <= 0 {
			t.Fatalf("token: %+v, %v", answer, err)
		}
		c.token, c.expires = answer.Token, time.Now().Add(time.Duration(answer.Expires)*time.Second)
	}
	return c.token
}

func (c *sdk) request(t *testing.T, method, path string, body []byte) *http.Request {
	t.Helper()
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.base+path, r)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range map[string]string{"Accept": "application/json", "User-Agent": "M3ter/Go 0.12.0", "X-Stainless-Lang": "go",
		"X-Stainless-Retry-Count": "0"} {
		req.Header.Set(name, value)
	}
	return req
}

var errRepeat = errors.New("an SDK would send this again")

// once sends a request and reads the answer into out; it fails with an
// sdkError, joined with errRepeat where an SDK would try again.
func (c *sdk) once(req *http.Request, out any) error {
	c.sent++
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		return fmt.Errorf("an SDK reads no %q", kind)
	}
	if resp.StatusCode < 400 {
		return json.NewDecoder(resp.Body).Decode(out)
	}
	refused := &sdkError{Status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(refused); err != nil {
		return err
	}
	again, said := resp.StatusCode == 408 || resp.StatusCode == 409 || resp.StatusCode == 429 || resp.StatusCode >= 500,
		resp.Header.Get("X-Should-Retry")
	if said == "true" || said == "" && again {
		return errors.Join(refused, errRepeat)
	}
	return refused
}

// call is one call of an SDK below the organisation; body is anything, or nil.
func (c *sdk) call(t *testing.T, method, path string, body, out any) error {
	t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	token := c.authorize(t)
	var err error
	for range 3 {
		req := c.request(t, method, "/organizations/"+c.org+path, raw)
		req.Header.Set("Authorization", "Bearer "+token)
		if err = c.once(req, out); !errors.Is(err, errRepeat) {
			break
		}
	}
	return err
}

// must is call for what has to work.
func must[T any](t *testing.T, c *sdk, method, path string, body any) (out T) {
	t.Helper()
	if err := c.call(t, method, path, body, &out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

// refused is call for what has to be refused, with the status and in one request.
func (c *sdk) refused(t *testing.T, status int, method, path string, body any) {
	t.Helper()
	c.authorize(t)
	before := c.sent
	var out map[string]any
	var e *sdkError
	if err := c.call(t, method, path, body, &out); !errors.As(err, &e) || e.Status != status || e.Message == "" || c.sent != before+1 {
		t.Errorf("%s %s: %v in %d requests, want %d in one", method, path, err, c.sent-before, status)
	}
}

// all walks a list as the automatic pagers do.
func all[T any](t *testing.T, c *sdk, path string, query url.Values) (out []T) {
	t.Helper()
	type cursor struct {
		Data []T    `json:"data"`
		Next string `json:"nextToken"`
	}
	for {
		p := must[cursor](t, c, http.MethodGet, path+"?"+query.Encode(), nil)
		out = append(out, p.Data...)
		if len(p.Data) == 0 || p.Next == "" {
			return out
		}
		query.Set("nextToken", p.Next)
	}
}

// newSDK makes a world that serves TCP and is connected to its m3ter, and a
// client of it with a key of that scope.
func newSDK(t *testing.T, scope api.Scope) (*world, *sdk) {
	t.Helper()
	return newWorld(t, sandbox.Options{M3terRateLimit: -1}).sdkOf(t, scope)
}

// sdkOf is a client of m3ter's kind with a key of its own.
func (w *world) sdkOf(t *testing.T, scope api.Scope) (*world, *sdk) {
	t.Helper()
	if err := w.app.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	addr, err := w.app.ListenTCP(t.Context(), api.TCP{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	key, secret, err := w.app.CreateAPIKey(t.Context(), "sdk", scope)
	if err != nil {
		t.Fatal(err)
	}
	return w, &sdk{base: "http://" + addr, org: w.sb.OrgID(), key: key.ID, secret: secret.Reveal()}
}
