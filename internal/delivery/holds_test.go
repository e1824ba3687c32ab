package delivery_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// holds are the accounts that a process has.
type holds struct {
	mu sync.Mutex
	by map[string]delivery.Hold
}

func (h *holds) Holds() map[string]delivery.Hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.by)
}

func (h *holds) set(account string, l delivery.Hold) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.by, account); l != nil {
		h.by[account] = l
	}
}

type lease struct{ lapsed, taken atomic.Bool }

func (l *lease) May() bool { return !l.lapsed.Load() }

type leaseKey struct{}

func (l *lease) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, leaseKey{}, l)
}

// fenced is a ledger that refuses what is written under a lease that another has.
type fenced struct{ delivery.Ledger }

func (f fenced) SaveRun(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	if err := mine(ctx, r); err != nil {
		return err
	}
	return f.Ledger.SaveRun(ctx, r, a)
}

func (f fenced) SaveRunSoon(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	if err := mine(ctx, r); err != nil {
		return err
	}
	return f.Ledger.SaveRunSoon(ctx, r, a)
}

func mine(ctx context.Context, r integration.Run) error {
	if l, _ := ctx.Value(leaseKey{}).(*lease); l == nil || l.taken.Load() {
		return fmt.Errorf("run %s: %w", r.ID, delivery.ErrElsewhere)
	}
	return nil
}

func shared(t *testing.T, f func(t *testing.T, b *bench, h *holds), ins ...integration.Integration) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, h := newBench(t, ins...), &holds{by: map[string]delivery.Hold{}}
		b.o.Holder, b.o.Ledger = h, fenced{b.ledger}
		b.start()
		f(t, b, h)
		if err := b.end(); err != nil {
			t.Errorf("the engine ended: %v", err)
		}
	})
}

