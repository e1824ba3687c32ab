package delivery_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

var errKilled = errors.New("killed")

// TestKilledAtAnyWrite ends the engine at random writes to the ledger, with
// calls under way whose answers are lost, against a NetSuite that misbehaves
// as well. In the end every Bill must be there, once, in its last version.
func TestKilledAtAnyWrite(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { killed(t, seed) })
		})
	}
}

func killed(t *testing.T, seed uint64) {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 7))
	chance := func(percent int) bool {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(100) < percent
	}
	b := newBench(t, connected("us", "billferry.maxConcurrency", 8))
	b.ns.slots = 5
	unknown := func(cause string) *integration.Failure {
		return &integration.Failure{Class: integration.ClassTransient, Cause: cause, Message: cause, Unknown: true}
	}
	b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
		if chance(3) {
			return unknown("http_500")
		}
		return nil
	}
	b.ns.after = func(int, mapping.Document, bool) *integration.Failure {
		if chance(3) {
			return unknown("reset")
		}
		return nil
	}
	const bills, kills = 120, 40
	dead := false
	left := 0 // writes until the next kill
	b.ledger.OnSave = func(integration.Run, *integration.Attempt) error {
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 {
			dead = true
		}
		if dead {
			return errKilled
		}
		return nil
	}
	version, died := 0, 0
	for k := 0; k <= kills; k++ {
		mu.Lock()
		dead, left = false, 1+rnd.IntN(40)
		if k == kills {
			left = 0 // the last one lives
		}
		mu.Unlock()
		b.start()
		if k%10 == 0 && version < 3 { // the Bills change while all this goes on
			version++
			var raws [][]byte
			for i := range bills {
				raws = append(raws, billOf(fmt.Sprintf("b%03d", i), "acc", version, "PENDING"))
			}
			b.submit("us", raws...)
		}
		if k == kills {
			break
		}
		select {
		case err := <-b.done:
			if !errors.Is(err, errKilled) {
				t.Fatalf("the engine ended with %v", err)
			}
			died++
		case <-time.After(time.Hour): // all is done before the kill came
			_ = b.end()
		}
	}
	time.Sleep(26 * time.Hour)
	if err := b.end(); err != nil {
		t.Error(err)
	}
	if died < kills/2 {
		t.Errorf("it was killed only %d times", died)
	}
	for _, r := range b.ledger.All() {
		if r.Status != integration.Complete || r.InFlight {
			t.Errorf("run %s is %s, in flight %v: %s", r.ID, r.Status, r.InFlight, r.Error)
		}
	}
	if len(b.ns.records) != bills {
		t.Errorf("%d invoices of %d Bills", len(b.ns.records), bills)
	}
	for id, rec := range b.ns.records {
		if b.ns.creates[id] != 1 || rec.total != fmt.Sprintf("%d.50", 100+version) {
			t.Errorf("%s was created %d times and holds %s", id, b.ns.creates[id], rec.total)
		}
	}
}
