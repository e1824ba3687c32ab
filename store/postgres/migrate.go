package postgres

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"billferry/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// version is that of the tables, as this program knows them.
func version() (int, error) {
	steps, err := migrations.ReadDir("migrations")
	return len(steps), err
}

// migrate runs the steps that the database has not had, all in one transaction:
// it has them all or none. Of several processes that start, one does it, and none
// while another with older tables in mind serves.
func (s *Store) migrate(ctx context.Context, shared bool) error {
	knows, err := version()
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.alone, func(t pgx.Tx) error {
		if shared {
			if err := s.notAlone(ctx, t); err != nil {
				return err
			}
		}
		if _, err := t.Exec(ctx, `SET LOCAL lock_timeout = '10s'`); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(`+migrateKey+`)`, s.schema); err != nil { // of several that start
			return err
		}
		there, err := s.ours(ctx, t)
		if err != nil {
			return err
		}
		has := 0
		if there {
			if err := t.QueryRow(ctx, `SELECT version FROM schema_version`).Scan(&has); err != nil {
				return s.foreign(err)
			}
		}
		if has > knows {
			return fmt.Errorf("the database at %s is of a newer billferry (its tables have version %d, this one knows %d): %w; "+
				"start the newer one", s.where, has, knows, store.ErrVersion)
		}
		if there && (has < knows || !shared) {
			if err := s.notServed(ctx, t); err != nil {
				return err
			}
		}
		if has == knows {
			return nil
		}
		if !there {
			if err := s.makeSchema(ctx, t); err != nil {
				return err
			}
		}
		return s.steps(ctx, t, has, knows)
	})
}

// ours tells whether the schema has tables of billferry.
func (s *Store) ours(ctx context.Context, t pgx.Tx) (there bool, err error) {
	err = t.QueryRow(ctx, `SELECT to_regclass(quote_ident($1) || '.schema_version') IS NOT NULL`, s.schema).Scan(&there)
	return there, err
}

func (s *Store) makeSchema(ctx context.Context, t pgx.Tx) error {
	var there bool
	err := t.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, s.schema).Scan(&there)
	if err == nil && !there { // who may not make one can still fill one that is there
		_, err = t.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{s.schema}.Sanitize())
	}
	if err == nil {
		_, err = t.Exec(ctx, "CREATE TABLE schema_version (version int NOT NULL); INSERT INTO schema_version VALUES (0)")
	}
	return err
}

func (s *Store) steps(ctx context.Context, t pgx.Tx, has, knows int) error {
	steps, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	for _, step := range steps[has:knows] {
		sql, err := migrations.ReadFile("migrations/" + step.Name())
		if err != nil {
			return err
		}
		if _, err = t.Exec(ctx, string(sql)); err == nil && step.Name() == monthStep {
			err = s.sumMonths(ctx, t)
		}
		if err != nil {
			return fmt.Errorf("migration %s of the database at %s: %w", step.Name(), s.where, err)
		}
	}
	_, err = t.Exec(ctx, `UPDATE schema_version SET version = $1`, knows)
	return err
}

// monthStep is the step from which on sums of months are kept.
const monthStep = "0003.sql"

// sumMonths sums the runs that were there before. One that cannot be read is left
// out, of which store check tells.
func (s *Store) sumMonths(ctx context.Context, p pgx.Tx) error {
	t := &tx{Tx: p, ctx: ctx, tallies: map[part]tally{}, counts: map[counter]int64{}}
	rows, err := t.Query(ctx, selectRuns)
	if err != nil {
		return err
	}
	var id string
	var record []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &record}, func() error {
		if r, err := store.UnpackRun(id, record); err == nil && r.Month() != "" {
			t.countRun(&r, time.Time{}, 1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for part, a := range t.tallies {
		t.putSum("tally_month", part, a)
	}
	clear(t.tallies)
	clear(t.counts)
	return t.flush()
}

// sameVersion keeps the tables as this program knows them until the transaction ends.
func (s *Store) sameVersion(ctx context.Context, t pgx.Tx) error {
	knows, err := version()
	if err != nil {
		return err
	}
	var has int
	if err := t.QueryRow(ctx, `SELECT version FROM schema_version FOR SHARE`).Scan(&has); err != nil || has == knows {
		return err
	}
	return fmt.Errorf("the tables of the database at %s have version %d by now, this billferry knows %d: %w; start the newer one",
		s.where, has, knows, store.ErrVersion)
}
