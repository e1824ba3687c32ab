package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// BenchmarkPostedBills posts Bills over TCP at 100 a second, whatever the
// answers take, and tells how long it took until they were answered, which is
// when they are on disk. Beside it, in the same run, what two fdatasyncs of the
// same disk take: a commit of bbolt is that.
//
//	go test ./internal/app -run xxx -bench PostedBills -benchtime 2000x
func BenchmarkPostedBills(b *testing.B) {
	a, err := Open(Config{DataDir: b.TempDir(), NoKeyring: true, PollEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close() })
	if err := a.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	in, err := a.Create(b.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "bench",
		ConfigData: defaultItem})
	if err != nil {
		b.Fatal(err)
	}
	url, auth := listening(b, a, in)
	took := make([]time.Duration, b.N)
	var all sync.WaitGroup
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		all.Go(func() {
			began := time.Now()
			if status, body := post(b, url, auth, i); status != http.StatusOK {
				b.Errorf("%d: %s", status, body)
			}
			took[i] = time.Since(began)
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(ms(took[len(took)-1]), "max-ms")
	floor := syncs(b, 200)
	b.ReportMetric(ms(floor[len(floor)/2]), "floor-p50-ms")
	b.ReportMetric(ms(floor[len(floor)*99/100]), "floor-p99-ms")
}

// listening serves the API on TCP and gives the address for Bills and a token.
func listening(b testing.TB, a *App, in integration.Integration) (url, auth string) {
	b.Helper()
	addr, err := a.ListenTCP(b.Context(), api.TCP{Addr: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	k, s, err := a.CreateAPIKey(b.Context(), "bench", api.ScopeWrite)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/oauth/token", bytes.NewBufferString("grant_type=client_credentials"))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(k.ID, s.Reveal())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	_, rest, ok := bytes.Cut(body, []byte(`"access_token":"`))
	token, _, _ := bytes.Cut(rest, []byte(`"`))
	if err != nil || !ok {
		b.Fatalf("no token: %s, %v", body, err)
	}
	return "http://" + addr + "/organizations/-/billferry/bills?integrationId=" + in.ID, "Bearer " + string(token)
}

func post(b testing.TB, url, auth string, i int) (int, []byte) {
	return postText(b, url, auth,
		fmt.Sprintf(`{"id":"b%d","version":1,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":1.5,"lineItems":[]}`, i))
}

func postText(b testing.TB, url, auth, text string) (int, []byte) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewBufferString(text))
	if err != nil {
		return 0, []byte(err.Error())
	}
	req.Header.Set("Authorization", auth)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body) // the status decides
	return resp.StatusCode, body
}

// syncs measures two durable writes of a page, n times.
func syncs(b *testing.B, n int) []time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, 4096)
	out := make([]time.Duration, n)
	for i := range out {
		began := time.Now()
		for range 2 {
			if _, err := f.WriteAt(page, 0); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
		out[i] = time.Since(began)
	}
	slices.Sort(out)
	return out
}
