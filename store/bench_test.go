package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

func benchStore(b *testing.B) *Store { return benchStoreWith(b, Options{}) }

func benchStoreWith(b testing.TB, o Options) *Store {
	b.Helper()
	s, err := Open(filepath.Join(b.TempDir(), "b.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// benchBill is a Bill of 2 KB, as small customers have them.
func benchBill(id string) []byte {
	line := `{"id":%q,"lineItemType":"USAGE","description":"API calls","productId":%q,"productName":"API","quantity":1234.5,"units":1234.5,` +
		`"unit":"{call}","subtotal":12.35,"currency":"USD","conversionRate":1,"convertedSubtotal":12.35,"averageUnitPrice":0.01,` +
		`"servicePeriodStartDate":"2026-07-01T00:00:00Z","servicePeriodEndDate":"2026-08-01T00:00:00Z","sequenceNumber":%d}`
	var out bytes.Buffer
	fmt.Fprintf(&out, `{"id":%q,"status":"APPROVED","currency":"USD","billDate":"2026-08-01","lineItems":[`, id)
	for i := range 4 {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, line, newUUID(), newUUID(), i)
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

func benchRun(i int) delivery.NewRun {
	n := newRun("5b2d1f60-3c1e-4f0a-9a53-0a1b2c3d4e5f", newUUID(), 3)
	r := &n.Run
	r.BillCalculated, r.BillRef, r.Trigger = "2026-08-01T00:05:00Z", fmt.Sprint("INVOICE-", i), "poll"
	r.AccountID, r.AccountCode = fmt.Sprintf("0198a2b4-0000-7000-8000-%012x", i%5000), fmt.Sprint("account_", i%5000)
	r.PeriodStart, r.PeriodEnd = "2026-07-01", "2026-08-01"
	r.AmountIn = decimal.New(int64(i%1_000_000), -2)
	n.Bill = benchBill(r.EntityID)
	return n
}

// finish makes a run what most runs are: delivered, one in a hundred failed.
func finish(i int, r integration.Run) (integration.Run, *integration.Attempt) {
	now := time.Now()
	r.Started, r.Completed, r.Tries = now, now, 1
	r.ExternalRef, r.PayloadHash, r.DocumentKind = "m3b-"+r.EntityID, fmt.Sprintf("%064x", now.UnixNano()), "invoice"
	r.AmountIncluded = r.AmountIn
	if i%100 == 0 {
		r.Status, r.Cause, r.Error = integration.Errored, "account_mapping_missing", "no NetSuite customer is mapped to account "+r.AccountCode
		r.Advice = "map the account, then retry"
	} else {
		r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, fmt.Sprint(48000+i), r.AmountIn
		r.URL = "https://1234567.app.netsuite.com/app/accounting/transactions/custinvc.nl?id=" + r.ExternalID
	}
	return r, &integration.Attempt{N: 1, Start: now, End: now, Status: r.Status, Exchanges: []integration.Exchange{{
		Purpose: "create", Method: "POST", URL: "https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice", Start: now,
		ReqBody: benchBill(r.EntityID)[:900], Status: 204, RespHead: map[string]string{"Location": "…/invoice/" + r.ExternalID},
	}}}
}

// fillStore adds and finishes n runs, and answers how many bytes of JSON they are.
func fillStore(b *testing.B, s *Store, n int) (jsonBytes int) {
	b.Helper()
	ctx := context.Background()
	for start := 0; start < n; start += 2000 {
		var news []delivery.NewRun
		for i := start; i < min(start+2000, n); i++ {
			news = append(news, benchRun(i))
		}
		added, err := s.AddRuns(ctx, news)
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 64 {
			wg.Go(func() {
				for i := w; i < len(added); i += 64 {
					r, a := finish(start+i, added[i].Run)
					if err := s.SaveRun(ctx, r, a); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r, a := finish(start, added[0].Run)
		rj, _ := json.Marshal(r)
		aj, _ := json.Marshal(a)
		jsonBytes += len(added) * (len(rj) + len(aj) + len(news[0].Bill))
	}
	return jsonBytes
}

// floor is what the disk gives: two writes and fdatasyncs, as a bbolt commit
// needs.
type floor struct {
	f    *os.File
	page [4096]byte
	n    int64
	took time.Duration
}

func newFloor(b *testing.B) *floor {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	if _, err := f.Write(make([]byte, 1<<20)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return &floor{f: f}
}

func (f *floor) run(b *testing.B, times int) {
	b.Helper()
	start := time.Now()
	for range times {
		for k := range int64(2) {
			if _, err := f.f.WriteAt(f.page[:], (f.n+k)%200*4096); err != nil {
				b.Fatal(err)
			}
			if err := datasync(f.f); err != nil {
				b.Fatal(err)
			}
		}
		f.n++
	}
	f.took += time.Since(start)
}

// BenchmarkSave is one durable change of a run, by 1, 10 and 64 writers.
func BenchmarkSave(b *testing.B) {
	for _, writers := range []int{1, 10, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) { benchSave(b, benchStore(b), writers) })
	}
}

// benchSave adds 2,000 runs and changes them. It takes turns with the floor, so
// that x-floor, how many changes are made in the time of one floor, depends
// less on what else the machine does.
func benchSave(b *testing.B, s *Store, writers int) {
	f := newFloor(b)
	var news []delivery.NewRun
	for i := range 2000 {
		news = append(news, benchRun(i))
	}
	added, err := s.AddRuns(b.Context(), news)
	if err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory() // what adding 2,000 Bills at once took is not what a change takes
	b.ResetTimer()
	var took time.Duration
	for first := 0; first < b.N; first += 20 * writers {
		b.StopTimer()
		f.run(b, 20)
		b.StartTimer()
		start := time.Now()
		saveAll(b, s, added, first, min(first+20*writers, b.N), writers)
		took += time.Since(start)
	}
	floor := float64(f.took) / float64(f.n)
	b.ReportMetric(floor, "floor-ns")
	b.ReportMetric(floor*float64(b.N)/float64(took), "x-floor")
}

// saveAll makes the changes from first to end.
func saveAll(b *testing.B, s *Store, added []delivery.AddedRun, first, end, writers int) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := first + w; i < end; i += writers {
				r := added[i%len(added)].Run
				r.Status = integration.Statuses[i/len(added)%2] // COMPLETE, WAITING
				if err := s.SaveRun(b.Context(), r, nil); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkEnqueue adds 100,000 Bills; the goal is 4 s.
func BenchmarkEnqueue(b *testing.B) {
	news := make([]delivery.NewRun, 100_000)
	for i := range news {
		news[i] = benchRun(i)
	}
	for b.Loop() {
		s := benchStore(b)
		if _, err := s.AddRuns(b.Context(), news); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}
