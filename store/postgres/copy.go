package postgres

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
	"billferry/store"
)

// exports are how kinds of records are read, each in the order of a copy.
var exports = map[store.Kind]string{
	store.KindIntegration: `SELECT id::bytea AS key, 0, record, NULL::bytea FROM integration ORDER BY id`,
	store.KindCredentials: `SELECT id::bytea AS key, 0, record, NULL::bytea FROM credentials ORDER BY id`,
	store.KindSource:      `SELECT id::bytea AS key, 0, record, NULL::bytea FROM source ORDER BY id`,
	store.KindDraft:       `SELECT id::bytea AS key, 0, record, NULL::bytea FROM draft ORDER BY id`,
	store.KindMapping:     `SELECT id::bytea AS key, 0, record, NULL::bytea FROM mapping ORDER BY id`,
	store.KindNote:        `SELECT key, 0, value, NULL::bytea FROM note WHERE key <> '` + sealNote + `' ORDER BY key`,
	store.KindRun: `SELECT id::text::bytea AS key, 0, record, (SELECT body FROM run_bill_body b WHERE b.id = r.id)
		FROM run r ORDER BY id`,
	store.KindAttempt:    `SELECT id::text::bytea AS key, n, body, NULL::bytea FROM attempt ORDER BY id, n`,
	store.KindEvent:      `SELECT id::text::bytea AS key, leads::int, record, NULL::bytea FROM event ORDER BY id`,
	store.KindAudit:      `SELECT ''::bytea, seq, entry, hash FROM audit ORDER BY seq`,
	store.KindReport:     `SELECT id::bytea AS key, 0, record, NULL::bytea FROM report ORDER BY id`,
	store.KindResolution: `SELECT id::bytea AS key, 0, record, NULL::bytea FROM resolution ORDER BY id`,
}

// Export calls f for every record there is, all as of one moment.
func (s *Store) Export(ctx context.Context, f func(store.Record) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return s.told(pgx.BeginTxFunc(ctx, s.pool, o, func(t pgx.Tx) error { return export(ctx, t, f) }))
}

func export(ctx context.Context, t pgx.Tx, f func(store.Record) error) error {
	for _, k := range store.Kinds {
		rows, err := t.Query(ctx, exports[k])
		if err != nil {
			return err
		}
		r := store.Record{Kind: k}
		var id []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &r.N, &r.Value, &r.More}, func() error {
			r.ID = string(id)
			return f(r)
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", k, err)
		}
	}
	return nil
}

// importChunk is how many records are sent together.
const importChunk = 1000

// Import takes all records of another store into this database, which has to be
// empty, and makes the sums: all in one transaction, so that after an error it is
// empty still.
func (s *Store) Import(ctx context.Context, records iter.Seq2[store.Record, error]) error {
	return s.write(ctx, func(t *tx) error {
		switch full, err := t.full(); {
		case err != nil:
			return err
		case full:
			return fmt.Errorf("the database at %s: %w", s.where, store.ErrNotEmpty)
		}
		i := &importer{tx: t}
		for r, err := range records {
			if err == nil {
				r.Value, r.More = bytes.Clone(r.Value), bytes.Clone(r.More)
				err = i.record(r)
			}
			if err != nil {
				return err
			}
		}
		return i.end()
	})
}

// full tells whether the database has records.
func (t *tx) full() (full bool, err error) {
	err = t.QueryRow(t.ctx, `SELECT EXISTS (SELECT FROM integration) OR EXISTS (SELECT FROM run) OR EXISTS (SELECT FROM audit)
		OR EXISTS (SELECT FROM mapping)`).Scan(&full)
	return full, err
}

type importer struct {
	*tx
	seq   int64
	event string
	audit store.Record
}

func (i *importer) record(r store.Record) error {
	switch r.Kind {
	case store.KindIntegration:
		in, err := decode[integration.Integration](r.Value)
		if err != nil {
			return err
		}
		i.tell("integration", r.ID)
		i.put(`INSERT INTO integration VALUES ($1, $2, $3, $4)`, clean(r.ID), store.NameKey(in.Name), clean(in.CredentialsID), r.Value)
	case store.KindMapping:
		m, err := decode[integration.ExternalMapping](r.Value)
		if err != nil {
			return err
		}
		i.put(`INSERT INTO mapping VALUES ($1, $2, $3, $4)`, clean(r.ID), keyOf(m), clean(m.IntegrationID), r.Value)
	case store.KindRun:
		run, err := store.UnpackRun(r.ID, r.Value)
		if err != nil {
			return err
		}
		i.seq = max(i.seq, run.Seq)
		i.added = append(i.added, newRow{&run, r.Value, r.More})
	case store.KindAttempt:
		i.put(`INSERT INTO attempt VALUES ($1::uuid, $2, $3)`, r.ID, r.N, r.Value)
	case store.KindEvent:
		e, err := decode[integration.Event](r.Value)
		if err != nil {
			return err
		}
		i.event = r.ID
		i.put(`INSERT INTO event VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)`, r.ID, clean(e.IntegrationID), clean(e.Name), clean(e.Group),
			e.Actioned.IsZero(), r.N == 1, r.Value)
	case store.KindAudit:
		i.audit = r
		i.put(`INSERT INTO audit VALUES ($1, $2, $3)`, r.N, r.More, r.Value)
	case store.KindNote:
		i.putNote(r.ID, r.Value)
	default:
		table := map[store.Kind]string{store.KindCredentials: "credentials", store.KindSource: "source", store.KindDraft: "draft",
			store.KindReport: "report", store.KindResolution: "resolution"}[r.Kind]
		i.put(`INSERT INTO `+table+` VALUES ($1, $2)`, clean(r.ID), r.Value)
	}
	if i.batch.Len()+len(i.added) < importChunk {
		return nil
	}
	return i.flush()
}

// end makes what follows from the records.
func (i *importer) end() error {
	i.put(`INSERT INTO bill (integration_id, bill_id) SELECT DISTINCT integration_id, bill_id FROM run`)
	if i.seq > 0 {
		i.put(`SELECT setval('run_seq', $1)`, i.seq)
	}
	if i.event != "" {
		i.put(`UPDATE event_head SET last = $1::uuid`, i.event)
	}
	if i.audit.N > 0 {
		i.put(`UPDATE audit_head SET seq = $1, hash = $2`, i.audit.N, i.audit.More)
	}
	if err := i.flush(); err != nil {
		return err
	}
	c := &checker{repair: true, tell: func(string, int) {}}
	if err := c.all(i.tx); err != nil {
		return err
	}
	if c.rep.Found > c.rep.Repaired {
		return fmt.Errorf("the copy has %d problems, the first: %s", c.rep.Found-c.rep.Repaired, c.rep.Problems[0])
	}
	return nil
}
