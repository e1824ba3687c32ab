package m3ter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/secret"
)

// api is m3ter in memory, spoken to without a network so that time can be
// faked. Handlers answer by path below the organisation.
type api struct {
	mu       sync.Mutex
	tokens   int
	life     time.Duration // of a token
	issued   map[string]time.Time
	requests []string // "GET /bills", in order
	times    []time.Time
	answer   func(path string, r *http.Request) (int, any)
	head     http.Header // of every answer but tokens
}

func newAPI(answer func(path string, r *http.Request) (int, any)) *api {
	return &api{life: 5 * time.Hour, issued: map[string]time.Time{}, answer: answer, head: http.Header{}}
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, time.Now())
	if r.URL.Path == "/oauth/token" {
		body, _ := io.ReadAll(r.Body)
		user, pass, _ := r.BasicAuth()
		if user != "key" || pass != "s3cret" || string(body) != `{"grant_type":"client_credentials"}` || r.Method != http.MethodPost {
			return respond(http.StatusForbidden, a.head, map[string]string{"message": "Unauthorized"}), nil
		}
		a.tokens++
		t := fmt.Sprint("token-", a.tokens)
		a.issued[t] = time.Now()
		return respond(200, nil, map[string]any{"access_token": t, "token_type": "Bearer", "expires_in": int(a.life.Seconds())}), nil
	}
	path := strings.TrimPrefix(r.URL.Path, "/organizations/org")
	a.requests = append(a.requests, r.Method+" "+path)
	issued, ok := a.issued[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok || time.Since(issued) >= a.life {
		return respond(http.StatusForbidden, a.head, map[string]string{"message": "Unauthorized"}), nil
	}
	status, body := a.answer(path, r)
	return respond(status, a.head, body), nil
}

func (a *api) seen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

func respond(status int, head http.Header, body any) *http.Response {
	var b []byte
	switch x := body.(type) {
	case string:
		b = []byte(x)
	default:
		b, _ = json.Marshal(x)
	}
	if head == nil {
		head = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: head.Clone(), Body: io.NopCloser(bytes.NewReader(b))}
}

var source = integration.Source{OrgID: "org", AccessKey: "key", APISecret: secret.New("s3cret"), BaseURL: "https://m3ter.test"}

func client(a *api, rate int) *m3ter.Client {
	return m3ter.New(source, m3ter.Options{HTTP: &http.Client{Transport: a}, Rate: rate})
}

// bills is m3ter's list of Bills, newest first, with page tokens that are the
// id to go on behind.
type bills struct {
	mu   sync.Mutex
	all  []map[string]any // newest first
	list func()           // called before each page
}

func (b *bills) put(id string, version int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.all {
		if x["id"] == id {
			x["version"] = version
			return
		}
	}
	b.all = append([]map[string]any{{
		"id": id, "version": version, "accountId": "acc", "status": "APPROVED", "currency": "USD", "billTotal": 1.5,
		"lastCalculatedDate": "2026-08-01T00:00:00Z", "billDate": "2026-08-01", "startDate": "2026-07-01", "endDate": "2026-08-01",
	}}, b.all...)
}

func (b *bills) answer(path string, r *http.Request) (int, any) {
	if b.list != nil && path == "/bills" {
		b.list()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if id, one := strings.CutPrefix(path, "/bills/"); one {
		for _, x := range b.all {
			if x["id"] == id {
				return 200, x
			}
		}
		return 404, map[string]string{"message": "no such bill"}
	}
	from := 0
	if after := r.URL.Query().Get("nextToken"); after != "" {
		for i, x := range b.all {
			if x["id"] == after {
				from = i + 1
			}
		}
	}
	to := min(from+100, len(b.all))
	page := map[string]any{"data": b.all[from:to]}
	if to < len(b.all) {
		page["nextToken"] = b.all[to-1]["id"]
	}
	return 200, page
}

// sink is an engine that knows what it was given.
type sink struct {
	mu   sync.Mutex
	have map[string]int64
	fail func(id string) error
}

func (s *sink) Missing(_ context.Context, heads []bill.Head) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]bool, len(heads))
	for i, h := range heads {
		out[i] = s.have[h.ID] != h.Version
	}
	return out, nil
}

func (s *sink) Submit(_ context.Context, _ string, raw []byte, trigger string) ([]integration.Run, error) {
	h, err := bill.DecodeHead(raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(h.ID); err != nil {
			return nil, err
		}
	}
	s.have[h.ID] = h.Version
	return []integration.Run{{EntityID: h.ID, Trigger: trigger}}, nil
}

type memory struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (m *memory) Meta(_ context.Context, k string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[k], nil
}

func (m *memory) SetMeta(_ context.Context, k string, v []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[k] = v
	return nil
}

func newPoller(t *testing.T, a *api, rate int) (*m3ter.Poller, *sink) {
	t.Helper()
	s := &sink{have: map[string]int64{}}
	return &m3ter.Poller{Client: client(a, rate), Sink: s, Memory: &memory{m: map[string][]byte{}}}, s
}
