package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// maxGroup bounds the records of one commit, and with them the memory of the
// transaction and the time one caller waits for the others.
const maxGroup = 4096

// commitDelay is how long a change that is in no hurry waits for others to share
// its commit with, and company how many of them are enough. A commit costs two
// fdatasyncs and a dozen pages, whether it holds one change or two dozen: at 100
// Bills a second, two changes each, that was most of what keeping state cost
// the processor. The engine has more Bills on their way than slots, so that
// none stands empty meanwhile.
const (
	commitDelay = 100 * time.Millisecond
	commitBatch = 24
)

// op is one change that waits for the writer.
type op struct {
	run     func(*tx) error
	alone   func(*bbolt.DB) error // instead of run: has the file to itself
	weight  int                   // records it touches
	until   time.Time             // it may wait for others so long; zero: not at all
	state   atomic.Int32          // opWaiting, then opTaken or opDropped
	done    chan struct{}
	err     error
	changes []change
}

const (
	opWaiting = iota
	opTaken
	opDropped
)

// errNothing rolls back a transaction in which no change was made, to spare
// the two fdatasyncs.
var errNothing = errors.New("nothing to commit")

// write runs f in a transaction shared with other changes that wait, and
// returns when it is on disk. f may run more than once: it must set, not add
// to, what it captures. When f fails, nothing of it is kept.
//
// ctx ends the wait only while the change has not been taken up; after that
// the answer is known within one commit and is given.
//
// What ctx carries of WithAudit and WithNote is committed with the change.
func (s *Store) write(ctx context.Context, f func(*tx) error) error { return s.writeMany(ctx, 1, f) }

// writeMany is write of a change that touches many records.
func (s *Store) writeMany(ctx context.Context, weight int, f func(*tx) error) error {
	b := besideOf(ctx)
	if b == nil {
		return s.wait(ctx, s.submit(f, weight))
	}
	changed := false
	err := s.wait(ctx, s.submit(func(t *tx) error {
		changed = false
		if err := f(t); err != nil || !t.dirty {
			return err
		}
		changed = true
		return b.keep(t)
	}, weight))
	b.written = err == nil && changed
	return err
}

// submit queues a change without waiting for it.
func (s *Store) submit(f func(*tx) error, weight int) *op {
	return s.enqueue(&op{run: f, weight: weight, done: make(chan struct{})})
}

// submitDelayed queues a change that may wait for others.
func (s *Store) submitDelayed(f func(*tx) error, weight int) *op {
	return s.enqueue(&op{run: f, weight: weight, until: time.Now().Add(commitDelay), done: make(chan struct{})})
}

// exclusive runs f while no other change is made. Readers go on.
func (s *Store) exclusive(ctx context.Context, f func(*bbolt.DB) error) error {
	return s.wait(ctx, s.enqueue(&op{alone: f, weight: maxGroup, done: make(chan struct{})}))
}

func (s *Store) enqueue(o *op) *op {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		o.finish(ErrClosed)
		return o
	}
	s.queue = append(s.queue, o)
	// The writer that waits for the first patient change need not hear of the
	// next ones.
	if n := len(s.queue); o.until.IsZero() || n == 1 || n >= commitBatch {
		s.signal()
	}
	return o
}

func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Store) wait(ctx context.Context, o *op) error {
	select {
	case <-o.done:
	case <-ctx.Done():
		if o.state.CompareAndSwap(opWaiting, opDropped) {
			return ctx.Err()
		}
		<-o.done
	}
	if own := (*ownFault)(nil); errors.As(o.err, &own) {
		panic(own) // where it would have been raised, had the change not been handed to the writer
	}
	if o.err == nil {
		s.notify(o.changes)
	}
	return o.err
}

func (o *op) finish(err error) {
	o.err = err
	close(o.done)
}

