//go:build unix

package cluster_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	fKills    = flag.Int("cluster.kills", 0, "kills of processes; 0: a few")
	fRestarts = flag.Int("cluster.restarts", 2, "restarts of PostgreSQL, each other one without a checkpoint")
	fStops    = flag.Int("cluster.stops", 1, "processes that stand still for longer than their lease lasts")
	fCuts     = flag.Int("cluster.cuts", 1, "processes that lose the database for longer than that, and not NetSuite")
	fNetns    = flag.Bool("cluster.netns", false, "processes run in network namespaces, whose links are cut: takes Linux and root")
	fBills    = flag.Int("cluster.bills", 0, "Bills of each account; 0: a few")
	fLatency  = flag.Duration("cluster.latency", 800*time.Millisecond, "of the simulators of NetSuite")
	fSeed     = flag.Uint64("cluster.seed", 1, "what is done when")
)

// Processes are killed with calls under way, stand still or are cut off from the
// database for longer than their lease, and the database restarts: in the end every
// Bill is there once.
func TestNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute; run it without -short")
	}
	kills, bills := 3, 400
	if *fKills > 0 {
		kills = *fKills
	}
	if *fBills > 0 {
		bills = *fBills
	}
	s := newSite(t, size{processes: 3, accounts: 4, bills: bills, slots: 4, latency: *fLatency, apart: *fNetns})
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var feeding sync.WaitGroup
	for _, a := range s.accounts {
		feeding.Go(func() {
			for ctx.Err() == nil && len(a.rest) > 0 {
				if s.count(`SELECT count(*) FROM run WHERE due_at IS NOT NULL AND integration_id = '`+a.in+`'`) < 20 {
					s.submit(t.Context(), a, 20)
				}
				time.Sleep(500 * time.Millisecond)
			}
		})
	}
	r := rand.New(rand.NewPCG(*fSeed, 0))
	todo := make([]func(), 0, kills+*fRestarts+*fStops+*fCuts)
	under, restarts := 0, 0
	for range kills {
		todo = append(todo, func() {
			s.eventually("calls are under way", func() bool { return s.count(underWay) > 0 })
			p := s.procs[r.IntN(len(s.procs))]
			time.Sleep(time.Duration(r.IntN(400)) * time.Millisecond) // anywhere in a call
			under += s.count(underWay)
			p.signal(syscall.SIGKILL)
			time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
			p.tryStart()
		})
	}
	for range *fRestarts {
		todo = append(todo, func() {
			mode := []string{"fast", "immediate"}[restarts%2]
			restarts++
			if err := s.pg.Restart(mode, time.Duration(r.IntN(2000))*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		})
	}
	for range *fStops {
		todo = append(todo, func() {
			p := s.procs[r.IntN(len(s.procs))]
			s.eventually("calls are under way", func() bool { return s.count(underWay) > 0 })
			p.signal(syscall.SIGSTOP)
			time.Sleep(10 * time.Second) // longer than a lease: others take over what it has in mid-call
			p.signal(syscall.SIGCONT)
		})
	}
	for range *fCuts {
		todo = append(todo, func() {
			s.eventually("calls are under way", func() bool { return s.count(underWay) > 0 })
			c := s.procs[r.IntN(len(s.procs))].cable
			under += s.count(underWay)
			c.cut()
			time.Sleep(10 * time.Second)
			c.mend()
		})
	}
	r.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	began := time.Now()
	for i, do := range todo {
		do()
		if i%20 == 19 {
			t.Logf("%d of %d after %v, %d Bills accepted", i+1, len(todo), time.Since(began).Round(time.Second), s.accepted.Load())
		}
	}
	enough()
	feeding.Wait()
	s.eventually("all Bills are through", s.settled)
	s.verdict()
	var conflicts int64
	for _, a := range s.accounts {
		conflicts += a.sim.Stats().RefusedDuplicates
	}
	t.Logf("%d kills and %d cuts with %d runs on their way, %d restarts, %d stops, %d Bills, %v; NetSuite refused %d second creates",
		kills, *fCuts, under, restarts, *fStops, s.accepted.Load(), time.Since(began).Round(time.Second), conflicts)
	if under == 0 {
		t.Error("no call was under way at any kill or cut: the test shows nothing")
	}
	for _, p := range s.procs {
		p.stop()
	}
	if n := s.count(`SELECT (SELECT count(*) FROM node WHERE expires_at > clock_timestamp()) + count(node) FROM account`); n > 0 {
		t.Errorf("%d leases are left by processes that stopped in order", n)
		for _, p := range s.procs {
			t.Logf("%s:\n%s", p.dir, p.tail())
		}
	}
}
