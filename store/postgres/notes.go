package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
)

// Drafts implements app.DraftStore.
func (s *Store) Drafts(ctx context.Context) ([]integration.Draft, error) {
	out, err := list[integration.Draft](ctx, s.pool, `SELECT record FROM draft ORDER BY id`)
	slices.SortStableFunc(out, func(a, b integration.Draft) int { return b.Modified.Compare(a.Modified) })
	return out, s.told(err)
}

// SaveDraft implements app.DraftStore.
func (s *Store) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	if d.ID == "" {
		d.ID = uuid.NewString()
	}
	d.Modified = s.now().UTC()
	err := s.write(ctx, func(t *tx) error {
		of, _, err := connectable(t.ctx, t, d.ID)
		if err != nil {
			return err
		}
		d.CredentialsID = of.CredentialsID
		return t.putDraft(d)
	})
	return d, err
}

func (t *tx) putDraft(d integration.Draft) error {
	raw, err := encode(d)
	if err != nil {
		return err
	}
	t.tell("draft", d.ID)
	t.put(`INSERT INTO draft VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, clean(d.ID), raw)
	return nil
}

// drop deletes a record by its id and says when there is none.
func (t *tx) drop(table, what, id string) error {
	tag, err := t.Exec(t.ctx, `DELETE FROM `+table+` WHERE id = $1`, clean(id))
	if err == nil && tag.RowsAffected() == 0 {
		err = notFound(what, id)
	}
	t.dirty = true
	return err
}

// DeleteDraft implements app.DraftStore.
func (s *Store) DeleteDraft(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		of, _, err := connectable(t.ctx, t, id)
		if err != nil {
			return err
		}
		t.put(`DELETE FROM credentials WHERE id = $1`, clean(of.CredentialsID))
		t.tell("draft", id)
		return t.drop("draft", "draft", id)
	})
}

// Meta implements delivery.Ledger.
func (s *Store) Meta(ctx context.Context, key string) ([]byte, error) {
	b, _, err := one(ctx, s.pool, `SELECT value FROM note WHERE key = $1`, []byte(key))
	return b, s.told(err)
}

// MetaUnder implements delivery.Ledger.
func (s *Store) MetaUnder(ctx context.Context, prefix string) (map[string][]byte, error) {
	rows, err := s.pool.Query(ctx, `SELECT key, value FROM note WHERE key >= $1 AND substr(key, 1, $2) = $1`, []byte(prefix), len(prefix))
	if err != nil {
		return nil, s.told(err)
	}
	out := map[string][]byte{}
	var k, v []byte
	_, err = pgx.ForEachRow(rows, []any{&k, &v}, func() error {
		out[string(k)] = slices.Clone(v)
		return nil
	})
	return out, s.told(err)
}

// SetMeta implements delivery.Ledger.
func (s *Store) SetMeta(ctx context.Context, key string, value []byte) error {
	return s.write(ctx, func(t *tx) error {
		t.setNote(key, value)
		return nil
	})
}

// UpdateMeta keeps what change makes of a small thing; nil is one that is missing, or
// is to go.
func (s *Store) UpdateMeta(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.Exec(t.ctx, `SELECT pg_advisory_xact_lock(`+noteKey+`)`, s.schema+" "+key); err != nil {
			return err
		}
		old, _, err := one(t.ctx, t, `SELECT value FROM note WHERE key = $1`, []byte(key))
		if err != nil {
			return err
		}
		value, err := change(old)
		if err == nil {
			t.setNote(key, value)
		}
		return err
	})
}

func (t *tx) setNote(key string, value []byte) {
	if value != nil {
		t.putNote(key, value)
		return
	}
	t.put(`DELETE FROM note WHERE key = $1`, []byte(key))
	t.tell(noteKind, key)
}

func (t *tx) putNote(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	t.tell(noteKind, key)
	t.put(`INSERT INTO note VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`, []byte(key), value)
}
