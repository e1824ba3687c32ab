package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"billferry/internal/integration"
)

// The big benchmarks fill a store first: -store.runs=1000000 for the figures
// in docs/SPEED.md, which takes some minutes.
var benchRuns = flag.Int("store.runs", 20_000, "runs in the store of the big benchmarks")

// BenchmarkBig fills a store once and measures what a screen asks of it.
func BenchmarkBig(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.db")
	s, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	jsonBytes := fillStore(b, s, *benchRuns)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open/warm", func(b *testing.B) {
		benchOpen(b, path, func() {})
		b.ReportMetric(float64(info.Size())/float64(jsonBytes), "disk/json")
		b.ReportMetric(float64(info.Size())/float64(*benchRuns), "bytes/run")
	})
	b.Run("open/cold", func(b *testing.B) { benchOpen(b, path, func() { dropCache(b, path) }) })
	if s, err = Open(path, Options{}); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	benchQueries(b, s)
	for _, writers := range []int{1, 10, 64} {
		b.Run(fmt.Sprint("save/", writers), func(b *testing.B) {
			benchSave(b, s, writers)
			b.ReportMetric(ownMB(b), "own-MB")
		})
	}
}

func benchOpen(b *testing.B, path string, before func()) {
	for b.Loop() {
		b.StopTimer()
		before()
		b.StartTimer()
		s, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func benchQueries(b *testing.B, s *Store) {
	first, err := s.Runs(b.Context(), integration.RunFilter{}, "", 1)
	if err != nil {
		b.Fatal(err)
	}
	var onlyFailed integration.RunFilter
	onlyFailed.OnlyFailed()
	filters := map[string]integration.RunFilter{
		"none": {}, "integration": {IntegrationID: first.Runs[0].IntegrationID}, "bill": {BillID: first.Runs[0].EntityID},
		"status": {Statuses: []integration.Status{integration.Errored}}, "failed": onlyFailed,
		"cause": {Causes: []string{"account_mapping_missing"}}, "outcome": {Outcomes: []integration.Outcome{integration.Created}},
		"account": {Account: "account_7"}, "currency": {Currency: "USD"},
		"account+status": {Account: "account_100", Statuses: []integration.Status{integration.Errored}},
		"since":          {Since: time.Now().Add(-time.Minute)}, "text": {Text: "invoice-1"}, "oldest": {Oldest: true},
	}
	names := make([]string, 0, len(filters))
	for n := range filters {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		b.Run("newest50/"+n, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Runs(b.Context(), filters[n], "", 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, ask := range map[string]func() error{
		"totals": func() error { _, err := s.Totals(b.Context(), ""); return err },
		"groups": func() error { _, err := s.Groups(b.Context(), integration.RunFilter{}); return err },
		"due":    func() error { _, err := s.Due(b.Context(), time.Now(), 50); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(ownMB(b), "own-MB")
		})
	}
}

// BenchmarkRounds purges a tenth of the runs and adds as many, ten times over,
// and tells how large the file is against what it was before.
func BenchmarkRounds(b *testing.B) {
	ctx, s := b.Context(), benchStoreWith(b, Options{count: true})
	part := *benchRuns / 10
	ends := make([]time.Time, 0, 20) // when each tenth was complete
	fill := func() {
		fillStore(b, s, part)
		time.Sleep(2 * time.Millisecond) // keys know milliseconds
		ends = append(ends, time.Now())
	}
	for range 10 {
		fill()
	}
	size := func() float64 {
		info, err := os.Stat(s.path)
		if err != nil {
			b.Fatal(err)
		}
		return float64(info.Size())
	}
	before := size()
	r := func() integration.Run { return benchAdd(b, s, 1)[0] }
	pages := pagesPerChange(b, s, r(), 50)
	for b.Loop() {
		for range 10 {
			n, err := s.Purge(ctx, ends[len(ends)-10], 0)
			if err != nil || n != part {
				b.Fatalf("purged %d of %d, %v", n, part, err)
			}
			fill()
		}
	}
	b.ReportMetric(pages, "pages/change-before")
	b.ReportMetric(pagesPerChange(b, s, r(), 50), "pages/change")
	b.ReportMetric(size()/before, "size/before")
	b.ReportMetric(size()/float64(*benchRuns), "bytes/run")
}
