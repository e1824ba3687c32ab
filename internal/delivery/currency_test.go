package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery/ledgertest"
	"billferry/internal/integration"
	"billferry/mapping"
)

// The ids of currencies outlive the program, for a week or until the
// destination refuses one.
func TestCurrenciesAreLookedUpRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		bills := 0
		life := func(why string, asked int) {
			t.Helper()
			b.start()
			bills++
			r := b.submit("us", billOf(fmt.Sprint("b", bills), "acc", 1, "APPROVED"))[0]
			time.Sleep(time.Second)
			b.want(r.ID, integration.Complete, integration.Created)
			if err := b.end(); err != nil {
				t.Error(err)
			}
			b.ns.lately(func(n *netsuite) {
				if n.asked != asked {
					t.Errorf("%s: %d look-ups, want %d", why, n.asked, asked)
				}
			})
		}
		life("the first program", 1)
		life("the next one", 1)
		time.Sleep(8 * 24 * time.Hour)
		life("a week later", 2)

		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassData, Cause: "currency_refused", Message: "no such currency"}
		}
		b.start()
		r := b.submit("us", billOf("refused", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.Errored, "")
		b.ns.lately(func(n *netsuite) { n.before = nil })
		r = b.submit("us", billOf("after it", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.Complete, integration.Created)
		if err := b.end(); err != nil {
			t.Error(err)
		}
		b.ns.lately(func(n *netsuite) {
			if n.asked != 3 {
				t.Errorf("after a refused currency: %d look-ups in all, want 3", n.asked)
			}
		})
	})
}

// lending remembers the memory of the Bills it hands out.
type lending struct {
	*ledgertest.Memory
	bills [][]byte
}

func (l *lending) Bill(ctx context.Context, runID string) ([]byte, error) {
	b, err := l.Memory.Bill(ctx, runID)
	b = bytes.Clone(b)
	l.bills = append(l.bills, b)
	return b, err
}

// What is kept of a Bill for long must not keep the whole of it: its strings
// share one piece of memory, and breaking that shows who holds on to it.
func TestACurrencyIsKeptWithoutItsBill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		l := &lending{Memory: b.ledger}
		b.o.Ledger = l
		b.start()
		for _, id := range []string{"b1", "b2"} {
			r := b.submit("us", billOf(id, "acc", 1, "PENDING"))[0]
			time.Sleep(time.Minute)
			b.want(r.ID, integration.Complete, integration.Created)
			clear(l.bills[len(l.bills)-1])
		}
		b.ns.lately(func(n *netsuite) {
			if n.asked != 1 {
				t.Errorf("the currency was asked for %d times", n.asked)
			}
		})
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// A person's retry asks again: what was looked up before may be what is wrong.
func TestARetryForgetsWhatWasLookedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		sources := 0
		b.o.Forget = func() { sources++ }
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n > 2 {
				return nil
			}
			return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "closed"}
		}
		b.start()
		var ids []string
		for _, r := range b.submit("us", billOf("b1", "acc", 1, "APPROVED"), billOf("b2", "acc", 1, "APPROVED")) {
			ids = append(ids, r.ID)
		}
		time.Sleep(time.Second)
		if _, err := b.engine.Retry(context.Background(), ids); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		b.ns.lately(func(n *netsuite) {
			if n.forgot != 1 || sources != 1 || n.asked < 2 {
				t.Errorf("forgot %d times, the source %d times, %d currencies asked", n.forgot, sources, n.asked)
			}
		})
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}
