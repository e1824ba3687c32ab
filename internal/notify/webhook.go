package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/outbound"
	"billferry/internal/secret"
)

// signingKey reads a secret: whsec_ and base64, as Standard Webhooks writes
// it, or any other text as it is.
func signingKey(s secret.Value) ([]byte, error) {
	text, coded := strings.CutPrefix(s.Reveal(), "whsec_")
	if !coded {
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("secretFile: what follows whsec_ must be base64")
	}
	return key, nil
}

// sign is the header webhook-signature of Standard Webhooks: HMAC-SHA256 over
// id, time in seconds and body.
func sign(key []byte, id string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s.%d.%s", id, at.Unix(), body) // a hash takes everything
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// payload is the body of a webhook.
type payload struct {
	Type      string      `json:"type"` // the event's name
	Timestamp time.Time   `json:"timestamp"`
	Data      payloadData `json:"data"`
}

type payloadData struct {
	integration.Event
	IntegrationName string `json:"integrationName,omitempty"`
}

// webhook is the target of one Webhook.
type webhook struct {
	set    Webhook
	key    []byte
	client *http.Client
	now    func() time.Time
	names  namer
}

func newWebhook(w Webhook, o Options) (*webhook, error) {
	key, err := signingKey(w.secret)
	if err != nil {
		return nil, err
	}
	return &webhook{set: w, key: key, client: outbound.Client(o.HTTP), now: o.Now, names: namer{o.Feed}}, nil
}

func (w *webhook) name() string { return w.set.Name }

func (w *webhook) plan() plan { return plan{batch: 1, limit: 10 * time.Second} }

func (w *webhook) wants(e integration.Event) bool {
	return len(w.set.Events) == 0 && e.Name != integration.EventPayment || slices.Contains(w.set.Events, e.Name)
}

// messageID names what is told: an event that is told again, since it went on
// happening, is another message, and not one to be dropped as told already.
func messageID(e integration.Event) string {
	if e.Times() == 1 {
		return e.ID
	}
	return fmt.Sprintf("%s.%d", e.ID, e.Count)
}

func lastTime(e integration.Event) time.Time {
	if e.Last.IsZero() {
		return e.Time
	}
	return e.Last
}

// secrets are what an answer must not bring back into a log: the secret that
// signs, and what the address holds behind the host, which often is one.
func (w *webhook) secrets() []secret.Value {
	out := []secret.Value{w.set.secret}
	if u, err := url.Parse(w.set.URL); err == nil && len(u.RequestURI()) >= 16 {
		out = append(out, secret.New(strings.TrimPrefix(u.RequestURI(), "/")))
	}
	return out
}

// send posts one event. Anything but 2xx is a failure.
func (w *webhook) send(ctx context.Context, events []integration.Event) error {
	e := events[0]
	body, err := json.Marshal(payload{Type: e.Name, Timestamp: lastTime(e), Data: payloadData{e, w.names.of(ctx, e)}})
	if err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	ctx = outbound.With(outbound.Limit(ctx, 64<<10), w.secrets()...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.set.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	at := w.now()
	for k, v := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "billferry",
		"Webhook-Id": messageID(e), "Webhook-Timestamp": strconv.FormatInt(at.Unix(), 10),
		"Webhook-Signature": sign(w.key, messageID(e), at, body),
	} {
		req.Header.Set(k, v)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the URL may hold a secret
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
