package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"billferry/store"
)

// told says what an error of PostgreSQL means, and what to do.
func (s *Store) told(err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case s.closed.Load() && !errors.Is(err, store.ErrClosed):
		return errors.Join(store.ErrClosed, err)
	case errors.As(err, &pg):
		return s.toldBy(pg, err)
	case errors.As(err, &connect):
		var why []string // pgx has a line for each try: with TLS and without it they fail alike
		for line := range strings.Lines(err.Error()) {
			if line = strings.TrimSpace(line); !slices.Contains(why, line) {
				why = append(why, line)
			}
		}
		return &unreached{fmt.Sprintf("no answer from PostgreSQL at %s: %s; check that it runs, the address and the firewall", s.where,
			strings.Join(why, " ")), err}
	}
	return err
}

// unreached has a text of its own in place of its cause's.
type unreached struct {
	text  string
	cause error
}

func (u *unreached) Error() string { return u.text }
func (u *unreached) Unwrap() error { return u.cause }

// toldBy is told by the code of PostgreSQL's answer (its manual, Appendix A).
func (s *Store) toldBy(pg *pgconn.PgError, err error) error {
	text := ""
	switch pg.Code {
	case "28P01", "28000":
		text = fmt.Sprintf("PostgreSQL at %s does not let user %s in: %s; check user, password and pg_hba.conf", s.where, s.user, pg.Message)
	case "3D000":
		text = fmt.Sprintf("there is no database at %s; make it with createdb, or name another", s.where)
	case "42501":
		text = s.noRights(pg)
	case "25006":
		text = fmt.Sprintf("the database at %s is read-only: it may be a standby, or have been made one; name the primary", s.where)
	case "53100":
		text = fmt.Sprintf("the disk of PostgreSQL at %s is full: %s; make room there", s.where, pg.Message)
	case "53300":
		text = fmt.Sprintf("PostgreSQL at %s has no connection left: %s; raise its max_connections, or lower pool_max_conns in the URL",
			s.where, pg.Message)
	case "55P03":
		text = fmt.Sprintf("another billferry is changing the tables of the database at %s: wait until it ends, then start again", s.where)
	case "57P01", "57P02", "57P03":
		text = fmt.Sprintf("PostgreSQL at %s stops or starts: %s; try again in a moment", s.where, pg.Message)
	default:
		return err
	}
	return &unreached{text, err}
}

// noRights says who may let this user do what PostgreSQL refused.
func (s *Store) noRights(pg *pgconn.PgError) string {
	id := func(name string) string { return pgx.Identifier{name}.Sanitize() }
	what, remedy := "use what billferry made", "open it as the user that made it"
	switch {
	case strings.HasPrefix(pg.Message, "permission denied for database "):
		what, remedy = "make tables", fmt.Sprintf("let its owner run GRANT CONNECT, CREATE ON DATABASE %s TO %s", id(s.base), id(s.user))
	case strings.HasPrefix(pg.Message, "permission denied for schema "):
		what, remedy = "make tables", fmt.Sprintf("let its owner run GRANT USAGE, CREATE ON SCHEMA %s TO %s", id(s.schema), id(s.user))
	}
	return fmt.Sprintf("user %s may not %s in the database at %s: %s; %s", s.user, what, s.where, pg.Message, remedy)
}

// foreign tells of a table that has the name of billferry's and is another's.
func (s *Store) foreign(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		return err
	}
	return fmt.Errorf("the table schema_version at %s is not billferry's: %w; name another schema with search_path", s.where, err)
}

// oldest is the first major version of PostgreSQL that this works with.
const oldest = 13

// unprepared asks without a prepared statement, which a pooler may mix up.
const unprepared = pgx.QueryExecModeSimpleProtocol

// fit refuses a server that the store cannot work with.
func (s *Store) fit(ctx context.Context, c *pgx.ConnConfig) error {
	var version int
	var standby, readOnly bool
	var pid uint32
	err := s.alone.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
		current_setting('transaction_read_only')::bool, pg_backend_pid()`, unprepared).Scan(&version, &standby, &readOnly, &pid)
	switch {
	case err != nil:
		return s.told(err)
	case version < oldest:
		return fmt.Errorf("PostgreSQL %d at %s is too old: version %d or newer is needed", version, s.where, oldest)
	case standby || readOnly:
		return fmt.Errorf("the database at %s is read-only: it may be a standby; name the primary", s.where)
	case pid != s.alone.PgConn().PID(): // a pooler answers
		return s.ownSession(ctx, c)
	}
	return nil
}

// ownSession refuses a pooler that gives a connection another session of PostgreSQL
// for each transaction: search_path, prepared statements and the lock of the one
// process belong to a session.
func (s *Store) ownSession(ctx context.Context, c *pgx.ConnConfig) error {
	other, err := pgx.ConnectConfig(ctx, c.Copy())
	if err != nil {
		return s.told(err)
	}
	defer func() { _ = other.Close(ctx) }()
	pid := func(c querier) (n uint32, err error) {
		err = c.QueryRow(ctx, `SELECT pg_backend_pid()`, unprepared).Scan(&n)
		return n, err
	}
	a, err := pid(s.alone)
	if err != nil {
		return s.told(err)
	}
	b, err := pid(other)
	if err == nil && a != b {
		err = pgx.BeginFunc(ctx, s.alone, func(t pgx.Tx) error { // the other gets one more session meanwhile
			if a, err = pid(t); err == nil {
				b, err = pid(other)
			}
			return err
		})
	}
	same := a != b
	// A pooler hands the session out that was used last, or the one that was not used
	// for longest: one of these is not what it was.
	for _, x := range []struct {
		c   querier
		was uint32
	}{{other, b}, {s.alone, a}, {s.alone, a}, {other, b}} {
		if err != nil {
			return s.told(err)
		}
		var now uint32
		now, err = pid(x.c)
		same = same && now == x.was
	}
	if err == nil && !same {
		err = fmt.Errorf("a pooler before the database at %s gives each transaction another session: "+
			"name PostgreSQL itself, or a pool in session mode", s.where)
	}
	return s.told(err)
}
