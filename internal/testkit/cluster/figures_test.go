//go:build unix

package cluster_test

import (
	"flag"
	"sync"
	"testing"
	"time"

	"billferry/internal/integration"
)

var (
	fFigures = flag.Bool("cluster.figures", false, "measure how full the slots are and what a backlog delays, on a quiet machine")
	fCall    = flag.Duration("cluster.call", 3*time.Second, "what a call takes of which -cluster.figures makes many")
	fMany    = flag.Int("cluster.many", 20000, "Bills of -cluster.figures")
)

// What the figures have to be.
const (
	leastFill = 0.97
	mostDelay = 1.2
)

// memory bounds that of a process, since many are side by side. 690 slots in use need
// more, or all the time goes into collecting.
func memory() string {
	if *fFigures {
		return "GOMEMLIMIT=off"
	}
	return "GOMEMLIMIT=200MiB"
}

// Three processes fill the slots that twenty accounts of 5 to 64 have as one process
// on a file does. The slots are looked at from when nine tenths of an account's were in
// use to its last document; the wall time is all that there is, from Connect.
func TestSlotsAreFilled(t *testing.T) {
	if !*fFigures {
		t.Skip("run it with -args -cluster.figures")
	}
	const accounts, slotsOfAll = 20, 690
	each := func(i int) (bills, slots int) {
		slots = 5 + i*59/(accounts-1)
		return *fMany * slots / slotsOfAll, slots // they end together
	}
	for _, z := range []size{{processes: 1, file: true}, {processes: 3}} {
		z.accounts, z.each, z.latency, z.unconnected = accounts, each, *fCall, true
		name := "three processes on PostgreSQL"
		if z.file {
			name = "one process on a file"
		}
		t.Run(name, func(t *testing.T) {
			s := newSite(t, z)
			var feeding sync.WaitGroup
			began := time.Now()
			for _, a := range s.accounts {
				feeding.Go(func() { s.submit(t.Context(), a, len(a.rest)) })
			}
			feeding.Wait()
			t.Logf("%d Bills handed in within %v", s.accepted.Load(), time.Since(began).Round(time.Second))
			began = time.Now()
			s.connect()
			full := map[int]bool{}
			s.eventually("the slots of each account were in use", func() bool {
				for i, a := range s.accounts {
					if full[i] {
						continue
					}
					bills, slots := each(i)
					switch st := a.sim.Stats(); {
					case 10*st.HighestConcurrency >= 9*slots:
						a.sim.NetSuite().FillAnew()
						full[i] = true
					case int(st.Creates) >= bills:
						t.Fatalf("%s had at most %d of its %d slots in use", a.name, st.HighestConcurrency, slots)
					}
				}
				return len(full) == accounts
			})
			s.eventually("all Bills are through", s.settled)
			var held, could float64
			var last time.Time
			least := 1.0
			for _, a := range s.accounts {
				st := a.sim.Stats()
				held, could, least = held+st.FillSlotSeconds, could+st.FillCapacitySeconds, min(least, st.Fill())
				last = later(last, s.lastOf(a))
			}
			s.verdict()
			t.Logf("%d Bills in %v; %.4f of the slots in use, %.4f in the account that used the least", s.accepted.Load(),
				last.Sub(began).Round(100*time.Millisecond), held/could, least)
			if held/could < leastFill {
				t.Errorf("%.4f of the slots were in use", held/could)
			}
		})
	}
}

// A backlog in one account does not delay what comes in others, the same process's
// among them.
func TestABacklogDelaysNobodyElse(t *testing.T) {
	if !*fFigures {
		t.Skip("run it with -args -cluster.figures")
	}
	const some, backlog = 20, 3000
	s := newSite(t, size{processes: 3, accounts: 6, latency: time.Second, each: func(i int) (bills, slots int) {
		if i == 0 {
			return backlog, 16
		}
		return 3 * some, 5
	}})
	all, done := s.accounts[1:], 0
	// longest is how long the slowest of the other accounts takes for its Bills.
	longest := func() time.Duration {
		done += some
		began := time.Now()
		var feeding sync.WaitGroup
		for _, a := range all {
			feeding.Go(func() { s.submit(t.Context(), a, some) })
		}
		feeding.Wait()
		var last time.Time
		for _, a := range all {
			s.eventually("the Bills of "+a.name+" are through", func() bool {
				total, err := s.procs[0].api.Totals(t.Context(), a.in)
				return err == nil && total.Done() == done
			})
			last = later(last, s.lastOf(a))
		}
		return last.Sub(began)
	}
	longest() // from here on the pace is known
	alone := longest()
	s.submit(t.Context(), s.accounts[0], backlog)
	beside := longest()
	total, err := s.procs[0].api.Totals(t.Context(), s.accounts[0].in)
	if err != nil || total.Waiting() == 0 {
		t.Fatalf("there is no backlog left: %v, %v", total.ByStatus, err)
	}
	delay := beside.Seconds() / alone.Seconds()
	t.Logf("%d Bills of each of 5 accounts take %v, and %v beside a backlog of %d: %.2f times as long", some,
		alone.Round(10*time.Millisecond), beside.Round(10*time.Millisecond), total.Waiting(), delay)
	if delay > mostDelay {
		t.Errorf("they take %.2f times as long", delay)
	}
}

// lastOf is when the last document of an account was made.
func (s *site) lastOf(a *account) (last time.Time) {
	s.t.Helper()
	f := integration.RunFilter{IntegrationID: a.in, Outcomes: []integration.Outcome{integration.Created}}
	for token := ""; ; {
		page, err := s.procs[0].api.Runs(s.t.Context(), f, token, 500)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range page.Runs {
			last = later(last, r.Completed)
		}
		if token = page.Next; token == "" {
			return last
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