// What a process has not is not sent, nor looked up: what is in flight there is
// another's. Once it has the account, that comes first.
func TestOnlyWhatIsHeldIsSent(t *testing.T) {
	shared(t, func(t *testing.T, b *bench, h *holds) {
		flying := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		flying.Status, flying.InFlight, flying.Account = integration.Started, true, b.ns.Account()
		if err := b.ledger.SaveRun(t.Context(), flying, nil); err != nil {
			t.Fatal(err)
		}
		waits := b.submit("us", billOf("b2", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(time.Hour)
		b.want(flying.ID, integration.Started, "")
		b.want(waits, integration.Waiting, "")
		all, err := b.engine.Accounts(t.Context())
		if err != nil || !all[b.ns.Account()] || len(all) != 1 {
			t.Errorf("the accounts with work are %v, %v", all, err)
		}
		if b.ns.calls > 0 || len(b.engine.Paces()) > 0 {
			t.Errorf("%d calls, %v", b.ns.calls, b.engine.Paces())
		}
		h.set(b.ns.Account(), &lease{})
		b.engine.Wake()
		time.Sleep(time.Minute)
		if r := b.want(flying.ID, integration.Complete, integration.Created); r.Tries != 1 {
			t.Errorf("it took %d tries", r.Tries)
		}
		b.want(waits, integration.Complete, integration.Created)
		h.set(b.ns.Account(), nil)
		late := b.submit("us", billOf("b3", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(time.Hour)
		b.want(late, integration.Waiting, "")
		if len(b.engine.Paces()) > 0 {
			t.Errorf("it tells the pace of an account that it has not: %v", b.engine.Paces())
		}
	})
}

// Settings that nobody understands fail the runs of their integration, in the process
// that has its account, and stop nothing else.
func TestBrokenSettingsAreOfTheirAccount(t *testing.T) {
	shared(t, func(t *testing.T, b *bench, h *holds) {
		h.set(b.ns.Account(), &lease{})
		broken := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		well := b.submit("uk", billOf("b2", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(time.Minute)
		if r := b.want(broken, integration.Errored, ""); r.Cause != "configuration_invalid" {
			t.Errorf("its run says %s: %s", r.Cause, r.Error)
		}
		b.want(well, integration.Complete, integration.Created)
	}, connected("us", "billferry.sendFrom", "soon"), connected("uk"))
}

// A process whose lease has lapsed starts no call, and goes on once it is renewed.
func TestALapsedLeaseStartsNothing(t *testing.T) {
	shared(t, func(t *testing.T, b *bench, h *holds) {
		l := &lease{}
		l.lapsed.Store(true)
		h.set(b.ns.Account(), l)
		id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(time.Minute)
		if r := b.want(id, integration.Waiting, ""); b.ns.calls > 0 || r.Tries > 0 {
			t.Errorf("%d calls, %d tries", b.ns.calls, r.Tries)
		}
		l.lapsed.Store(false)
		time.Sleep(time.Second)
		b.want(id, integration.Complete, integration.Created)
	})
}

// What another process has taken over in mid-call is not written, and looked up when
// the account comes back: the document is there once.
func TestWhatWasTakenOverIsLeft(t *testing.T) {
	shared(t, func(t *testing.T, b *bench, h *holds) {
		old := &lease{}
		h.set(b.ns.Account(), old)
		b.ns.latency = func() time.Duration { return 5 * time.Second }
		id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(2 * time.Second)
		b.want(id, integration.Started, "")
		old.taken.Store(true)
		h.set(b.ns.Account(), nil)
		b.engine.Wake()
		time.Sleep(time.Minute)
		b.want(id, integration.Started, "") // the answer came, and is not ours to write
		h.set(b.ns.Account(), &lease{})
		b.engine.Wake()
		time.Sleep(time.Minute)
		b.want(id, integration.Complete, integration.Unchanged)
		for ref, n := range b.ns.creates {
			if n != 1 {
				t.Errorf("%s was made %d times", ref, n)
			}
		}
	})
}

// A new Bill of an account that was taken over does not wait until what was in flight
// there is looked up, however much that is, and the account goes on at the pace that
// the process before has learned.
func TestNewBillsGoOutBesideLookUps(t *testing.T) {
	shared(t, func(t *testing.T, b *bench, h *holds) {
		const flying, fresh, pace = 200, 40, 4
		if err := b.ledger.SetMeta(t.Context(), "pace/"+b.ns.Account(), fmt.Appendf(nil, `{"limit":%d}`, pace)); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		first := map[bool]int{} // call, by whether it looks
		b.ns.before = func(n int, _ mapping.Document, look bool) *integration.Failure {
			mu.Lock()
			defer mu.Unlock()
			if first[look] == 0 || n < first[look] {
				first[look] = n
			}
			return nil
		}
		for i := range flying + fresh {
			r := b.submit("us", billOf(fmt.Sprintf("b%03d", i), "acc", 1, "APPROVED"))[0]
			if i >= flying {
				continue
			}
			r.Status, r.InFlight, r.Account = integration.Started, true, b.ns.Account()
			if err := b.ledger.SaveRun(t.Context(), r, nil); err != nil {
				t.Fatal(err)
			}
		}
		h.set(b.ns.Account(), &lease{})
		b.engine.Wake()
		time.Sleep(b.ns.latency() / 2)
		b.ns.lately(func(n *netsuite) {
			if n.inUse != pace {
				t.Errorf("%d slots are in use at first, of %d that were learned", n.inUse, pace)
			}
		})
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			mu.Lock()
			defer mu.Unlock()
			if first[true] == 0 || first[false] == 0 || max(first[true], first[false]) > 3*pace { // who of the first is first is chance
				t.Errorf("the first look-up is call %d, the first new Bill is call %d", first[true], first[false])
			}
			for ref, made := range n.creates {
				if made != 1 {
					t.Errorf("%s was made %d times", ref, made)
				}
			}
			if len(n.creates) != flying+fresh {
				t.Errorf("%d documents", len(n.creates))
			}
		})
	})
}
