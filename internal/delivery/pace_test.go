package delivery_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// measured is what one delivery of many Bills took.
type measured struct {
	span    time.Duration
	ideal   time.Duration // sum of latencies / slots
	refused int
	calls   int
}

func (m measured) eff() float64 { return m.ideal.Seconds() / m.span.Seconds() }

func (m measured) String() string {
	return fmt.Sprintf("%.3f of ideal, %d refusals, span %s", m.eff(), m.refused, m.span.Round(time.Millisecond))
}

// deliver sends n Bills and waits until all are settled. slots is the real
// limit of the account.
func deliver(tb testing.TB, b *bench, n, slots int) measured {
	tb.Helper()
	b.ns.setSlots(slots)
	done, left := make(chan struct{}), n
	settled := make(chan integration.Run, n)
	b.ns.queries = true // one by one each proof would be a call of no time, which tells the governor nothing
	b.o.OnRun = func(r integration.Run) {
		if r.Status.Settled() && r.Proof != integration.Pending {
			settled <- r
		}
	}
	go func() {
		defer close(done)
		for range left {
			<-settled
		}
	}()
	bills := make([][]byte, n)
	for i := range bills {
		bills[i] = billOf(fmt.Sprintf("b%05d", i), "acc", 1, "APPROVED")
	}
	before := delivery.New(b.o)
	if _, err := before.SubmitBatch(context.Background(), "us", bills, "file"); err != nil {
		tb.Fatal(err)
	}
	start := time.Now()
	b.start()
	<-done
	m := measured{span: time.Since(start), ideal: b.ns.busyTime / time.Duration(slots), refused: b.ns.refused, calls: b.ns.calls}
	if err := b.end(); err != nil {
		tb.Fatal(err)
	}
	for _, r := range b.ledger.All() {
		if r.Status != integration.Complete {
			tb.Fatalf("run %s is %s: %s", r.ID, r.Status, r.Error)
		}
	}
	return m
}

func lognormal(seed uint64) func() time.Duration {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() time.Duration {
		d := 0.8 * math.Exp(0.8*r.NormFloat64()) // seconds: median 800 ms
		return time.Duration(min(d, 8) * float64(time.Second))
	}
}

func TestThePaceFindsTheLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		setting, slots int
		learned        string
		latency        func() time.Duration
		eff            float64
	}{
		{"known", 10, 10, `{"limit":10}`, nil, 0.99},
		{"unknown, 64 to 10", 64, 10, "", nil, 0.94},
		{"unknown, 10 to 5", 10, 5, "", nil, 0.94},
		{"learned before, 64 to 10", 64, 10, `{"limit":10,"refusedAt":11}`, nil, 0.96},
		{"slow and known", 10, 10, `{"limit":10}`, lognormal(1), 0.97},
		{"slow and unknown", 64, 10, "", lognormal(2), 0.94},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, connected("us", "billferry.maxConcurrency", c.setting))
				if c.latency != nil {
					b.ns.latency = c.latency
				}
				if c.learned != "" {
					_ = b.ledger.SetMeta(t.Context(), "pace/TSTDRV1", []byte(c.learned))
				}
				m := deliver(t, b, 2000, c.slots)
				t.Log(m)
				if m.eff() < c.eff || m.refused > 20 {
					t.Errorf("want %.2f of ideal and at most 20 refusals: %s", c.eff, m)
				}
			})
		})
	}
}

func TestALimitLoweredInMidRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.maxConcurrency", 10))
		_ = b.ledger.SetMeta(t.Context(), "pace/TSTDRV1", []byte(`{"limit":10}`))
		go func() {
			time.Sleep(5 * time.Second) // half of the Bills are through
			b.ns.setSlots(5)
		}()
		m := deliver(t, b, 2000, 10)
		ideal := 5*time.Second + 10*time.Second
		eff := ideal.Seconds() / m.span.Seconds()
		t.Logf("%.3f of ideal, %d refusals", eff, m.refused)
		if eff < 0.94 || m.refused > 20 {
			t.Errorf("%.3f of ideal, %d refusals", eff, m.refused)
		}
		if kept, err := b.ledger.Meta(t.Context(), "pace/TSTDRV1"); err != nil || string(kept) != `{"limit":5,"refusedAt":6}` {
			t.Errorf("what was learned is kept as %s, %v", kept, err)
		}
	})
}

func TestNothingGetsThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassLoad, Cause: "concurrency_limit", Message: "busy"}
		}
		b.start()
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"), billOf("b2", "acc", 1, "APPROVED"), billOf("b3", "acc", 1, "APPROVED"))
		time.Sleep(time.Hour)
		b.ns.lately(func(n *netsuite) {
			if n.calls < 50 || n.calls > 150 { // one a minute at the end, jittered down to half
				t.Errorf("%d calls in an hour", n.calls)
			}
			n.before = nil
		})
		if b.events()[integration.EventPerform] != 0 {
			t.Errorf("events: %v", b.events())
		}
		time.Sleep(3 * time.Minute)
		for _, r := range b.ledger.All() {
			b.want(r.ID, integration.Complete, integration.Created)
		}
		_ = b.end()
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		var at []time.Time
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			at = append(at, time.Now())
			if n == 1 {
				return &integration.Failure{Class: integration.ClassLoad, Cause: "concurrency_limit", Message: "busy", After: 30 * time.Second}
			}
			return nil
		}
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Second)
		if got := b.want(r.ID, integration.RateLimitRetry, ""); time.Until(got.Next) < 28*time.Second {
			t.Errorf("the run says it goes on at %s", got.Next)
		}
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Created)
		if len(at) != 2 || at[1].Sub(at[0]) < 30*time.Second {
			t.Errorf("calls at %v", at)
		}
	})
}

func TestFaultsCostLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.maxConcurrency", 10))
		_ = b.ledger.SetMeta(t.Context(), "pace/TSTDRV1", []byte(`{"limit":10}`))
		b.ns.before = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n%100 == 0 && n < 1800 {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "http_500", Message: "500", Unknown: true}
			}
			return nil
		}
		b.ns.after = func(n int, _ mapping.Document, _ bool) *integration.Failure {
			if n%100 == 50 && n < 1800 {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "reset", Message: "reset", Unknown: true}
			}
			return nil
		}
		m := deliver(t, b, 2000, 10)
		t.Log(m)
		if m.eff() < 0.95 {
			t.Errorf("want 0.95 of ideal: %s", m)
		}
		for id, n := range b.ns.creates {
			if n != 1 {
				t.Errorf("%s was created %d times", id, n)
			}
		}
	})
}

// BenchmarkDeliver is the whole engine in real time: 2,000 Bills at 50 ms and
// 10 slots, which is 10 s at best.
func BenchmarkDeliver(b *testing.B) {
	for b.Loop() {
		x := &bench{t: &testing.T{}}
		x = newBench(x.t, connected("us", "billferry.maxConcurrency", 10))
		_ = x.ledger.SetMeta(context.Background(), "pace/TSTDRV1", []byte(`{"limit":10}`))
		m := deliver(b, x, 2000, 10)
		b.ReportMetric(m.eff(), "of-ideal")
	}
}
