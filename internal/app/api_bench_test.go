package app

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/api"
	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// The figures in docs/SPEED.md are of -app.runs=1000000, which takes minutes to
// fill; -app.dir keeps the store for the next time.
var (
	apiRuns = flag.Int("app.runs", 20_000, "runs in the store of BenchmarkAPI")
	apiDir  = flag.String("app.dir", "", "folder of a store to fill once and use again")
)

// BenchmarkAPI asks the REST API over TCP with a token, over a store full of
// runs. Client and server share this process and its cores.
func BenchmarkAPI(b *testing.B) {
	dir := *apiDir
	if dir == "" {
		dir = b.TempDir()
	}
	a, err := Open(Config{DataDir: dir, NoKeyring: true, Idle: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close() })
	ids := fillRuns(b, a, *apiRuns)
	l := newLoad(b, a)

	const runs = "/organizations/-/billferry/runs"
	for _, c := range []struct{ name, query string }{
		{"first", "?limit=50"},
		{"failed", "?limit=50&status=ERROR"},
		{"account", "?limit=50&account=account_77"},
		{"since", "?limit=50&since=2026-01-01T00:00:00Z&order=ASC"},
	} {
		b.Run("list/"+c.name, func(b *testing.B) {
			l.load(b, 1, func(int) string { return runs + c.query })
		})
	}
	b.Run("list/deep", func(b *testing.B) {
		token := l.token(b, runs+"?limit=10000")
		l.load(b, 1, func(int) string { return runs + "?limit=50&nextToken=" + token })
	})
	b.Run("get", func(b *testing.B) {
		l.load(b, 16, func(i int) string { return runs + "/" + ids[i*7919%len(ids)] })
	})
	b.Run("get/floor", func(b *testing.B) { // the same bytes from a handler that does nothing: what HTTP and client cost
		body := l.get(b, runs+"/"+ids[0])
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
		defer srv.Close()
		floor := &apiClient{url: srv.URL, client: l.client}
		b.ResetTimer()
		floor.load(b, 16, func(int) string { return "/" })
	})
}

// fillRuns brings the store to n runs, one in a hundred failed, and answers
// some of their ids.
func fillRuns(b *testing.B, a *App, n int) (ids []string) {
	b.Helper()
	ctx := b.Context()
	totals, err := a.store.Totals(ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	have := 0
	for _, c := range totals.ByStatus {
		have += c
	}
	for start := have; start < n; start += 2000 {
		news := make([]delivery.NewRun, min(2000, n-start))
		for i := range news {
			news[i] = storedRun(start + i)
		}
		added, err := a.store.AddRuns(ctx, news)
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range added { // all at once: the store commits together what waits
			wg.Go(func() {
				r := added[i].Run
				r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, fmt.Sprint(48000+start+i), r.AmountIn
				if (start+i)%100 == 0 {
					r.Status, r.Outcome, r.Cause = integration.Errored, "", "account_mapping_missing"
				}
				if err := a.store.SaveRun(ctx, r, nil); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for token := ""; len(ids) < 10_000; {
		p, err := a.store.Runs(ctx, integration.RunFilter{Oldest: true}, token, 1000)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range p.Runs {
			ids = append(ids, r.ID)
		}
		if token = p.Next; token == "" {
			break
		}
	}
	return ids
}

func storedRun(i int) delivery.NewRun {
	id := uuid.NewString()
	return delivery.NewRun{
		Run: integration.Run{
			IntegrationID: "5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f", EntityType: "Bill", EntityID: id, Destination: "Netsuite", BillVersion: 3,
			BillCalculated: "2026-08-01T00:05:00Z", BillStatus: "APPROVED", BillRef: fmt.Sprint("INVOICE-", i), Trigger: "poll",
			AccountID: fmt.Sprintf("0198a2b4-0000-7000-8000-%012x", i%5000), AccountCode: fmt.Sprint("account_", i%5000),
			PeriodStart: "2026-07-01", PeriodEnd: "2026-08-01", Currency: "USD", AmountIn: decimal.New(int64(i%1_000_000), -2),
		},
		Bill: fmt.Appendf(nil, `{"id":%q,"version":3,"lineItems":[%s]}`, id, strings.Repeat(`{"lineItemType":"USAGE","subtotal":12.35},`, 20)+
			"{}"),
	}
}

// apiClient is a client with a token of a server without a rate limit.
type apiClient struct {
	url, auth string
	client    *http.Client
}

func newLoad(b *testing.B, a *App) *apiClient {
	b.Helper()
	key, secret, err := api.NewKey("load", api.ScopeRead, time.Now())
	if err == nil {
		err = a.keys.PutKey(b.Context(), key)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.keys.DeleteKey(b.Context(), key.ID) })
	srv := httptest.NewServer(api.NewServer(a, api.Options{Keys: a.keys, Rate: -1}))
	b.Cleanup(srv.Close)
	l := &apiClient{url: srv.URL, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/oauth/token",
		strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(key.ID, secret.Reveal())
	l.auth = "Bearer " + field(b, l.do(b, req), "access_token")
	return l
}

func (l *apiClient) do(b *testing.B, req *http.Request) []byte {
	resp, err := l.client.Do(req)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Errorf("%s: %s: %.200s: %v", req.URL.Path, resp.Status, body, err)
	}
	return body
}

func (l *apiClient) get(b *testing.B, path string) []byte {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, l.url+path, nil)
	if err != nil {
		b.Error(err)
		return nil
	}
	req.Header.Set("Authorization", l.auth)
	return l.do(b, req)
}

// token walks ten long pages and answers where the next one begins.
func (l *apiClient) token(b *testing.B, path string) string {
	token := ""
	for range 10 {
		next := field(b, l.get(b, path+"&nextToken="+token), "nextToken")
		if next == "" {
			break
		}
		token = next
	}
	return token
}

func field(b *testing.B, body []byte, name string) string {
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		b.Fatalf("%v: %.200s", err, body)
	}
	s, _ := v[name].(string)
	return s
}

// load asks from some clients at once and reports the rate and how long the
// slowest in a hundred took.
func (l *apiClient) load(b *testing.B, clients int, path func(i int) string) {
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	began := time.Now()
	for c := range clients {
		wg.Go(func() {
			for i := c; i < b.N; i += clients {
				start := time.Now()
				l.get(b, path(i))
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	all := time.Since(began)
	slices.Sort(took)
	at := func(share int) float64 { return float64(took[(len(took)-1)*share/100].Microseconds()) / 1000 }
	b.ReportMetric(float64(b.N)/all.Seconds(), "req/s")
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(99), "p99-ms")
}