// writeLoop is the one writer. It ends when the store closes and nothing waits.
func (s *Store) writeLoop() {
	defer close(s.ended)
	for range s.wake {
		// Callers of the last commit are being woken; let them queue their next
		// change before this one is committed alone.
		runtime.Gosched()
		for group := s.gather(); len(group) > 0; group = s.gather() {
			if group[0].alone != nil {
				s.runAlone(group[0])
				continue
			}
			s.commit(group)
			s.settleFull()
			runtime.Gosched()
		}
		s.mu.Lock()
		end := s.closing && len(s.queue) == 0
		s.mu.Unlock()
		if end {
			s.settleLast()
			return
		}
	}
}

// gather takes the next group, once something in it is in a hurry, or enough
// of what is not has come together, or the first of it has waited its time.
func (s *Store) gather() []*op {
	for {
		left := s.commitWait()
		if left <= 0 {
			return s.take()
		}
		t := time.NewTimer(left)
		select {
		case <-s.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// commitWait is how long the queue may still wait for company.
func (s *Store) commitWait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || len(s.queue) >= commitBatch || s.closing {
		return 0
	}
	for _, o := range s.queue {
		if o.until.IsZero() {
			return 0
		}
	}
	return time.Until(s.queue[0].until)
}

// runAlone gives the file to one who wants it alone, with nothing staged.
func (s *Store) runAlone(o *op) {
	if err := errors.Join(s.InPlace(), s.settle()); err != nil {
		o.finish(err)
		return
	}
	err := ownOrDamaged(s.path, func() error { return o.alone(s.db) })
	s.stage = nil // what it did to the file is not known here
	o.finish(err)
}

// settleFull brings what is staged into the trees once it is enough. The
// changes are safe where they are: a failure is tried again after the next.
func (s *Store) settleFull() {
	if s.stage == nil || s.stage.items.Len() < s.most && s.stage.bytes < maxStagedBytes {
		return
	}
	if err := s.settle(); err != nil {
		s.log.Warn("staged changes stay where they are", "error", err)
	}
}

// settleLast leaves a file that is closed with nothing staged.
func (s *Store) settleLast() {
	if err := s.settle(); err != nil {
		s.log.Warn("staged changes stay where they are", "error", err)
	}
}

// take removes the next group from the queue: everything that waits, within
// maxGroup. Something that runs alone is a group of its own.
func (s *Store) take() []*op {
	s.mu.Lock()
	defer s.mu.Unlock()
	var group []*op
	n, weight := 0, 0
	for n < len(s.queue) {
		o := s.queue[n]
		if len(group) > 0 && (o.alone != nil || weight+o.weight > maxGroup) {
			break
		}
		n++
		if !o.state.CompareAndSwap(opWaiting, opTaken) {
			continue // its caller has gone
		}
		group = append(group, o)
		if weight += o.weight; o.alone != nil {
			break
		}
	}
	clear(s.queue[:n])
	if s.queue = s.queue[n:]; len(s.queue) == 0 {
		s.queue = nil
	}
	return group
}

// commit writes a group in one transaction. A change that fails half way is
// taken out and the others start over, so that none sees another's failure.
func (s *Store) commit(group []*op) {
	if err := s.InPlace(); err != nil {
		for _, o := range group {
			o.finish(err)
		}
		return
	}
	for len(group) > 0 {
		failed := -1
		err := s.update(func(t *tx) error {
			any := false
			for i, o := range group {
				t.dirty, t.changes = false, nil
				o.err = ownOrDamaged(s.path, func() error { return o.run(t) })
				o.changes = t.changes
				any = any || t.dirty
				if o.err != nil && t.dirty {
					failed = i
					return o.err
				}
			}
			if !any {
				return errNothing
			}
			return t.flush()
		})
		if failed >= 0 {
			group[failed].finish(err)
			group = append(group[:failed], group[failed+1:]...)
			continue
		}
		if errors.Is(err, errNothing) {
			err = nil
		}
		for _, o := range group {
			if o.err == nil && err != nil {
				o.err = fmt.Errorf("write the store: %w", err)
			}
			o.finish(o.err)
		}
		return
	}
}
