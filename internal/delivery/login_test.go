package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// refusedLogin is a bench whose integration has credentials that NetSuite
// refuses as long as bad says so, and one Bill that met that.
func refusedLogin(t *testing.T, do func(b *bench, bad *atomic.Bool, r integration.Run)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := connected("us")
		in.CredentialsID = "c1"
		b := newBench(t, in)
		var bad atomic.Bool
		bad.Store(true)
		no := &integration.Failure{Class: integration.ClassAuth, Cause: "login_refused", Message: "Invalid login attempt",
			Advice: "see the Login Audit Trail"}
		b.ns.login = func() error {
			if bad.Load() {
				return no
			}
			return nil
		}
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			if bad.Load() {
				return no
			}
			return nil
		}
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		b.want(r.ID, integration.AuthFailed, "")
		do(b, &bad, r)
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
	})
}

// An administrator who mends the login in NetSuite has no second thing to do
// here: what waited goes on, half an hour later at most.
func TestALostLoginIsRegained(t *testing.T) {
	refusedLogin(t, func(b *bench, bad *atomic.Bool, r integration.Run) {
		waits := b.submit("us", billOf("b2", "acc", 1, "APPROVED"))[0]
		time.Sleep(5 * time.Hour)
		b.ns.lately(func(n *netsuite) {
			if n.logins < 10 || n.logins > 16 || n.calls != 1 {
				b.t.Errorf("in 5 hours the login was tried %d times, and %d calls were sent", n.logins, n.calls)
			}
			first := []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute,
				30 * time.Minute, 30 * time.Minute}
			for i, want := range first {
				if i > 0 && n.loginAt[i].Sub(n.loginAt[i-1]) != want {
					b.t.Errorf("attempt %d came %s after the one before, want %s", i, n.loginAt[i].Sub(n.loginAt[i-1]), want)
				}
			}
		})
		events := b.ledger.Events()
		if len(events) != 1 || !strings.Contains(events[0].Message, "Login Audit Trail") ||
			!strings.Contains(events[0].Message, "tried again by itself") {
			b.t.Errorf("what is to be done is not told: %+v", events)
		}
		b.want(waits.ID, integration.Waiting, "")
		bad.Store(false)
		time.Sleep(30*time.Minute + time.Second)
		for _, id := range []string{r.ID, waits.ID} {
			b.want(id, integration.Complete, integration.Created)
		}
		if in, _ := b.ledger.Integration(b.t.Context(), "us"); !in.Authorized || !in.Enabled {
			b.t.Errorf("it is %+v", in)
		}
		if e := b.ledger.Events()[0]; e.Actioned.IsZero() {
			b.t.Error("the event is still open")
		}
		b.ns.lately(func(n *netsuite) { n.logins = 0 })
		time.Sleep(5 * time.Hour)
		b.ns.lately(func(n *netsuite) {
			if n.logins != 0 {
				b.t.Errorf("a login that is accepted was tried %d times", n.logins)
			}
		})
	})
}

// byIntegration has a destination for each integration.
type byIntegration map[string]*netsuite

func (d byIntegration) Destination(_ context.Context, in integration.Integration) (delivery.Destination, error) {
	return d[in.ID], nil
}

func (byIntegration) System(string, string) (delivery.System, error) { return fakeSystem{}, nil }

// An account that does not answer holds up its own login and nobody else's.
func TestASlowLoginHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow, quick := connected("slow"), connected("quick")
		slow.CredentialsID, quick.CredentialsID = "c1", "c2"
		slow.Authorized, quick.Authorized = false, false
		b := newBench(t, slow, quick)
		no := &integration.Failure{Class: integration.ClassAuth, Cause: "login_refused", Message: "Invalid login attempt"}
		both := byIntegration{"slow": newNetsuite(), "quick": newNetsuite()}
		both["slow"].account, both["quick"].account = "A1", "A2"
		both["slow"].login = func() error { time.Sleep(3 * time.Hour); return no }
		both["quick"].login = func() error { return no }
		b.o.Resolver = both
		b.start()
		time.Sleep(2 * time.Hour)
		both["quick"].lately(func(n *netsuite) {
			if n.logins < 6 {
				t.Errorf("the other account's login was tried %d times in 2 hours", n.logins)
			}
			n.login = nil
		})
		time.Sleep(31 * time.Minute)
		if in, _ := b.ledger.Integration(t.Context(), "quick"); !in.Authorized {
			t.Error("the other account's login is not accepted yet")
		}
		time.Sleep(4 * time.Hour)
		both["slow"].lately(func(n *netsuite) {
			for i := 1; i < len(n.loginAt); i++ {
				if n.loginAt[i].Sub(n.loginAt[i-1]) < 3*time.Hour {
					t.Errorf("the slow one was tried again before it had an answer: %v", n.loginAt)
				}
			}
			if n.logins != 3 {
				t.Errorf("the slow one was tried %d times", n.logins)
			}
		})
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// Attempts are no Bills: they never disable an integration. A disabled one is
// left alone, and so are credentials that were replaced.
func TestALostLoginIsTriedOnlyWhileSomethingWaitsForIt(t *testing.T) {
	refusedLogin(t, func(b *bench, bad *atomic.Bool, r integration.Run) {
		time.Sleep(10 * time.Hour)
		if in, _ := b.ledger.Integration(b.t.Context(), "us"); !in.Enabled {
			b.t.Error("attempts to log in have disabled it")
		}
		if _, err := b.ledger.SetEnabled(b.t.Context(), "us", false, "by a person"); err != nil {
			b.t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) { n.logins = 0 })
		time.Sleep(5 * time.Hour)
		b.ns.lately(func(n *netsuite) {
			if n.logins != 0 {
				b.t.Errorf("disabled, and tried %d times", n.logins)
			}
		})
		bad.Store(false)
		if _, err := b.ledger.SetEnabled(b.t.Context(), "us", true, ""); err != nil {
			b.t.Fatal(err)
		}
		b.ledger.Connect("us", "c2")
		b.engine.Wake()
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		b.ns.lately(func(n *netsuite) {
			if n.logins != 0 {
				b.t.Errorf("connected by a person, and tried %d times", n.logins)
			}
		})
	})
}

