package delivery

import (
	"slices"
	"sync"
	"time"

	"billferry/internal/integration"
)

// When documents are read back together. A full batch takes the next slot: it
// costs one call for some forty Bills. One that is not full takes only a slot
// that nobody else wants, and gathers for a moment first; it goes at once when
// nothing else is to be sent, and after half a minute whatever else there is.
const (
	fullBatch   = RowsAtOnce * 9 / 10
	gather      = time.Second
	afterOthers = time.Millisecond // who gave a slot back may want the next one at once
	longestWait = 30 * time.Second
)

// batch is the documents of one account that are read back together.
type batch struct {
	mu      sync.Mutex
	list    []*proving // oldest first
	rows    int
	since   time.Time // the oldest
	running bool
	full    chan struct{} // holds a value once a batch is full
	failed  int           // in a row
}

// forget drops all that waits.
func (q *proofs) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.batches = nil, nil
}

// batch puts a document to those of its account, and has somebody see to them.
func (q *proofs) batch(p *proving, rows int) {
	q.mu.Lock()
	b := q.batches[p.queue.pace]
	if b == nil {
		if q.batches == nil {
			q.batches = map[*governor]*batch{}
		}
		b = &batch{full: make(chan struct{}, 1)}
		q.batches[p.queue.pace] = b
	}
	q.mu.Unlock()
	p.rows = rows
	b.put(p)
}

func (b *batch) put(p *proving) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == 0 {
		b.since = p.e.o.Now()
	}
	b.list = append(b.list, p)
	b.rows += p.rows
	if b.rows >= fullBatch {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
	if !b.running {
		b.running = true
		p.h.all.Go(func() { b.run(p.e, p.h, p.queue.pace) })
	}
}

// run sends batches while there are documents to read back.
func (b *batch) run(e *Engine, h *workers, pace *governor) {
	for h.stop.Err() == nil {
		wait, at, any := b.due(e, pace)
		switch {
		case !any:
			return
		case wait == 0 && b.send(e, h, pace, at):
			continue
		case wait == 0:
			sleep(h.stop, e.o.Backoff) // all of it is in hand by somebody
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-h.stop.Done():
		case <-pace.quiet:
			sleep(h.stop, afterOthers)
		case <-b.full:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// due tells how long the batch waits unless a slot gets free for it before, and
// where in the line it goes then.
func (b *batch) due(e *Engine, pace *governor) (wait time.Duration, at line, any bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == 0 {
		b.running = false
		return 0, inTurn, false
	}
	age := e.o.Now().Sub(b.since)
	idle, free := pace.spare()
	switch {
	case b.rows >= fullBatch, age >= longestWait, age < 0: // or the clock was set back
		return 0, ahead, true
	case idle, free && age >= gather:
		return 0, inTurn, true
	case free:
		return gather - age, inTurn, true
	}
	wait = longestWait - age
	if paused := pace.resumes().Sub(e.o.Now()); paused > 0 {
		wait = min(wait, paused)
	}
	return wait, inTurn, true
}

// take cuts the oldest documents of one connection off, as many as fit.
func (b *batch) take(e *Engine) (out []*proving) {
	now := e.o.Now() // before the lock: a clock of a test may let others go first
	b.mu.Lock()
	defer b.mu.Unlock()
	rows, rest := 0, b.list[:0:0]
	for _, p := range b.list {
		if rows+p.rows > RowsAtOnce && rows > 0 || len(out) > 0 && p.queue.in.ID != out[0].queue.in.ID {
			rest = append(rest, p)
			continue
		}
		out, rows = append(out, p), rows+p.rows
	}
	b.list, b.rows, b.since = rest, b.rows-rows, now
	return out
}

// hold cuts a batch off and claims its Bills: none of the documents is changed
// while it is read.
func (b *batch) hold(e *Engine) []*proving {
	return slices.DeleteFunc(b.take(e), func(p *proving) bool {
		switch {
		case !e.proofs.has(p):
			return true // another run took its place
		case !e.take(p.run.EntityID):
			b.put(p)
			return true
		}
		return false
	})
}

// send reads a batch back.
func (b *batch) send(e *Engine, h *workers, pace *governor, at line) (sent bool) {
	var held []*proving
	var proven []*Proof
	err := pace.call(h.stop, at, func() (err error) {
		held = b.hold(e)
		if len(held) == 0 {
			return errNotCalled
		}
		docs := make([]Written, len(held))
		for i, p := range held {
			docs[i] = Written{ID: p.run.ExternalID, Doc: p.doc}
		}
		e.o.Step(StepBatch)
		proven, err = held[0].queue.dest.ProveAll(calling(h.calls, held[0].queue.hold), docs, func(integration.Exchange) {})
		return err
	})
	switch {
	case len(held) == 0:
		return false
	case err != nil:
		b.back(e, h, held, failure(err))
		return true
	}
	b.failed = 0
	for i, p := range held {
		if proven[i] == nil {
			e.letGo(p.run.EntityID)
			h.all.Go(func() { e.single(p) })
			continue
		}
		h.all.Go(func() {
			defer e.letGo(p.run.EntityID)
			defer e.proofs.done(p)
			if err := p.save(*proven[i]); err != nil {
				h.broken(p.run, err)
			}
		})
	}
	return true
}

// back deals with a batch that could not be read: it is tried again, or its
// documents are read one by one.
func (b *batch) back(e *Engine, h *workers, held []*proving, f *integration.Failure) {
	if f.Class != integration.ClassLoad {
		b.failed++
	}
	again := passes(f.Class) && b.failed < mostReads
	if h.calls.Err() != nil {
		again = false // it was cut off; the next start lists them
	}
	for _, p := range held {
		e.letGo(p.run.EntityID)
		switch {
		case again:
			b.put(p)
		case h.calls.Err() == nil:
			h.all.Go(func() { e.single(p) })
		}
	}
	if again && f.Class != integration.ClassLoad {
		sleep(h.stop, max(f.After, e.o.Backoff<<(b.failed-1)))
	} else {
		b.failed = 0
	}
}
