package delivery

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	startLimit   = 2  // slots before anything is learned
	slowProbe    = 50 // round trips between probes of a level that was refused
	longestPause = time.Minute
	longestAfter = 5 * time.Minute // a longer Retry-After is cut to this
)

// governor keeps the pace of one account. It starts small, doubles
// each round trip until the first refusal, and from then on adds a slot a
// round trip, 50 times slower next to the level that was refused.
//
// A burst of refusals is one event: only a refusal of a request that was sent
// after the last cut starts a new one; the others of the burst tell how far the
// level was too high. So 16 requests of which 6 are refused make a limit of 10,
// not of 16 halved six times.
type governor struct {
	now    func() time.Time
	first  time.Duration // of the pauses
	jitter func(time.Duration) time.Duration

	mu        sync.Mutex
	ceiling   int
	limit     int  // slots
	ramping   bool // nothing was refused yet: double each round trip
	refusedAt int  // a level that was refused lately; 0: none
	credit    int  // successes since the limit moved
	inUse     int
	sent      uint64 // requests so far
	cut       uint64 // the last request sent before the last cut
	base      int    // slots in use when the last cut began
	burst     int    // refusals of that cut
	streak    int    // cuts without a success between
	refusals  int    // all of them, for the record
	paused    time.Time
	heard     time.Time     // the last answer
	queue     []chan uint64 // who waits for a slot, first come first served
	quiet     chan struct{} // holds a value when a slot may have become one that nobody else wants
	timer     *time.Timer
	// tasks are the Bills on their way to a slot; the engine counts them here.
	tasks int
	full  bool // there was no room when the engine looked last
	// lately counts the Bills that were settled, and users are the integrations
	// that send into the account.
	lately recent
	proofs delays
	turned hourly // refusals for load
	users  []string
}

// answer is what the account made of a request.
type answer int

const (
	served  answer = iota // it was taken in hand, for better or worse
	refused               // for load
	unclear               // no answer: says nothing about the pace
)

func newGovernor(o Options, known learned) *governor {
	g := &governor{now: o.Now, first: o.Backoff, jitter: o.Jitter, ceiling: 1, limit: startLimit, ramping: true,
		quiet: make(chan struct{}, 1)}
	if known.Limit > 0 {
		g.limit, g.refusedAt, g.ramping = known.Limit, known.RefusedAt, known.RefusedAt == 0
	}
	return g
}

// learned is what is kept of an account between runs of the program.
type learned struct {
	Limit     int `json:"limit"`
	RefusedAt int `json:"refusedAt,omitempty"`
}

func (g *governor) learned() learned {
	g.mu.Lock()
	defer g.mu.Unlock()
	return learned{Limit: g.limit, RefusedAt: g.refusedAt}
}

// setCeiling changes the most slots that may ever be used.
func (g *governor) setCeiling(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ceiling = max(1, n)
	g.limit = max(1, min(g.limit, g.ceiling))
	g.grant()
}

// setUsers names the integrations that send into the account.
func (g *governor) setUsers(ids []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users = ids
}

// settled counts a Bill that is through.
func (g *governor) settled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lately.add(g.now())
}

// capacity tells whether one more Bill may be prepared. Enough are prepared ahead
// to fill the slots while results are written to disk, and not many more, so
// that a newer version of a Bill still finds the older one waiting. leave goes by
// what it told last.
func (g *governor) capacity() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.full = g.tasks >= g.room()
	return !g.full
}

// room is how many Bills may be on their way; g.mu is held. Beside its call a
// Bill waits twice, up to 100 ms, for a commit it shares: with a call of 50 ms
// that is 250 ms, in which a slot serves five Bills. A sixth makes up for a slow
// machine.
func (g *governor) room() int { return 6*g.limit + 4 }

func (g *governor) enter() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tasks++
}

// leave counts a Bill out and tells whether the engine should look for more.
// When there was no room it is told once for half as many Bills as there are
// slots, since it reads the integrations each time, and the intents of Bills
// that start together share a commit; those on their way last until then.
func (g *governor) leave() (look bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tasks--
	g.tell()
	if g.full && g.tasks > g.room()-max(1, g.limit/2) {
		return false
	}
	g.full = false
	return true
}

// tell wakes who waits for a slot that nobody else wants; g.mu is held.
func (g *governor) tell() {
	if len(g.queue) > 0 || g.inUse >= g.limit {
		return
	}
	select {
	case g.quiet <- struct{}{}:
	default:
	}
}

// spare tells whether nothing else is to be sent, and whether a slot is free.
// quiet tells when that may have changed.
func (g *governor) spare() (idle, free bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	free = len(g.queue) == 0 && g.inUse < g.limit && !g.paused.After(g.now())
	return free && g.tasks == 0, free
}

