package delivery_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// hooked is a ledger in which something happens before a run is written by
// SaveRun, as re-queuing and the acts of people do.
type hooked struct {
	delivery.Ledger
	saving func(integration.Run)
}

func (h *hooked) SaveRun(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	h.saving(r)
	return h.Ledger.SaveRun(ctx, r, a)
}

// heldStays fails when a hold that a person was told of is gone.
func heldStays(b *bench, id string, told error) {
	b.t.Helper()
	r := b.run(id)
	if told == nil && !r.HeldByHand() {
		b.t.Errorf("it was held, and is %s/%s", r.Status, r.Outcome)
	}
	if told != nil && r.HeldByHand() {
		b.t.Errorf("it is held although that was refused: %v", told)
	}
}

// A hold at the moment at which runs are made due, since the clock was set back,
// is kept or refused; it was overwritten.
func TestAHoldWhileTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, clock := newBench(t), &bent{}
		b.o.Now = clock.now
		clock.set(30 * time.Hour)
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "down", After: 10 * time.Minute}
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.AwaitingRetry, "")
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
		clock.set(0)
		var once atomic.Bool
		var told error
		b.o.Ledger = &hooked{b.ledger, func(integration.Run) {
			if once.CompareAndSwap(false, true) {
				_, told = b.engine.Hold(t.Context(), r.ID, "wait")
			}
		}}
		b.start()
		time.Sleep(time.Second)
		heldStays(b, r.ID, told)
		if !once.Load() {
			t.Error("nothing was made due")
		}
		_ = b.end()
	})
}

// Two causes that are mended at once re-queue a run once: the second does not
// write over what became of it since.
func TestTwoWhoRequeueOneRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var saves atomic.Int64
		b.o.Ledger = &hooked{b.ledger, func(r integration.Run) {
			if r.Status == integration.Waiting && r.Outcome == "" {
				time.Sleep([]time.Duration{time.Second, 10 * time.Second}[min(saves.Add(1), 2)-1]) // the second has read it, too
			}
		}}
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassMapping, Cause: "item_missing", Message: "no item"}
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.Errored, "")
		if err := b.end(); err != nil { // nobody takes it up
			t.Fatal(err)
		}
		b.engine = delivery.New(b.o)
		done := make(chan error, 2)
		for range 2 {
			go func() { done <- b.engine.ConfigChanged(context.Background(), "us") }()
		}
		time.Sleep(5 * time.Second)
		_, told := b.engine.Hold(t.Context(), r.ID, "wait")
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if heldStays(b, r.ID, told); told != nil {
			t.Error(told)
		}
	})
}
