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

// gate admits as many requests at a time as the account's governance allows.
type gate struct {
	lat  Latency
	seed uint64
	done <-chan struct{}

	mu      sync.Mutex
	limit   int
	inUse   int
	highest int
	refused int64
	admits  uint64
	heldFor time.Duration
}

func newGate(o Options) *gate {
	return &gate{lat: o.Latency, seed: o.Seed, done: o.Done, limit: max(o.Concurrency, 1)}
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inUse >= g.limit {
		return false
	}
	g.inUse++
	g.highest = max(g.highest, g.inUse)
	return true
}

// leave gives the slot back before the answer is written: a client that has
// its answer may send the next request at once and must find the slot free.
func (g *gate) leave(held time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inUse--
	g.heldFor += held
}

func (g *gate) setLimit(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = max(n, 1)
}

func (g *gate) countRefusal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
}

// latency spends the time of one request. It does not follow the client's
// context: NetSuite finishes what a client has stopped waiting for.
func (g *gate) latency() {
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

// wait waits, but not past the end of the look-alike.
func (g *gate) wait(d time.Duration) {
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
