package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"billferry/internal/reconcile"
	"billferry/store"
)

// audit has an entry written at the end of the transaction.
func (t *tx) audit(e store.AuditEntry) error {
	e.Seq, e.Time = 0, t.now.UTC()
	raw, err := e.Raw()
	if err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(`{"seq":0`))
	if !ok {
		return fmt.Errorf("write the audit trail: an entry begins with its number, not %.10q", raw)
	}
	t.entries, t.dirty = append(t.entries, rest), true
	return nil
}

// putEntries queues the entries as the last statements: all who write one wait for the
// head. PostgreSQL itself numbers and chains them, as store.Chain does, since nobody can
// go on between a question for the head and the answer that it has changed.
func (t *tx) putEntries() {
	for _, rest := range t.entries {
		t.batch.Queue(`WITH head AS (UPDATE audit_head SET seq = seq + 1,
				hash = sha256(hash || '{"seq":'::bytea || convert_to((seq + 1)::text, 'UTF8') || $1::bytea) RETURNING seq, hash)
			INSERT INTO audit SELECT seq, hash, '{"seq":'::bytea || convert_to(seq::text, 'UTF8') || $1::bytea FROM head`, rest)
	}
	t.entries = nil
}

// Audit implements app.AuditStore.
func (s *Store) Audit(ctx context.Context, who, what, detail string) error {
	return s.write(ctx, func(t *tx) error { return t.audit(store.AuditEntry{Who: who, What: what, Detail: detail}) })
}

// AuditTrail implements app.AuditStore.
func (s *Store) AuditTrail(ctx context.Context, limit int) (out []store.AuditEntry, err error) {
	rows, err := s.pool.Query(ctx, `SELECT seq, hash, entry FROM audit ORDER BY seq DESC LIMIT $1`, limit)
	if err != nil {
		return nil, s.told(err)
	}
	var seq int64
	var hash, raw []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, &hash, &raw}, func() error {
		e := store.AuditEntry{Hash: bytes.Clone(hash)}
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("%w: entry %d cannot be read: %w", store.ErrTampered, seq, err)
		}
		out = append(out, e)
		return nil
	})
	return out, s.told(err)
}

// VerifyAudit implements app.AuditStore. The head knows the last entry, so that a
// trail that was cut off is told too.
func (s *Store) VerifyAudit(ctx context.Context) (n int, last []byte, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(t pgx.Tx) error {
		var count int64
		var head []byte
		if err := t.QueryRow(ctx, `SELECT seq, hash FROM audit_head`).Scan(&count, &head); err != nil {
			return err
		}
		rows, err := t.Query(ctx, `SELECT seq, hash, entry FROM audit ORDER BY seq`)
		if err != nil {
			return err
		}
		var seq int64
		var hash, raw []byte
		_, err = pgx.ForEachRow(rows, []any{&seq, &hash, &raw}, func() error {
			var e store.AuditEntry
			switch want := int64(n) + 1; {
			case seq != want:
				return fmt.Errorf("%w: entry %d is missing", store.ErrTampered, want)
			case !bytes.Equal(hash, store.Chain(last, raw)):
				return fmt.Errorf("%w: entry %d is not what was written, or the one before it is not", store.ErrTampered, want)
			case json.Unmarshal(raw, &e) != nil || e.Seq != uint64(want):
				return fmt.Errorf("%w: entry %d cannot be read", store.ErrTampered, want)
			}
			n, last = n+1, bytes.Clone(hash)
			return nil
		})
		if err == nil && (int64(n) != count || !bytes.Equal(last, head)) {
			err = fmt.Errorf("%w: it ends with entry %d, and %d were written", store.ErrTampered, n, count)
		}
		return err
	})
	return n, last, s.told(err)
}

// SaveReport implements app.ReportStore.
func (s *Store) SaveReport(ctx context.Context, r reconcile.Report) error {
	r.Rows = nil
	raw, err := encode(r)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		t.tell("reconciliation", r.ID)
		t.put(`INSERT INTO report VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, clean(r.ID), store.Pack(raw))
		return nil
	})
}

// Report implements app.ReportStore.
func (s *Store) Report(ctx context.Context, id string) (r reconcile.Report, err error) {
	all, err := s.reports(ctx, `WHERE id = $1`, clean(id))
	if err == nil && len(all) == 0 {
		err = notFound("reconciliation", id)
	}
	if err != nil {
		return r, err
	}
	return all[0], nil
}

// Reports implements app.ReportStore.
func (s *Store) Reports(ctx context.Context, integrationID string) (out []reconcile.Report, err error) {
	all, err := s.reports(ctx, `ORDER BY id`)
	for _, r := range all {
		if integrationID == "" || r.IntegrationID == integrationID {
			out = append(out, r)
		}
	}
	return out, err
}

func (s *Store) reports(ctx context.Context, which string, args ...any) (out []reconcile.Report, err error) {
	resolved, err := s.Resolutions(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT record FROM report `+which, args...)
	if err != nil {
		return nil, s.told(err)
	}
	packed, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	for _, b := range packed {
		raw, err := store.Unpack(b)
		if err != nil {
			return nil, fmt.Errorf("read a reconciliation: %w", err)
		}
		r, err := decode[reconcile.Report](raw)
		if err != nil {
			return nil, err
		}
		out = append(out, r.With(resolved))
	}
	return out, s.told(err)
}

// Resolutions implements app.ReportStore.
func (s *Store) Resolutions(ctx context.Context) (map[string]reconcile.Resolution, error) {
	all, err := list[reconcile.Resolution](ctx, s.pool, `SELECT record FROM resolution`)
	out := make(map[string]reconcile.Resolution, len(all))
	for _, x := range all {
		out[x.Break] = x
	}
	return out, s.told(err)
}

// Resolve implements app.ReportStore.
func (s *Store) Resolve(ctx context.Context, x reconcile.Resolution) error {
	raw, err := encode(x)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		t.tell("reconciliation", x.Break)
		t.put(`INSERT INTO resolution VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, clean(x.Break), raw)
		return nil
	})
}

// Unresolve implements app.ReportStore.
func (s *Store) Unresolve(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.tell("reconciliation", id)
		return t.drop("resolution", "resolution of break", id)
	})
}
