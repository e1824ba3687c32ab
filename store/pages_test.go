package store

import (
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// benchAdd adds n runs of benchRun.
func benchAdd(tb testing.TB, s *Store, n int) []integration.Run {
	tb.Helper()
	news := make([]delivery.NewRun, n)
	for i := range news {
		news[i] = benchRun(i)
	}
	added, err := s.AddRuns(tb.Context(), news)
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]integration.Run, n)
	for i, a := range added {
		out[i] = a.Run
	}
	return out
}

// pagesPerChange changes a run so many times, each in a commit of its own, and
// tells how many pages a commit writes. s must have been opened to count them.
func pagesPerChange(tb testing.TB, s *Store, r integration.Run, times int) float64 {
	tb.Helper()
	before, _ := s.db.Pages()
	for i := range times {
		r.Status = integration.Statuses[1+i%2] // WAITING, STARTED
		if err := s.SaveRun(tb.Context(), r, nil); err != nil {
			tb.Fatal(err)
		}
	}
	after, _ := s.db.Pages()
	return float64(after-before) / float64(times)
}

// A commit costs what the pages cost that it writes: their number must depend
// neither on how many runs there are nor on how many came and went.
func TestACommitWritesFewPages(t *testing.T) {
	t.Parallel()
	s := benchStoreWith(t, Options{noSync: true, count: true})
	// The stage's page and its root, the root of all, the freelist's; some
	// changes later the stage goes into the trees, and the freelist is longer.
	const few = 6
	for round := range 4 {
		runs := benchAdd(t, s, 1500)
		if n := pagesPerChange(t, s, runs[700], 50); n > few {
			t.Errorf("round %d: a commit writes %.1f pages", round, n)
		}
		for i := range runs {
			runs[i].Status = integration.Complete
			if err := s.SaveRun(t.Context(), runs[i], nil); err != nil {
				t.Fatal(err)
			}
		}
		if round == 0 {
			continue // the others come and go
		}
		time.Sleep(2 * time.Millisecond) // keys know milliseconds
		if n, err := s.Purge(t.Context(), time.Now(), 0); err != nil || n == 0 {
			t.Fatalf("purged %d, %v", n, err)
		}
	}
}

// What a commit staged is not written again by the next ones, however large it
// is. With the commit delay a record holds the changes of ten Bills and more.
func TestALargeRecordIsStagedOnce(t *testing.T) {
	t.Parallel()
	s := benchStoreWith(t, Options{noSync: true, count: true})
	runs := benchAdd(t, s, maxStagedRuns)
	if _, n := s.db.Pages(); n < 64<<10 {
		t.Fatalf("%d bytes are no large record", n)
	}
	if n := pagesPerChange(t, s, runs[7], 3); n > 8 {
		t.Errorf("a commit beside it writes %.1f pages", n)
	}
}
