package postgres

import (
	"context"
	"embed"
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
	alone   *pgx.Conn // holds the locks of the one process that has the database; nil: several share it
	session int64     // one of them, which nobody else knows
	schema  string
	where   string // host, port and database, for people
	sealer  store.Sealer
	now     func() time.Time
	closed  atomic.Bool
	asking  sync.Mutex // of alone, which takes one question at a time

	mu    sync.Mutex
	hooks []func(kind, id string)

	hints   hinter
	folding sync.WaitGroup
	grown   atomic.Int64 // rows of sums since they were folded
	busy    atomic.Bool  // folding
}

//go:embed migrations/*.sql
var migrations embed.FS

// oldest is the first major version of PostgreSQL that this works with.
const oldest = 13

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
	schema := cfg.ConnConfig.RuntimeParams["search_path"]
	if schema == "" {
		schema = "billferry"
		cfg.ConnConfig.RuntimeParams["search_path"] = schema
	}
	if strings.ContainsAny(schema, `", `) {
		return nil, fmt.Errorf("search_path %q in the URL of the database: name one schema", schema)
	}
	c := cfg.ConnConfig
	s := &Store{sealer: o.Sealer, now: o.Now, schema: schema, session: rand.Int64(),
		where: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database}
	reached, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if s.alone, err = pgx.ConnectConfig(reached, c.Copy()); err != nil {
		return nil, s.unreached(c, err)
	}
	err = s.prepare(reached, c, shared)
	if shared {
		_ = s.alone.Close(reached)
		s.alone = nil
		if !strings.Contains(url, "pool_max_conns") {
			cfg.MaxConns = conns
		}
		if c.RuntimeParams[idleEnd] == "" { // else a process that stands still keeps its accounts from others
			c.RuntimeParams[idleEnd] = "5000"
		}
	}
	if err == nil {
		s.pool, err = pgxpool.NewWithConfig(ctx, cfg)
	}
	if err == nil {
		err = s.checkSeal(reached)
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

// unreached says what to do when no connection comes about.
func (s *Store) unreached(c *pgx.ConnConfig, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "28P01", "28000":
			return fmt.Errorf("PostgreSQL at %s does not let user %s in: %s; check user, password and pg_hba.conf", s.where, c.User, pg.Message)
		case "3D000":
			return fmt.Errorf("there is no database at %s; make it with createdb, or name another", s.where)
		}
		return fmt.Errorf("PostgreSQL at %s refuses the connection: %s (%s)", s.where, pg.Message, pg.Code)
	}
	why := strings.Join(strings.Fields(err.Error()), " ") // pgx has a line for each address
	return fmt.Errorf("no answer from PostgreSQL at %s: %s; check that it runs, the address and the firewall", s.where, why)
}

// prepare takes the lock, unless the database is shared, and brings the tables to
// this version.
func (s *Store) prepare(ctx context.Context, c *pgx.ConnConfig, shared bool) error {
	var version int
	var standby, readOnly bool
	err := s.alone.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
		current_setting('transaction_read_only')::bool`).Scan(&version, &standby, &readOnly)
	switch {
	case err != nil:
		return s.told(err)
	case version < oldest:
		return fmt.Errorf("PostgreSQL %d at %s is too old: version %d or newer is needed", version, s.where, oldest)
	case standby || readOnly:
		return fmt.Errorf("the database at %s is read-only: it may be a standby; name the primary", s.where)
	}
	if !shared {
		if err := s.takeLock(ctx); err != nil {
			return s.told(err)
		}
	}
	if err := s.migrate(ctx, shared); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "42501" {
			return fmt.Errorf("user %s may not make tables in the database at %s: %s; let its owner run GRANT CREATE ON DATABASE %s TO %s",
				c.User, s.where, pg.Message, c.Database, c.User)
		}
		return err
	}
	return nil
}

// migrate runs the steps that the database has not had, all in one transaction:
// it has them all or none.
func (s *Store) migrate(ctx context.Context, shared bool) error {
	steps, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.alone, func(t pgx.Tx) error {
		if shared {
			if err := s.notAlone(ctx, t); err != nil {
				return err
			}
		}
		if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(`+migrateKey+`)`, s.schema); err != nil { // of several that start
			return err
		}
		var there bool
		err := t.QueryRow(ctx, `SELECT to_regclass(quote_ident($1) || '.schema_version') IS NOT NULL`, s.schema).Scan(&there)
		if err != nil {
			return err
		}
		has := 0
		if there {
			if err := t.QueryRow(ctx, `SELECT version FROM schema_version`).Scan(&has); err != nil {
				return fmt.Errorf("the table schema_version at %s is not billferry's: %w; name another schema with search_path", s.where, err)
			}
		}
		if has > len(steps) {
			return fmt.Errorf("the database at %s is of a newer billferry (its tables have version %d, this one knows %d): %w; "+
				"start the newer one", s.where, has, len(steps), store.ErrVersion)
		}
		if has == len(steps) {
			return s.notServed(ctx, t, shared)
		}
		if !there {
			id := pgx.Identifier{s.schema}.Sanitize()
			if _, err := t.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+id); err != nil {
				return err
			}
			if _, err := t.Exec(ctx, "CREATE TABLE schema_version (version int NOT NULL); INSERT INTO schema_version VALUES (0)"); err != nil {
				return err
			}
		}
		for _, step := range steps[has:] {
			sql, err := migrations.ReadFile("migrations/" + step.Name())
			if err != nil {
				return err
			}
			if _, err := t.Exec(ctx, string(sql)); err != nil {
				return fmt.Errorf("migration %s of the database at %s: %w", step.Name(), s.where, err)
			}
		}
		_, err = t.Exec(ctx, `UPDATE schema_version SET version = $1`, len(steps))
		return err
	})
}

// sealNote is sealed with the key of the first that opened the database with one.
const sealNote = "seal/check"

// checkSeal refuses another sealing key than the database's.
func (s *Store) checkSeal(ctx context.Context) error {
	if s.sealer == nil {
		return nil
	}
	kept, err := s.Meta(ctx, sealNote)
	if err != nil {
		return err
	}
	if kept == nil {
		sealed, err := s.sealer.Seal([]byte(sealNote))
		if err != nil {
			return err
		}
		return s.SetMeta(ctx, sealNote, sealed)
	}
	if plain, err := s.sealer.Open(kept); err != nil || string(plain) != sealNote {
		return fmt.Errorf("the secrets in the database at %s are sealed with another sealing key: "+
			"give this machine the key of the one that made them", s.where)
	}
	return nil
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
			return fmt.Errorf("no answer from PostgreSQL at %s: %w", s.where, err)
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
	s.folding.Wait()
	s.hints.all.Wait()
	if s.pool != nil {
		s.pool.Close()
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
