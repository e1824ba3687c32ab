package kv

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// maxGroup bounds the records of one commit, and with them the memory of the
// transaction and the time one caller waits for the others.
const maxGroup = 4096

// CommitDelay is how long a delayed change waits for others to share
// its commit with, and CommitBatch how many of them are enough. A commit costs two
// fdatasyncs and a dozen pages, whether it holds one change or two dozen: at 100
// Bills a second, two changes each, that was most of what keeping state cost
// the processor. The engine has more Bills on their way than slots, so that
// none stands empty meanwhile.
const (
	CommitDelay = 100 * time.Millisecond
	CommitBatch = 24
)

// Op is one change that waits for the writer.
type Op struct {
	run     func(*Tx) error
	alone   func(Alone) error // instead of run: has the file to itself
	weight  int               // records it touches
	until   time.Time         // it may wait for others so long; zero: not at all
	state   atomic.Int32      // opWaiting, then opTaken or opDropped
	done    chan struct{}
	err     error
	changes []Change
}

const (
	opWaiting = iota
	opTaken
	opDropped
)

// errNothing rolls back a transaction in which no change was made, to spare
// the two fdatasyncs.
var errNothing = errors.New("nothing to commit")

// Write runs f in a transaction shared with other changes that wait, and
// returns when it is on disk. f may run more than once: it must set, not add
// to, what it captures. When f fails, nothing of it is kept. weight is how many
// records it touches.
//
// ctx ends the wait only while the change has not been taken up; after that
// the answer is known within one commit and is given.
func (db *DB) Write(ctx context.Context, weight int, f func(*Tx) error) error {
	return db.Wait(ctx, db.Submit(f, weight))
}

// Submit queues a change without waiting for it.
func (db *DB) Submit(f func(*Tx) error, weight int) *Op {
	return db.enqueue(&Op{run: f, weight: weight, done: make(chan struct{})})
}

// SubmitDelayed queues a change that may wait for others, up to CommitDelay.
func (db *DB) SubmitDelayed(f func(*Tx) error, weight int) *Op {
	return db.enqueue(&Op{run: f, weight: weight, until: time.Now().Add(CommitDelay), done: make(chan struct{})})
}

// Exclusive runs f while no other change is made. Readers go on.
func (db *DB) Exclusive(ctx context.Context, f func(Alone) error) error {
	return db.Wait(ctx, db.enqueue(&Op{alone: f, weight: maxGroup, done: make(chan struct{})}))
}

func (db *DB) enqueue(o *Op) *Op {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closing {
		o.finish(ErrClosed)
		return o
	}
	db.queue = append(db.queue, o)
	// The writer that waits for the first delayed change need not hear of the
	// next ones.
	if n := len(db.queue); o.until.IsZero() || n == 1 || n >= CommitBatch {
		db.signal()
	}
	return o
}

func (db *DB) signal() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// Wait waits for a change that was queued, and tells the hooks of it. ctx ends the
// wait only while the change has not been taken up.
func (db *DB) Wait(ctx context.Context, o *Op) error {
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
		db.notify(o.changes)
	}
	return o.err
}

func (o *Op) finish(err error) {
	o.err = err
	close(o.done)
}

// writeLoop is the one writer. It ends when the store closes and nothing waits.
func (db *DB) writeLoop() {
	defer close(db.ended)
	for range db.wake {
		// Callers of the last commit are being woken; let them queue their next
		// change before this one is committed alone.
		runtime.Gosched()
		for group := db.gather(); len(group) > 0; group = db.gather() {
			if group[0].alone != nil {
				db.runAlone(group[0])
				continue
			}
			db.commit(group)
			db.settleFull()
			runtime.Gosched()
		}
		db.mu.Lock()
		end := db.closing && len(db.queue) == 0
		db.mu.Unlock()
		if end {
			db.settleOrWarn() // a file that is closed has nothing staged
			return
		}
	}
}

// gather takes the next group: at once if a change in it is not delayed, else
// when enough have come together or the first has waited its time.
func (db *DB) gather() []*Op {
	for {
		left := db.commitWait()
		if left <= 0 {
			return db.take()
		}
		t := time.NewTimer(left)
		select {
		case <-db.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// commitWait is how long the queue may still wait for company.
func (db *DB) commitWait() time.Duration {
	db.mu.Lock()
	defer db.mu.Unlock()
	if len(db.queue) == 0 || len(db.queue) >= CommitBatch || db.closing {
		return 0
	}
	for _, o := range db.queue {
		if o.until.IsZero() {
			return 0
		}
	}
	return time.Until(db.queue[0].until)
}

// runAlone gives the file to one who wants it alone, with nothing staged.
func (db *DB) runAlone(o *Op) {
	if err := errors.Join(db.InPlace(), db.settle()); err != nil {
		o.finish(err)
		return
	}
	err := ownOrDamaged(db.path, func() error { return o.alone(Alone{db}) })
	db.stage = nil // what it did to the file is not known here
	o.finish(err)
}

// settleFull brings what is staged into the trees once it is enough.
func (db *DB) settleFull() {
	if db.stage != nil && (db.stage.items.Len() >= db.most || db.stage.bytes >= maxStagedBytes) {
		db.settleOrWarn()
	}
}

// settleOrWarn is settle. The changes are safe where they are: a failure is tried
// again after the next change, or at the next start.
func (db *DB) settleOrWarn() {
	if err := db.settle(); err != nil {
		db.log.Warn("staged changes stay where they are", "error", err)
	}
}

// take removes the next group from the queue: everything that waits, within
// maxGroup. Something that runs alone is a group of its own.
func (db *DB) take() []*Op {
	db.mu.Lock()
	defer db.mu.Unlock()
	var group []*Op
	n, weight := 0, 0
	for n < len(db.queue) {
		o := db.queue[n]
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
	clear(db.queue[:n])
	if db.queue = db.queue[n:]; len(db.queue) == 0 {
		db.queue = nil
	}
	return group
}

// commit writes a group in one transaction. A change that fails half way is
// taken out and the others start over, so that none sees another's failure.
func (db *DB) commit(group []*Op) {
	if err := db.InPlace(); err != nil {
		for _, o := range group {
			o.finish(err)
		}
		return
	}
	for len(group) > 0 {
		failed := -1
		err := db.update(func(t *Tx) error {
			any := false
			for i, o := range group {
				t.dirty, t.changes = false, nil
				o.err = ownOrDamaged(db.path, func() error { return o.run(t) })
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
			return db.flush(t)
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
