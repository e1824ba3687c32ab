package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"billferry/internal/integration"
	"billferry/store"
)

// tx is a transaction. What it changes waits in a batch until its end.
type tx struct {
	pgx.Tx
	ctx     context.Context
	now     time.Time
	batch   pgx.Batch
	tallies map[part]tally
	counts  map[counter]int64
	changed []change
	added   []newRow
	gone    map[string]*string // names of deleted integrations, by id; nil: there, or never was
	sums    int                // rows added to the sums
	entries [][]byte           // of the audit trail, from behind their numbers on
	dirty   bool
}

// change is what OnChange tells of; a small thing is told to other processes alone.
type change struct{ kind, id string }

const noteKind = "note"

// put queues a statement for the end of the transaction.
func (t *tx) put(sql string, args ...any) {
	t.dirty = true
	t.batch.Queue(sql, args...)
}

func (t *tx) tell(kind, id string) { t.changed = append(t.changed, change{kind, id}) }

// tries is how often a transaction is begun that PostgreSQL ends for the sake of
// another.
const tries = 5

// write runs f in a transaction, and commits with it what ctx carries.
func (s *Store) write(ctx context.Context, f func(*tx) error) error {
	for n := 1; ; n++ {
		changed, err := s.writeOnce(ctx, f)
		var pg *pgconn.PgError
		if n < tries && errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") {
			continue
		}
		if err != nil {
			return s.told(err)
		}
		if slices.ContainsFunc(changed, func(c change) bool { return c.kind == "integration" }) {
			s.known.forget()
		}
		s.tell(changed)
		return nil
	}
}

func (s *Store) writeOnce(ctx context.Context, f func(*tx) error) ([]change, error) {
	if s.closed.Load() {
		return nil, store.ErrClosed
	}
	p, err := s.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.Rollback(context.WithoutCancel(ctx)) }() // nothing after a commit
	t := &tx{Tx: p, ctx: ctx, now: s.now(), tallies: map[part]tally{}, counts: map[counter]int64{}, gone: map[string]*string{}}
	if err := f(t); err != nil {
		return nil, err
	}
	beside := store.BesideOf(ctx)
	if beside != nil && !t.dirty {
		beside = nil
	}
	if beside != nil {
		for _, k := range slices.Sorted(maps.Keys(beside.Notes)) {
			t.putNote(k, beside.Notes[k])
		}
	}
	if t.dirty {
		s.fence(t)
		if err := s.publish(t); err != nil {
			return nil, err
		}
	}
	if beside != nil && beside.Entry != nil {
		if err := t.audit(*beside.Entry); err != nil {
			return nil, err
		}
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	if err := p.Commit(ctx); err != nil {
		s.known.forget() // it may have been done all the same
		return nil, err
	}
	if beside != nil {
		beside.Written = true
	}
	s.fold(t.sums)
	if s.alone == nil && len(t.changed) > 0 {
		s.hint()
	}
	return slices.DeleteFunc(t.changed, func(c change) bool { return c.kind == noteKind }), nil
}

// flush sends what was queued.
func (t *tx) flush() error {
	if err := t.addRows(); err != nil {
		return err
	}
	t.putTallies()
	t.putEntries()
	if t.batch.Len() == 0 {
		return nil
	}
	err := t.SendBatch(t.ctx, &t.batch).Close()
	t.batch = pgx.Batch{}
	return err
}

// one reads one record; a missing one is not ok.
func one(ctx context.Context, q querier, sql string, args ...any) (b []byte, ok bool, err error) {
	err = q.QueryRow(ctx, sql, args...).Scan(&b)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// querier is a transaction or the pool.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// read is a record in JSON; numbers of unknown size keep their digits.
func read[T any](ctx context.Context, q querier, sql string, args ...any) (v T, ok bool, err error) {
	b, ok, err := one(ctx, q, sql, args...)
	if err != nil || !ok {
		return v, false, err
	}
	v, err = decode[T](b)
	return v, err == nil, err
}

func decode[T any](b []byte) (v T, err error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("read a record of the database: %w", err)
	}
	return v, nil
}

// list reads many.
func list[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, err
	}
	var out []T
	for _, b := range raw {
		v, err := decode[T](b)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write a record: %w", err)
	}
	return b, nil
}

// clean is a text as PostgreSQL can hold it.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

func cleanAll[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = clean(string(s))
	}
	return out
}

func notFound(what, id string) error {
	return fmt.Errorf("%s %q: %w", what, id, integration.ErrNotFound)
}
