package store

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"billferry/internal/delivery"
	"billferry/store/kv"
)

// Errors of the file itself, returned wrapped.
var (
	ErrClosed   = kv.ErrClosed   // by every method after Close
	ErrVersion  = kv.ErrVersion  // for a file of another version
	ErrDamaged  = kv.ErrDamaged  // for a file that is not as it was written
	ErrReplaced = kv.ErrReplaced // by changes, when the file was removed or replaced, or a database is another process's
)

// LockedError tells that another process has the file open.
type LockedError = kv.LockedError

// Sealer protects secrets at rest; internal/secret/seal implements it.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// Options of Open. The zero value works, except that it cannot keep secrets.
type Options struct {
	Sealer Sealer           // nil refuses to keep or read secrets
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
	// Commit is called around each transaction that writes, and answers what
	// commit does; nil, in production, is not called. Tests end a life before or
	// after it, or have it fail.
	Commit func(commit func() error) error

	fill   int  // for tests of older files: so many runs come into the months at once
	noSync bool // for tests of what is written, not of when it is on disk
	most   int  // for tests of what is staged: at most so many keys
	count  bool // for tests of how many pages are written
}

// Store is an open file. It is safe for many goroutines.
type Store struct {
	db     *kv.DB
	path   string
	sealer Sealer
	now    func() time.Time
	seq    atomic.Uint32 // counter inside new keys

	filling bool                // the file was opened without sums of months
	endFill context.CancelFunc  // ends making them
	filled  chan struct{}       // closed when that has ended
	fillErr error               // and how
	copying *semaphore.Weighted // one copy is checked at a time

	decoded sync.Map // integrations read before: id to *decoded
}

var _ delivery.Ledger = (*Store)(nil)

// Open opens the file at path, and makes it (0600) and its folder (0700) when
// they are missing. A file that another process has open is a *LockedError, at
// once; one of another version is ErrVersion.
func Open(path string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{path: path, sealer: o.Sealer, now: o.Now, copying: semaphore.NewWeighted(1)}
	db, err := kv.Open(path, layout, kv.Options{
		Now: o.Now, Logger: o.Logger, Commit: o.Commit, Flush: func(k *kv.Tx) error { return s.tx(k).flush() },
		NoSync: o.noSync, Staged: o.most, Count: o.count,
	})
	if err != nil {
		return nil, err
	}
	s.db = db
	err = db.View(context.Background(), func(k *kv.Tx) error {
		s.seq.Store(uint32(k.Sequence()))
		s.filling = k.Get(bMonths, keyFilled) != nil
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.fillMonths(cmp.Or(o.fill, fillChunk))
	return s, nil
}

// InPlace tells whether the file that is open is still at its path.
func (s *Store) InPlace() error { return s.db.InPlace() }

// Close commits what waits and gives the file back. A second Close does nothing.
func (s *Store) Close() error {
	s.endFill()
	<-s.filled
	return s.db.Close()
}

// OnChange calls f after each commit, for each thing that changed: kind is
// integration, run, event, mapping, draft or source. f runs in the goroutine
// that made the change and should return soon.
func (s *Store) OnChange(f func(kind, id string)) { s.db.OnChange(f) }

// view runs f in a read transaction: a snapshot that writers do not disturb.
func (s *Store) view(ctx context.Context, f func(*tx) error) error {
	return s.db.View(ctx, func(k *kv.Tx) error { return f(s.tx(k)) })
}

// write runs f in a transaction shared with other changes that wait, and
// returns when it is on disk; see kv.DB.Write. What ctx carries of WithAudit and
// WithNote is committed with the change.
func (s *Store) write(ctx context.Context, f func(*tx) error) error { return s.writeMany(ctx, 1, f) }

// writeMany is write of a change that touches many records.
func (s *Store) writeMany(ctx context.Context, weight int, f func(*tx) error) error {
	b := BesideOf(ctx)
	if b == nil {
		return s.db.Wait(ctx, s.submit(f, weight))
	}
	changed := false
	err := s.db.Wait(ctx, s.submit(func(t *tx) error {
		changed = false
		if err := f(t); err != nil || !t.Dirty() {
			return err
		}
		changed = true
		return b.keep(t)
	}, weight))
	b.Written = err == nil && changed
	return err
}

// submit queues a change without waiting for it.
func (s *Store) submit(f func(*tx) error, weight int) *kv.Op {
	return s.db.Submit(func(k *kv.Tx) error { return f(s.tx(k)) }, weight)
}

// submitDelayed queues a change that may wait for others.
func (s *Store) submitDelayed(f func(*tx) error, weight int) *kv.Op {
	return s.db.SubmitDelayed(func(k *kv.Tx) error { return f(s.tx(k)) }, weight)
}

// Backup writes a consistent copy of the whole file to w while the store goes
// on working, and answers how many bytes it is. The copy can be opened as it
// is; its secrets need the same key.
func (s *Store) Backup(w io.Writer) (n int64, err error) { return s.db.Backup(w) }
