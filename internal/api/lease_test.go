package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/api"
	"billferry/internal/service/servicetest"
)

// TestStreamsEndWithTheirKey opens streams with a key: they end soon after it
// is revoked, and when their token ends, and not before.
func TestStreamsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		revoke       time.Duration // after the stream began; 0: never
		least, most  time.Duration
	}{
		"changes, revoked": {"GET", "/changes", 10 * time.Minute, 10 * time.Minute, 10*time.Minute + 3*time.Second},
		"changes, expired": {"GET", "/changes", 0, time.Hour - time.Second, time.Hour + time.Second},
		"steps, revoked":   {"POST", "/integrations/i/test", time.Minute, time.Minute, time.Minute + 3*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := testKeysOnce()[1] // its scope is write
			synctest.Test(t, func(t *testing.T) {
				ring := &keyRing{keys: map[string]api.Key{key.ID: key.Key}}
				fake, ask, stop := strangers(t, ring, key)
				defer stop()
				defer fake.Hold("Test")()
				resp := ask(c.method, ours+c.path)
				defer func() { _ = resp.Body.Close() }()
				began := time.Now()
				lines := bufio.NewReader(resp.Body)
				if strings.HasSuffix(c.path, "/changes") {
					fake.Notify("run", "r1")
					if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "r1") {
						t.Fatalf("%q, %v", line, err)
					}
				}
				if c.revoke > 0 {
					time.AfterFunc(c.revoke, func() { _ = ring.DeleteKey(context.Background(), key.ID) })
				}
				rest, err := io.ReadAll(lines)
				if took := time.Since(began); err != nil || took < c.least || took > c.most {
					t.Errorf("ended after %s, want %s to %s; %v", took, c.least, c.most, err)
				}
				if steps := c.method == http.MethodPost; steps != bytes.Contains(rest, []byte(`"error"`)) {
					t.Errorf("the rest is %q", rest)
				}
				if c.revoke == 0 {
					return
				}
				again := ask(c.method, ours+c.path)
				_ = again.Body.Close()
				if again.StatusCode != http.StatusForbidden {
					t.Errorf("afterwards: %d", again.StatusCode)
				}
			})
		})
	}
}

// strangers serves a fake to others than our own user, in memory and with the
// bubble's clock. ask sends requests with a token of the key.
func strangers(
	t *testing.T, ring *keyRing, key testKey,
) (fake *servicetest.Fake, ask func(method, path string) *http.Response, stop func()) {
	t.Helper()
	fake, pipe := servicetest.New(), api.NewPipe()
	pipe.Foreign = true
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- api.NewServer(fake, api.Options{Keys: ring}).Serve(ctx, pipe) }()
	client := &http.Client{Transport: pipe.Transport()}
	send := func(method, path string, auth func(*http.Request)) *http.Response {
		req, err := http.NewRequest(method, "http://x"+path, strings.NewReader(`{"grant_type":"client_credentials"}`))
		if err != nil {
			t.Fatal(err)
		}
		auth(req)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	resp := send("POST", "/oauth/token", func(r *http.Request) { r.SetBasicAuth(key.ID, key.text) })
	defer func() { _ = resp.Body.Close() }()
	var v struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || v.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	ask = func(method, path string) *http.Response {
		return send(method, path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+v.Token) })
	}
	return fake, ask, func() {
		client.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}
