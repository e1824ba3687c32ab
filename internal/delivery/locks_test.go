package delivery_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// watched is a ledger that looks at the engine's lock whenever it is asked.
type watched struct {
	delivery.Ledger
	engine func() *delivery.Engine
	asked  atomic.Int64
	held   atomic.Int64
}

func (w *watched) look() {
	w.asked.Add(1)
	e := w.engine()
	for range 10_000 { // another goroutine gives it back in a moment
		if e == nil || !e.Held() {
			return
		}
		runtime.Gosched()
	}
	w.held.Add(1)
}

func (w *watched) Meta(ctx context.Context, key string) ([]byte, error) {
	w.look()
	return w.Ledger.Meta(ctx, key)
}

func (w *watched) SetMeta(ctx context.Context, key string, b []byte) error {
	w.look()
	return w.Ledger.SetMeta(ctx, key, b)
}

func (w *watched) SetEnabled(ctx context.Context, id string, enabled bool, why string) (bool, error) {
	w.look()
	return w.Ledger.SetEnabled(ctx, id, enabled, why)
}

func (w *watched) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (bool, error) {
	w.look()
	return w.Ledger.SetAuthorized(ctx, id, credentialsID, authorized)
}

func (w *watched) DueFor(ctx context.Context, id string, now time.Time, limit int) ([]integration.Run, time.Time, error) {
	w.look()
	return w.Ledger.DueFor(ctx, id, now, limit)
}

func (w *watched) Integration(ctx context.Context, id string) (integration.Integration, error) {
	w.look()
	return w.Ledger.Integration(ctx, id)
}

// A disk that is slow holds up who asked for it, and nobody else: the engine
// asks the ledger for nothing while it holds its lock.
func TestNoLockIsHeldAtTheLedger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us"), connected("eu"))
		w := &watched{Ledger: b.ledger, engine: func() *delivery.Engine { return b.engine }}
		b.o.Ledger = w
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n%3 == 0 {
				return &integration.Failure{Class: integration.ClassData, Cause: "reference_unknown", Message: "no such item"}
			}
			return nil
		}
		b.start()
		for i := range 40 {
			b.submit([]string{"us", "eu"}[i%2], billOf(strings.Repeat("b", i+1), "acc", 1, "APPROVED"))
		}
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			n.before = func(int, mapping.Document, bool) *integration.Failure {
				return &integration.Failure{Class: integration.ClassAuth, Cause: "login_refused", Message: "Invalid login."}
			}
		})
		b.submit("us", billOf("last", "acc", 1, "APPROVED"))
		time.Sleep(time.Hour)
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
		if w.asked.Load() < 100 || w.held.Load() > 0 {
			t.Errorf("asked %d times, %d of them with the lock held", w.asked.Load(), w.held.Load())
		}
	})
}

// without is a ledger from which an integration was deleted.
type without struct {
	delivery.Ledger
	gone atomic.Pointer[string]
}

func (w *without) Integrations(ctx context.Context) ([]integration.Integration, error) {
	ins, err := w.Ledger.Integrations(ctx)
	return slices.DeleteFunc(ins, func(in integration.Integration) bool { g := w.gone.Load(); return g != nil && *g == in.ID }), err
}

// What a deleted integration left in memory goes with it.
func TestADeletedIntegrationIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us"), connected("gone"))
		w := &without{Ledger: b.ledger}
		b.o.Ledger = w
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "connection refused"}
		}
		b.start()
		b.submit("gone", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(time.Second)
		gone, err := b.ledger.Integration(t.Context(), "gone")
		if err != nil || !b.engine.Remembers(gone) {
			t.Fatalf("before it is deleted it is remembered: %v", err)
		}
		w.gone.Store(&gone.ID)
		b.engine.Wake()
		time.Sleep(time.Minute)
		if b.engine.Remembers(gone) {
			t.Error("it is still remembered")
		}
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
	})
}
