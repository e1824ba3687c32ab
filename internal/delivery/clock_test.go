package delivery_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// A full disk stops the engine; the same engine goes on when there is room.
func TestTheEngineGoesOnAfterAFullDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var full atomic.Bool
		b.ledger.OnSave = func(integration.Run, *integration.Attempt) error {
			if full.Load() {
				return errors.New("no space left on device")
			}
			return nil
		}
		b.start()
		runs := b.submit("us", billOf("b1", "a1", 1, "APPROVED"), billOf("b2", "a2", 1, "APPROVED"), billOf("b3", "a3", 1, "APPROVED"))
		time.Sleep(10 * time.Millisecond) // the calls are under way
		full.Store(true)
		if err := <-b.done; err == nil {
			t.Error("Run ended well with a full disk")
		}
		if err := b.engine.Run(t.Context()); err == nil {
			t.Error("Run ended well while the disk was full still")
		}
		full.Store(false)
		go func() { b.done <- b.engine.Run(t.Context()) }()
		time.Sleep(time.Minute)
		for _, r := range runs {
			b.want(r.ID, integration.Complete, integration.Unchanged)
			if n := b.ns.creates["m3b-"+r.EntityID]; n != 1 {
				t.Errorf("%d invoices for Bill %s", n, r.EntityID)
			}
		}
	})
}

// bent is a clock that a person sets.
type bent struct{ off atomic.Int64 }

func (c *bent) now() time.Time      { return time.Now().Add(time.Duration(c.off.Load())).Round(0) }
func (c *bent) set(d time.Duration) { c.off.Store(int64(d)) }

// Runs that were put off while the clock was a year ahead do not wait a year.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, clock := newBench(t), &bent{}
		b.o.Now = clock.now
		clock.set(365 * 24 * time.Hour)
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n == 1 {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "down", After: 10 * time.Minute}
			}
			return nil
		}
		b.start()
		r := b.submit("us", billOf("b1", "a1", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.AwaitingRetry, "")
		clock.set(0)
		time.Sleep(2 * time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		_ = b.end()
	})
}

// A wait that ends while the clock jumps ahead (or the machine sleeps) ends
// within a minute, not after what was left of it.
func TestAClockThatIsSetAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, clock := newBench(t), &bent{}
		b.o.Now = clock.now
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n == 1 {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "down", After: time.Hour}
			}
			return nil
		}
		b.start()
		r := b.submit("us", billOf("b1", "a1", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		clock.set(time.Hour)
		time.Sleep(2 * time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		_ = b.end()
	})
}

// What was counted while the clock was ahead must not hide the refused logins
// of a process that starts after it was set back.
func TestRefusedLoginsAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, clock := newBench(t), &bent{}
		b.o.Now = clock.now
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassAuth, Cause: "login_refused", Message: "no"}
		}
		refuse := func(id string) {
			b.start()
			b.submit("us", billOf(id, id, 1, "APPROVED"))
			time.Sleep(time.Minute)
			_ = b.end()
			if in, err := b.ledger.Integration(t.Context(), "us"); err != nil || in.Authorized {
				t.Errorf("after Bill %s it is authorised %v, %v", id, in.Authorized, err)
			}
		}
		clock.set(48 * time.Hour)
		refuse("b1")
		if _, err := b.ledger.SetAuthorized(t.Context(), "us", "", true); err != nil {
			t.Fatal(err)
		}
		clock.set(0)
		refuse("b2")
	})
}

// While other Bills keep an integration busy, what was put off when the clock
// was ahead by more than a day goes on as soon as it is back, in a process that
// runs and in one that starts; its budget is not longer for it.
func TestAClockThatWasAheadHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b, clock := newBench(t), &bent{}
			b.o.Now = clock.now
			clock.set(30 * time.Hour)
			down := true
			b.ns.latency = func() time.Duration { return time.Minute }
			b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
				if down && d.ExternalID == "m3b-late" {
					return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "down", After: 10 * time.Minute}
				}
				return nil
			}
			b.start()
			late := b.submit("us", billOf("late", "a1", 1, "APPROVED"))[0]
			time.Sleep(time.Second)
			b.want(late.ID, integration.AwaitingRetry, "")
			down = false
			var others [][]byte
			for i := range 400 { // hours of work
				others = append(others, billOf(fmt.Sprint("b", i), fmt.Sprint("c", i), 1, "APPROVED"))
			}
			if restart {
				_ = b.end()
			}
			clock.set(0)
			b.engine.Wake()
			if restart {
				b.start()
			}
			time.Sleep(time.Second)
			b.submit("us", others...)
			time.Sleep(30 * time.Minute)
			b.want(late.ID, integration.Complete, integration.Created)
			if r := b.run(late.ID); r.Started.After(clock.now()) {
				t.Errorf("restart %v: it is said to have begun at %s, which is yet to come", restart, r.Started)
			}
			_ = b.end()
		})
	}
}
