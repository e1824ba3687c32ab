package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrClosed is returned, wrapped, by every method after Close.
var ErrClosed = errors.New("the store is closed")

// Options of Open. The zero value works.
type Options struct {
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
	// Commit is called around each transaction that writes, and answers what
	// commit does; nil, in production, is not called. Tests end a life before or
	// after it, or have it fail.
	Commit func(commit func() error) error
	// Flush runs at the end of each transaction that changes something: what its
	// changes share is written once.
	Flush func(*Tx) error

	NoSync bool // for tests of what is written, not of when it is on disk
	Staged int  // for tests of what is staged: at most so many keys; 0: the usual
	Mapped int  // for tests of what stays mapped: at most so many bytes; 0: the usual
	Count  bool // for tests of how many pages are written: Pages counts
}

// DB is an open file. It is safe for many goroutines.
type DB struct {
	bolt   *bbolt.DB
	schema *Schema
	path   string
	log    *slog.Logger
	stage  *stage                      // the writer's; nil: it has to read the file
	record []byte                      // the writer's: what a transaction stages, made anew in each
	around func(func() error) error    // each commit
	flush  func(*Tx) error             // see Options
	most   int                         // keys that are staged before they are brought into the trees
	recent [2]atomic.Pointer[snapshot] // the stage by transaction, odd and even
	mapped mapped

	lostMeta bool        // one of the meta pages was not whole at the start
	file     os.FileInfo // the file that is open

	mu      sync.Mutex // guards queue, closing and hooks
	queue   []*Op
	closing bool
	hooks   []func(kind, id string)
	wake    chan struct{} // 1 deep: something waits in queue
	ended   chan struct{} // closed when the writer has ended
}

// lockWait makes bbolt try the lock once: whoever has it has it for long.
const lockWait = 10 * time.Millisecond

// Open opens the file at path, and makes it (0600) and its folder (0700) when
// they are missing. A file that another process has open is a *LockedError, at
// once; one of another version is ErrVersion.
func Open(path string, schema *Schema, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Commit == nil {
		o.Commit = func(commit func() error) error { return commit() }
	}
	if o.Flush == nil {
		o.Flush = func(*Tx) error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the store: %w", err)
	}
	if err := tighten(path); err != nil {
		return nil, fmt.Errorf("make the store private: %w", err)
	}
	db := &DB{
		schema: schema, path: path, log: o.Logger, around: o.Commit, flush: o.Flush, most: cmp.Or(o.Staged, maxStagedItems),
		wake: make(chan struct{}, 1), ended: make(chan struct{}), mapped: mapped{most: cmp.Or(o.Mapped, mostMapped), every: lookEvery},
	}
	if o.Mapped > 0 {
		db.mapped.every = 0
	}
	switch err := guard(path, func() error { return db.open(o) }); {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, lockedError(path)
	case err != nil:
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	if db.lostMeta {
		db.log.Warn("one of the two meta pages of the store is not whole: the last change before it was opened may be missing", "path", path)
	}
	if err := guard(path, func() error { return db.schema.begin(db.bolt, o.Now()) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store %s: %w", path, err), db.bolt.Close())
	}
	if err := writeOwner(path, o.Now()); err != nil {
		db.log.Warn("cannot say who has the store", "error", err) // others will see an unnamed owner
	}
	go db.writeLoop()
	return db, nil
}

func (db *DB) open(o Options) error {
	metas, err := inspect(db.path)
	if err != nil {
		return err
	}
	db.lostMeta = metas < 2
	// The array freelist is written as it lies, where the map is sorted at each
	// commit, and it gives the lowest page first, which keeps a file compact.
	db.bolt, err = bbolt.Open(db.path, 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistArrayType, InitialMmapSize: mapAhead(), NoStatistics: !o.Count, NoSync: o.NoSync,
		OpenFile: func(name string, flag int, perm os.FileMode) (f *os.File, err error) {
			if f, err = os.OpenFile(name, flag, perm); err == nil {
				db.file, err = f.Stat()
			}
			return f, err
		},
	})
	if err != nil {
		return err
	}
	return db.bolt.View(func(b *bbolt.Tx) error {
		db.mapped.begin(b.Size(), db.file.Size())
		return nil
	})
}

// ErrReplaced is returned, wrapped, by changes when the store's file is no longer
// where it was opened: they would go to a file that nobody finds again.
var ErrReplaced = errors.New("the store is no longer the one that was opened")

// InPlace tells whether the file that is open is still at its path.
func (db *DB) InPlace() error {
	now, err := os.Stat(db.path)
	if err == nil && os.SameFile(db.file, now) {
		return nil
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed or replaced while billferry had it open: %w; nothing is recorded or sent. "+
			"To do: while it runs, save what it has with 'billferry store backup FILE'; then stop it, "+
			"put the right file in its place, run 'billferry store check' and start it again", db.path, ErrReplaced)
	}
	return fmt.Errorf("look at the store's file: %w", err)
}

// tighten takes away what an older umask or a copy gave to other users.
func tighten(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || runtime.GOOS == "windows" {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(path, 0o600)
}

// mapAhead is how much address space to map from the start. Growing the map
// makes a writer wait for all readers, so 64-bit systems map ahead; Windows
// would make the file that large.
func mapAhead() int {
	if bits.UintSize == 64 && runtime.GOOS != "windows" {
		return 1 << 30
	}
	return 0
}

// Close commits what waits and gives the file back. A second Close does nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	closed := db.closing
	db.closing = true
	db.mu.Unlock()
	if closed {
		<-db.ended
		return nil
	}
	db.signal()
	<-db.ended
	// The sidecar goes first: once the lock is free it may be somebody else's, and
	// is already when the file is another one.
	if err := db.InPlace(); err != nil {
		db.log.Error("the store that is closed is not in its place", "error", err)
	} else if err := os.Remove(OwnerPath(db.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		db.log.Warn("cannot remove the note of who has the store", "error", err)
	}
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// OnChange calls f after each commit, for each thing that a change told of with
// Tx.Changed. f runs in the goroutine that made the change and should return soon.
func (db *DB) OnChange(f func(kind, id string)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.hooks = append(db.hooks[:len(db.hooks):len(db.hooks)], f)
}

func (db *DB) notify(changes []Change) {
	db.mu.Lock()
	hooks := db.hooks
	db.mu.Unlock()
	for _, f := range hooks {
		for _, c := range changes {
			f(c.Kind, c.ID)
		}
	}
}

// View runs f in a read transaction: a snapshot that writers do not disturb.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guard(db.path, func() error {
		return db.bolt.View(func(b *bbolt.Tx) (err error) {
			t := newTx(db.schema, b)
			if t.staged, err = db.stageAt(b); err != nil {
				return err
			}
			t.mapped = &db.mapped
			defer func() { db.mapped.reads.Add(t.reads) }()
			return f(t)
		})
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// Pages tells how many pages all commits so far have written, and how many bytes
// of pages they took; see Options.Count.
func (db *DB) Pages() (written, bytes int64) {
	s := db.bolt.Stats().TxStats
	return s.GetPageCount(), s.GetPageAlloc()
}

// Backup writes a consistent copy of the whole file to w while changes go on, and
// answers how many bytes it is. The copy can be opened as it is.
func (db *DB) Backup(w io.Writer) (n int64, err error) {
	err = db.View(context.Background(), func(t *Tx) error {
		n, err = t.b.WriteTo(w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("back up the store: %w", err)
	}
	return n, nil
}
