package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"billferry/store"
)

// The locks are advisory ones, in one database. The first has one process keep
// all others away; it, and that of the session, are held by one connection and
// end with it. The second is shared by all that commit: who takes the database
// over waits until what the process before is committing has ended.
// That of a note is held while it is changed.
const (
	ownerKey   = `hashtextextended('billferry ' || $1, 0)`
	writersKey = `hashtextextended('billferry writers ' || $1, 0)`
	noteKey    = `hashtextextended('billferry note ' || $1, 0)`
	migrateKey = `hashtextextended('billferry migrate ' || $1, 0)`
)

// ErrInUse is returned, wrapped, for a database that another process has open.
var ErrInUse = errors.New("the database is in use")

// lockWait is how long Open waits for the process before to be gone: PostgreSQL
// knows after a moment that one has died.
const lockWait = time.Second

// takeLock makes this process the one that has the database.
func (s *Store) takeLock(ctx context.Context) error {
	for since := time.Now(); ; {
		var got bool
		err := s.alone.QueryRow(ctx, `SELECT CASE WHEN pg_try_advisory_lock(`+ownerKey+`)
			THEN pg_try_advisory_lock(`+writersKey+`) ELSE false END`, s.schema).Scan(&got)
		if err != nil {
			return err
		}
		if got {
			_, err := s.alone.Exec(ctx, `SELECT pg_advisory_unlock(`+writersKey+`), pg_advisory_lock($2)`, s.schema, s.session)
			return err
		}
		if time.Since(since) > lockWait {
			return fmt.Errorf("another billferry has the database at %s open: stop it first; one process sends at a time (%w)", s.where, ErrInUse)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockWait / 10):
		}
	}
}

// fence queues that a transaction ends without its changes when the lock of the
// session is free: then another process may have the database, and send.
func (s *Store) fence(t *tx) {
	if s.alone == nil {
		return // several have it: runs are written under leases
	}
	t.batch.Queue(`SELECT pg_advisory_xact_lock_shared(`+writersKey+`)`, s.schema)
	t.batch.Queue(`SELECT pg_try_advisory_xact_lock_shared($1)`, s.session).QueryRow(func(row pgx.Row) error {
		var free bool
		if err := row.Scan(&free); err != nil || !free {
			return err
		}
		return s.lost()
	})
}

func (s *Store) lost() error {
	return fmt.Errorf("the database at %s has ended this process's lock, so another may send: %w; start again", s.where, store.ErrReplaced)
}

// notAlone refuses to share a database that one process has alone. That one cannot
// take it before the transaction has ended.
func (s *Store) notAlone(ctx context.Context, t pgx.Tx) error {
	var free bool
	if err := t.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock_shared(`+ownerKey+`)`, s.schema).Scan(&free); err != nil || free {
		return err
	}
	return fmt.Errorf("another billferry has the database at %s to itself, to copy it say: wait until it ends (%w)", s.where, ErrInUse)
}

// notServed refuses to take a database alone, or to change its tables, while
// processes serve it.
func (s *Store) notServed(ctx context.Context, t pgx.Tx) error {
	var n int
	// None joins with this version in mind before the transaction has ended.
	if _, err := t.Exec(ctx, `SELECT FROM schema_version FOR UPDATE`); err != nil {
		return err
	}
	err := t.QueryRow(ctx, `SELECT count(*) FROM node WHERE expires_at > clock_timestamp()`).Scan(&n)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d processes serve the database at %s: stop them first (%w)", n, s.where, ErrInUse)
	}
	return err
}
