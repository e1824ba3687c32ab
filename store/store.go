package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

	"billferry/internal/delivery"
)

// ErrClosed is returned, wrapped, by every method after Close.
var ErrClosed = errors.New("the store is closed")

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

	noSync bool // for tests of what is written, not of when it is on disk
	most   int  // for tests of what is staged: at most so many keys
	count  bool // for tests of how many pages are written
}

// Store is an open file. It is safe for many goroutines.
type Store struct {
	db     *bbolt.DB
	path   string
	sealer Sealer
	now    func() time.Time
	log    *slog.Logger
	seq    atomic.Uint32               // counter inside new keys
	stage  *stage                      // the writer's; nil: it has to read the file
	record []byte                      // the writer's: what a transaction stages, made anew in each
	around func(func() error) error    // each commit
	most   int                         // keys that are staged before they are brought into the trees
	recent [2]atomic.Pointer[snapshot] // the stage by transaction, odd and even

	decoded sync.Map // integrations read before: id to *decoded

	lostMeta bool        // one of the meta pages was not whole at the start
	file     os.FileInfo // the file that is open

	mu      sync.Mutex // guards queue, closing and hooks
	queue   []*op
	closing bool
	hooks   []func(kind, id string)
	wake    chan struct{} // 1 deep: something waits in queue
	ended   chan struct{} // closed when the writer has ended
}

var _ delivery.Ledger = (*Store)(nil)

// lockWait makes bbolt try the lock once: whoever has it has it for long.
const lockWait = 10 * time.Millisecond

// Open opens the file at path, and makes it (0600) and its folder (0700) when
// they are missing. A file that another process has open is a *LockedError, at
// once; one of another version is ErrVersion.
func Open(path string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Commit == nil {
		o.Commit = func(commit func() error) error { return commit() }
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
	// The array freelist is written as it lies, where the map is sorted at each
	// commit, and it gives the lowest page first, which keeps a file compact.
	var db *bbolt.DB
	var file os.FileInfo
	metas := 0
	err := guard(path, func() (err error) {
		if metas, err = inspect(path); err != nil {
			return err
		}
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockWait, FreelistType: bbolt.FreelistArrayType, InitialMmapSize: mapAhead(), NoStatistics: !o.count, NoSync: o.noSync,
			OpenFile: func(name string, flag int, perm os.FileMode) (f *os.File, err error) {
				if f, err = os.OpenFile(name, flag, perm); err == nil {
					file, err = f.Stat()
				}
				return f, err
			},
		})
		return err
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, lockedError(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	s := &Store{
		db: db, path: path, sealer: o.Sealer, now: o.Now, log: o.Logger,
		around: o.Commit, most: cmp.Or(o.most, maxStagedItems), wake: make(chan struct{}, 1), ended: make(chan struct{}),
		lostMeta: metas < 2, file: file,
	}
	if s.lostMeta {
		s.log.Warn("one of the two meta pages of the store is not whole: the last change before it was opened may be missing", "path", path)
	}
	if err := guard(path, s.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store %s: %w", path, err), db.Close())
	}
	go s.writeLoop()
	return s, nil
}

// ErrReplaced is returned, wrapped, by changes when the store's file is no longer
// where it was opened: they would go to a file that nobody finds again.
var ErrReplaced = errors.New("the store's file was removed or replaced while billferry had it open")

// InPlace tells whether the file that is open is still at its path.
func (s *Store) InPlace() error {
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(s.file, now) {
		return nil
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w; nothing is recorded or sent. To do: while it runs, save what it has with 'billferry store backup FILE';"+
			" then stop it, put the right file in its place, run 'billferry store check' and start it again", s.path, ErrReplaced)
	}
	return fmt.Errorf("look at the store's file: %w", err)
}

// prepare makes a new file ready and reads what a running store keeps in memory.
func (s *Store) prepare() error {
	if err := begin(s.db, s.now()); err != nil {
		return err
	}
	if err := writeOwner(s.path, s.now()); err != nil {
		s.log.Warn("cannot say who has the store", "error", err) // others will see an unnamed owner
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		s.seq.Store(uint32(tx.Bucket([]byte(bStaged.String())).Sequence()))
		return nil
	})
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
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closing
	s.closing = true
	s.mu.Unlock()
	if closed {
		<-s.ended
		return nil
	}
	s.signal()
	<-s.ended
	// The sidecar goes first: once the lock is free it may be somebody else's, and
	// is already when the file is another one.
	if err := s.InPlace(); err != nil {
		s.log.Error("the store that is closed is not in its place", "error", err)
	} else if err := os.Remove(ownerPath(s.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("cannot remove the note of who has the store", "error", err)
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// OnChange calls f after each commit, for each thing that changed: kind is
// integration, run, event, mapping, draft or source. f runs in the goroutine
// that made the change and should return soon.
func (s *Store) OnChange(f func(kind, id string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks[:len(s.hooks):len(s.hooks)], f)
}

func (s *Store) notify(changes []change) {
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, f := range hooks {
		for _, c := range changes {
			f(c.kind, c.id)
		}
	}
}

// view runs f in a read transaction: a snapshot that writers do not disturb.
func (s *Store) view(ctx context.Context, f func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guard(s.path, func() error {
		return s.db.View(func(b *bbolt.Tx) (err error) {
			t := newTx(b, s.now())
			t.decoded = &s.decoded
			if t.staged, err = s.stageAt(b); err != nil {
				return err
			}
			return f(t)
		})
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}
