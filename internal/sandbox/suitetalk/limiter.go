package suitetalk

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// refusalTime is what a refused request takes; it holds no slot.
const refusalTime = 10 * time.Millisecond

// Latency is how long a request takes in NetSuite.
type Latency struct {
	Fixed  time.Duration // or, when Median is set, drawn from a log-normal distribution:
	Median time.Duration
	Sigma  float64
	Max    time.Duration // 0: no ceiling
}

// limiter admits as many requests at a time as the account's governance allows.
type limiter struct {
	lat  Latency
	seed uint64
	done <-chan struct{}

	mu      sync.Mutex
	limit   int
	inUse   int
	highest int
	refused int64
	admits  uint64
	use     usage
}

// usage adds up how well the slots were filled. Both sums are integrals over
// time, so a limit that changes on the way is counted as it was.
type usage struct {
	at    time.Time     // up to when the sums are
	held  time.Duration // slots in use x time
	could time.Duration // slots there were x time, since the first admission
	first time.Time     // the first admission
	fill  fill          // as of the last admission of a write
}

// fill is the sums at the moment the last write was admitted. What comes
// after is the tail, in which there is nothing left to fill a slot with: what
// is read there, to prove the last writes, waits for their answers.
type fill struct{ held, could, span time.Duration }

// advance brings the sums up to now, under the limit and use until then.
func (u *usage) advance(now time.Time, inUse, limit int) {
	if d := now.Sub(u.at); !u.first.IsZero() && d > 0 {
		u.held += time.Duration(inUse) * d
		u.could += time.Duration(limit) * d
		u.at = now
	}
}

// admit notes an admission, for which the sums are up to now.
func (u *usage) admit(now time.Time, write bool) {
	if u.first.IsZero() {
		u.first, u.at = now, now
	}
	if write {
		u.fill = fill{held: u.held, could: u.could, span: now.Sub(u.first)}
	}
}

func newLimiter(o Options) *limiter {
	return &limiter{lat: o.Latency, seed: o.Seed, done: o.Done, limit: max(o.Concurrency, 1)}
}

// enter takes a slot for a request, which writes or reads, and is false when
// none is free.
func (g *limiter) enter(now time.Time, write bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inUse >= g.limit {
		return false
	}
	g.use.advance(now, g.inUse, g.limit)
	g.use.admit(now, write)
	g.inUse++
	g.highest = max(g.highest, g.inUse)
	return true
}

// leave gives the slot back before the answer is written: a client that has
// its answer may send the next request at once and must find the slot free.
func (g *limiter) leave(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use.advance(now, g.inUse, g.limit)
	g.inUse--
}

func (g *limiter) setLimit(n int, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use.advance(now, g.inUse, g.limit)
	g.limit = max(n, 1)
}

// anew counts how full the slots are from now on.
func (g *limiter) anew(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use = usage{first: now, at: now}
}

// report writes what the gate counted into out.
func (g *limiter) report(out *Snapshot, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use.advance(now, g.inUse, g.limit)
	out.Limit, out.HighestConcurrency, out.ConcurrencyRefusals = g.limit, g.highest, g.refused
	out.SlotSeconds = g.use.held.Seconds()
	f := g.use.fill
	out.FillSlotSeconds, out.FillCapacitySeconds, out.FillSpanSeconds = f.held.Seconds(), f.could.Seconds(), f.span.Seconds()
}

func (g *limiter) countRefusal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
}

// latency spends the time of one request. It does not follow the client's
// context: NetSuite finishes what a client has stopped waiting for.
func (g *limiter) latency() {
	d := g.lat.Fixed
	if g.lat.Median > 0 {
		g.mu.Lock()
		g.admits++
		n := g.admits
		g.mu.Unlock()
		z := rand.New(rand.NewPCG(g.seed, n)).NormFloat64()
		d = time.Duration(float64(g.lat.Median) * math.Exp(g.lat.Sigma*z))
		if g.lat.Max > 0 {
			d = min(d, g.lat.Max)
		}
	}
	g.wait(d)
}

// wait waits, but not past the end of the simulator.
func (g *limiter) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-g.done:
	}
}