// alone tells a call that has its answer whether no other is under way, and none
// waits for a slot: no other Bill has a change to keep soon.
func (g *governor) alone() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue) == 0 && g.inUse == 1
}

// slot waits for a slot. The ticket goes back with release.
func (g *governor) slot(ctx context.Context, at line) (ticket uint64, err error) {
	ch := make(chan uint64, 1)
	g.mu.Lock()
	if at == ahead {
		g.queue = slices.Insert(g.queue, 0, ch)
	} else {
		g.queue = append(g.queue, ch)
	}
	g.grant()
	g.mu.Unlock()
	select {
	case t := <-ch:
		return t, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, q := range g.queue {
		if q == ch {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			return 0, ctx.Err()
		}
	}
	<-ch // granted meanwhile: give it back
	g.inUse--
	g.grant()
	return 0, ctx.Err()
}

// grant hands out free slots; g.mu is held.
func (g *governor) grant() {
	for len(g.queue) > 0 && g.inUse < g.limit {
		if wait := g.paused.Sub(g.now()); wait > 0 {
			if g.timer == nil {
				g.timer = time.AfterFunc(wait, g.resume)
			}
			return
		}
		g.inUse++
		g.sent++
		g.queue[0] <- g.sent
		g.queue = g.queue[1:]
	}
	g.tell()
}

func (g *governor) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer = nil
	g.grant()
}

// release gives a slot back. after is what the account asked us to wait.
func (g *governor) release(ticket uint64, a answer, after time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch a {
	case served:
		g.streak = 0
		g.grow()
	case refused:
		g.shrink(ticket, after)
	case unclear:
	}
	g.inUse--
	g.grant()
}

// grow is called for each success; g.mu is held.
func (g *governor) grow() {
	if len(g.queue) == 0 || g.limit >= g.ceiling {
		return // slots that nobody asks for prove nothing
	}
	g.credit++
	need := g.limit
	switch {
	case g.ramping:
		need = 1 // one slot for each success doubles the limit in a round trip
	case g.refusedAt > 0 && g.limit >= g.refusedAt && g.credit >= g.limit:
		g.refusedAt = 0 // a full round trip at that level: it is free now
	case g.refusedAt > 0 && g.limit+1 >= g.refusedAt:
		need = slowProbe * g.limit
	}
	if g.credit >= need {
		g.limit++
		g.credit = 0
	}
}

// shrink is called for each refusal; g.mu is held.
func (g *governor) shrink(ticket uint64, after time.Duration) {
	g.refusals++
	g.turned.add(g.now())
	g.credit, g.ramping = 0, false
	if ticket > g.cut {
		g.cut, g.base, g.burst = g.sent, g.inUse, 0
		g.streak++
		if g.streak > 1 { // nothing at all gets through: wait, longer each time
			d := min(g.first<<min(g.streak-2, 6), longestPause)
			g.pause(d/2 + g.jitter(d/2))
		}
	}
	g.burst++
	g.limit = max(1, min(g.limit, g.base-g.burst))
	g.refusedAt = g.limit + 1
	if after > 0 {
		g.pause(min(after, longestAfter))
	}
}

func (g *governor) pause(d time.Duration) {
	if until := g.now().Add(d); until.After(g.paused) {
		g.paused = until
	}
}

// resumes is when requests may be sent again; the past when they may now.
func (g *governor) resumes() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}

// ready waits until the account is not paused.
func (g *governor) ready(ctx context.Context) error {
	for {
		wait := g.resumes().Sub(g.now())
		if wait <= 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Pace is how one account is doing.
type Pace struct {
	Account  string
	Limit    int // slots allowed now
	InUse    int
	Waiting  int // Bills ready for a slot
	Refusals int // since the start
	Paused   time.Time
	Heard    time.Time // the last answer; zero: none since the start
	// Integrations send into the account, by their ids.
	Integrations []string
	PerMinute    int           // Bills that were settled lately
	ToProve      time.Duration // from an answer to the proof, as the last documents took; zero: none was proven yet
	Refused      []int         // refusals of the last 24 hours by the hour, this one last
}

func (g *governor) pace(account string) Pace {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Pace{Account: account, Limit: g.limit, InUse: g.inUse, Waiting: len(g.queue), Refusals: g.refusals,
		Paused: g.paused, Heard: g.heard,
		Integrations: slices.Clone(g.users), PerMinute: g.lately.perMinute(g.now()), ToProve: g.proofs.middle(),
		Refused: g.turned.list(g.now())}
}
