package netsuite_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/testkit/pipe"
	"billferry/netsuite"
)

// inMemory starts the simulator on a network in memory, in the bubble of a test:
// time-outs go by the fake clock, so a busy machine makes no call late.
func inMemory(t *testing.T, so sandbox.Options, o netsuite.Options) (*sandbox.Sandbox, *netsuite.Client) {
	t.Helper()
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(day)) // the clock of a bubble begins long before
	var network pipe.Network
	so.Listen, o.HTTP = network.Listen, network.Client()
	box, c := start(t, so, o)
	t.Cleanup(o.HTTP.CloseIdleConnections)
	return box, c
}

// Every way the simulator knows of going wrong, at once: each document exists
// exactly once, with its own amounts.
func TestStorm(t *testing.T) {
	t.Parallel()
	const bills = 150
	faults := make([]sandbox.Fault, 0, 19)
	for _, s := range []string{"refuse=0.03", "refuse-400=0.03", "retry-after=0.01", "expire=0.03", "500=0.05", "500-after=0.05",
		"html=0.03", "html-after=0.03",
		"reset=0.05", "reset-after=0.05", "truncate=0.03", "no-location=0.05", "locked=0.02", "read:500=0.05", "read:reset=0.03", "query:500=0.1",
		"token:500=0.2", "hang(300ms)=0.01", "hang-after(300ms)=0.01"} {
		f, err := sandbox.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	synctest.Test(t, func(t *testing.T) {
		box, c := inMemory(t, sandbox.Options{Seed: 7, Faults: faults, Concurrency: 6, Latency: 10 * time.Millisecond},
			netsuite.Options{Timeout: 150 * time.Millisecond, Settle: 20 * time.Millisecond})
		work := make(chan int)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for n := range work {
					settle(t, c, document(n, 1000+n))
				}
			})
		}
		for n := range bills {
			work <- n
		}
		close(work)
		wg.Wait()
		if err := box.SetFaults(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // what hung is over
		s := box.Stats()
		if s.DuplicateCreates != 0 || s.CreatesWithoutID != 0 || int(s.Creates) != bills {
			t.Fatalf("%d creates of %d bills, %d duplicates", s.Creates, bills, s.DuplicateCreates)
		}
		for n := range bills {
			expect(t, c, document(n, 1000+n), true, integration.Adopted)
		}
	})
}
