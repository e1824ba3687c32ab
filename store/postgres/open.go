package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"billferry/store"
)

// Store is an open database. It is safe for many goroutines.
type Store struct {
	pool    *pgxpool.Pool
	leases  *pgxpool.Pool // for what must not wait for the work, where several share the database
	alone   *pgx.Conn     // holds the locks of the one process that has the database; nil: several share it
	session int64         // one of them, which nobody else knows
	schema  string
	where   string // host, port and database, for people
	user    string
	base    string // the database alone
	sealer  store.Sealer
	now     func() time.Time
	closed  atomic.Bool
	asking  sync.Mutex      // of alone, which takes one question at a time
	life    context.Context // of what goes on in the background
	end     context.CancelFunc

	mu    sync.Mutex
	hooks []func(kind, id string)

	known   known
	hints   hinter
	folding sync.WaitGroup
	grown   atomic.Int64 // rows of sums since they were folded
	busy    atomic.Bool  // folding
}

// closing is how long Close waits for what is done in the background.
const closing = time.Second

// reach is how long PostgreSQL may take to answer at the start.
const reach = 10 * time.Second

// Open opens the database at a URL of PostgreSQL, and makes the tables there when
// they are missing: in the schema that search_path names, else in billferry. One
// process has it at a time.
func Open(ctx context.Context, url string, o store.Options) (*Store, error) {
	return open(ctx, url, o, false)
}

// OpenShared opens a database that several processes have at once. Who sends
// becomes one of its nodes first (Join), and writes under a Lease. It is refused
// while one process has the database alone, to copy it say.
func OpenShared(ctx context.Context, url string, o store.Options) (*Store, error) {
	return open(ctx, url, o, true)
}

func open(ctx context.Context, url string, o store.Options, shared bool) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the URL of the database cannot be read: %w; it is like postgres://user@host:5432/database", err)
	}
	c := cfg.ConnConfig
	schema := cmp.Or(c.RuntimeParams["search_path"], "billferry")
	if strings.ContainsAny(schema, `", `) {
		return nil, fmt.Errorf("search_path %q in the URL of the database: name one schema", schema)
	}
	settings := "SET search_path = " + pgx.Identifier{schema}.Sanitize()
	if shared && c.RuntimeParams[idleEnd] == "" { // else a process that stands still keeps its accounts from others
		settings += "; SET " + idleEnd + " = 5000"
	}
	delete(c.RuntimeParams, "search_path") // a pooler refuses it when a session begins
	c.AfterConnect = func(ctx context.Context, c *pgconn.PgConn) error { return c.Exec(ctx, settings).Close() }
	s := &Store{sealer: o.Sealer, now: o.Now, schema: schema, session: rand.Int64(), user: c.User, base: c.Database,
		where: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database}
	s.life, s.end = context.WithCancel(context.Background())
	reached, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if s.alone, err = pgx.ConnectConfig(reached, c.Copy()); err != nil {
		return nil, s.told(err)
	}
	if err = s.fit(reached, c); err == nil {
		err = s.prepare(ctx, shared)
	}
	if shared {
		_ = s.alone.Close(reached)
		s.alone = nil
		if !strings.Contains(url, "pool_max_conns") {
			cfg.MaxConns = conns
		}
	}
	if err == nil {
		s.pool, err = pgxpool.NewWithConfig(ctx, cfg)
	}
	if err == nil && shared {
		few := cfg.Copy()
		few.MaxConns = 2
		s.leases, err = pgxpool.NewWithConfig(ctx, few)
	}
	if err == nil {
		err = s.checkSeal(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Where is host, port and name of the database, for people.
func (s *Store) Where() string { return s.where }

// conns is how many connections a process takes that sends, unless the URL says it.
const conns = 16

// idleEnd is the setting of PostgreSQL that ends a transaction in which nothing is
// asked any more, in milliseconds.
const idleEnd = "idle_in_transaction_session_timeout"

// prepare takes the lock, unless the database is shared, and brings the tables to
// this version.
func (s *Store) prepare(ctx context.Context, shared bool) error {
	if !shared {
		if err := s.takeLock(ctx); err != nil {
			return s.told(err)
		}
	}
	return s.told(s.migrate(ctx, shared))
}

// sealNote is sealed with the key of the first that opened the database with one.
const sealNote = "seal/check"

// keeper is a sealer whose key may be new. It is kept before it becomes the
// database's, and not at all where it does not.
type keeper interface {
	New() bool
	Keep() error
}

// checkSeal refuses another sealing key than the database's. Of several that are the
// first, one is; a new key is none of a database that was copied, with its secrets.
func (s *Store) checkSeal(ctx context.Context) error {
	if s.sealer == nil {
		return nil
	}
	sealed, err := s.sealer.Seal([]byte(sealNote))
	if err != nil {
		return err
	}
	another := fmt.Errorf("the secrets in the database at %s are sealed with another sealing key: "+
		"give this machine the key of the one that made them", s.where)
	return s.write(ctx, func(t *tx) error {
		tag, err := t.Exec(ctx, `INSERT INTO note VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, []byte(sealNote), sealed)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			kept, _, err := one(ctx, t, `SELECT value FROM note WHERE key = $1`, []byte(sealNote))
			if err != nil {
				return err
			}
			if plain, err := s.sealer.Open(kept); err != nil || string(plain) != sealNote {
				return another
			}
			return nil
		}
		key, ok := s.sealer.(keeper)
		if !ok || !key.New() {
			return nil
		}
		if full, err := t.full(); full || err != nil {
			return cmp.Or(err, another)
		}
		return key.Keep()
	})
}

// InPlace tells whether the database answers, and its locks are still this
// process's where it has it alone.
func (s *Store) InPlace() error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), reach)
	defer cancel()
	if s.alone == nil {
		if err := s.pool.Ping(ctx); err != nil {
			return s.told(err)
		}
		return nil
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := s.alone.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", s.lost(), err)
	}
	return nil
}

// Close gives the database back. A second Close does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	grace := time.AfterFunc(closing, s.end)
	s.folding.Wait()
	s.hints.all.Wait()
	grace.Stop()
	s.end()
	for _, p := range []*pgxpool.Pool{s.pool, s.leases} {
		if p != nil {
			p.Close()
		}
	}
	if s.alone == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), reach)
	defer cancel()
	_, _ = s.alone.Exec(ctx, `SELECT pg_advisory_unlock_all()`) // or the end of the connection does it
	return s.alone.Close(ctx)
}

// OnChange calls f after each commit, for each thing that changed.
func (s *Store) OnChange(f func(kind, id string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(slices.Clone(s.hooks), f)
}

func (s *Store) tell(changed []change) {
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, c := range changed {
		for _, f := range hooks {
			f(c.kind, c.id)
		}
	}
}