// A login that the destination accepts and whose Bills it refuses goes back to
// the waits where it was.
func TestALoginThatIsAcceptedAndRefusedAgain(t *testing.T) {
	refusedLogin(t, func(b *bench, _ *atomic.Bool, _ integration.Run) {
		b.ns.lately(func(n *netsuite) { n.login = func() error { return nil } })
		time.Sleep(2 * time.Hour)
		in, _ := b.ledger.Integration(b.t.Context(), "us")
		b.ns.lately(func(n *netsuite) {
			if in.Enabled || n.calls != 5 || n.loginAt[3].Sub(n.loginAt[2]) < 10*time.Minute {
				b.t.Errorf("enabled %v after %d calls, logins at %v", in.Enabled, n.calls, n.loginAt)
			}
		})
	})
}

// meddled is a ledger in which somebody acts just before the engine does.
type meddled struct {
	delivery.Ledger
	before func()
}

func (m *meddled) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (bool, error) {
	m.before()
	return m.Ledger.SetAuthorized(ctx, id, credentialsID, authorized)
}

func (m *meddled) SetEnabled(ctx context.Context, id string, enabled bool, why string) (bool, error) {
	m.before()
	return m.Ledger.SetEnabled(ctx, id, enabled, why)
}

// What a person does at the moment at which the engine acts on an answer is not
// undone by that, whichever of the two is first.
func TestAnActOfAPersonIsNotLost(t *testing.T) {
	t.Parallel()
	refuse := func(class integration.Class) func(int, mapping.Document, bool) *integration.Failure {
		return func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: class, Cause: "no", Message: "no"}
		}
	}
	for _, c := range []struct {
		name  string
		class integration.Class
		bills int
		act   func(b *bench)
		want  func(in integration.Integration) bool
		event int // that it was disabled
	}{
		{"disabled at a refused login", integration.ClassAuth, 1,
			func(b *bench) { _, _ = b.ledger.SetEnabled(b.t.Context(), "us", false, "by a person") },
			func(in integration.Integration) bool {
				return !in.Enabled && !in.Authorized && in.DisabledWhy == "by a person"
			}, 0},
		{"connected with other credentials at a refused login", integration.ClassAuth, 1,
			func(b *bench) { b.ledger.Connect("us", "c2") },
			func(in integration.Integration) bool { return in.Enabled && in.Authorized }, 0},
		{"disabled as the engine does", integration.ClassData, 25,
			func(b *bench) { _, _ = b.ledger.SetEnabled(b.t.Context(), "us", false, "by a person") },
			func(in integration.Integration) bool { return !in.Enabled && in.DisabledWhy == "by a person" }, 0},
		{"lost its authorisation as the engine disables", integration.ClassData, 25,
			func(b *bench) { _, _ = b.ledger.SetAuthorized(b.t.Context(), "us", "c1", false) },
			func(in integration.Integration) bool { return !in.Enabled && !in.Authorized }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := connected("us")
				in.CredentialsID = "c1"
				b := newBench(t, in)
				var once atomic.Bool
				b.o.Ledger = &meddled{b.ledger, func() {
					if once.CompareAndSwap(false, true) {
						c.act(b)
						b.ns.lately(func(n *netsuite) { n.before = nil })
					}
				}}
				b.ns.before = refuse(c.class)
				b.start()
				for i := range c.bills {
					b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
				}
				time.Sleep(30 * time.Second)
				if got, _ := b.ledger.Integration(t.Context(), "us"); !c.want(got) {
					t.Errorf("it is %+v", got)
				}
				if n := b.events()[integration.EventDisabled]; n != c.event {
					t.Errorf("%d events that it was disabled", n)
				}
				_ = b.end()
			})
		})
	}
}

// broken is a ledger that cannot tell whether an integration may send.
type unread struct {
	delivery.Ledger
	err   func() error
	asked atomic.Int64
}

func (u *unread) MaySend(ctx context.Context, id string, byPlan bool) (bool, error) {
	u.asked.Add(1)
	if err := u.err(); err != nil {
		return false, err
	}
	return u.Ledger.MaySend(ctx, id, byPlan)
}

// A ledger that cannot be read ends the engine in order, as one that cannot be
// written does, and nothing is sent: who runs it waits and starts it again.
func TestALedgerThatCannotTellStopsTheEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		torn := errors.New("input/output error")
		u := &unread{Ledger: b.ledger, err: func() error { return torn }}
		b.o.Ledger = u
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		select {
		case err := <-b.done:
			if !errors.Is(err, torn) || !strings.Contains(err.Error(), r.ID) {
				t.Errorf("it stopped with %v", err)
			}
		default:
			t.Errorf("it runs on; asked %d times", u.asked.Load())
			_ = b.end()
		}
		if u.asked.Load() != 1 || b.ns.calls != 0 {
			t.Errorf("asked %d times, %d calls", u.asked.Load(), b.ns.calls)
		}
		if got := b.run(r.ID); got.Status.Settled() || got.Status == integration.Started || got.Tries != 0 {
			t.Errorf("the run was left as %+v", got)
		}
	})
}
