package notify

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

// The example of standardwebhooks.com.
func TestSignature(t *testing.T) {
	t.Parallel()
	key, err := signingKey(secret.New("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	got := sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if _, err := signingKey(secret.New("whsec_!")); err == nil {
		t.Error("a secret that is no base64 was taken")
	}
}

// hookTo is the target for a handler.
func hookTo(t *testing.T, h http.HandlerFunc) *webhook {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	w, err := newWebhook(Webhook{Name: "test", URL: s.URL + "/secret-path", secret: secret.New("plain text")},
		Options{Feed: newFeed(), HTTP: s.Client(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWebhookRequest(t *testing.T) {
	t.Parallel()
	var head http.Header
	var body []byte
	w := hookTo(t, func(_ http.ResponseWriter, r *http.Request) {
		head = r.Header
		body, _ = io.ReadAll(r.Body)
	})
	e := newFeed().add(integration.EventDisabled)
	if err := w.send(t.Context(), []integration.Event{e}); err != nil {
		t.Fatal(err)
	}
	sec, err := parseSeconds(head.Get("Webhook-Timestamp"))
	if err != nil || time.Since(sec) > time.Minute || head.Get("Webhook-Id") != e.ID ||
		head.Get("Webhook-Signature") != sign([]byte("plain text"), e.ID, sec, body) {
		t.Errorf("id, time or signature does not fit: %v, %v", head, err)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil || p.Type != integration.EventDisabled || p.Data.Message != e.Message ||
		p.Data.IntegrationName != "NetSuite US" || p.Data.ID != e.ID {
		t.Errorf("body %s: %v", body, err)
	}
}

func parseSeconds(s string) (time.Time, error) {
	n, err := json.Number(s).Int64()
	return time.Unix(n, 0), err
}

// Only 2xx is an answer; a redirect is not followed; no error names the path.
func TestWebhookFailures(t *testing.T) {
	t.Parallel()
	e := []integration.Event{newFeed().add("a")}
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusInternalServerError} {
		asked := 0
		w := hookTo(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		if err := w.send(t.Context(), e); err == nil || asked != 1 {
			t.Errorf("%d: %v, asked %d times", status, err, asked)
		}
	}
	w := hookTo(t, func(http.ResponseWriter, *http.Request) {})
	w.set.URL = "http://127.0.0.1:1/secret-path"
	if err := w.send(t.Context(), e); err == nil || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("nobody listens: %v", err)
	}
	over := make(chan struct{})
	defer close(over)
	slow := hookTo(t, func(http.ResponseWriter, *http.Request) { <-over })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := slow.send(ctx, e); err == nil {
		t.Error("an endpoint that does not answer was taken for one that did")
	}
}
