package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/store"
)

// Notes of integrations that were deleted, as in the file: one for as long as
// runs wait for it, one for good.
const (
	deletedNotes = "deleted/"
	goneNotes    = "gone/"
)

// integration reads one and keeps it as it is until the transaction ends.
func (t *tx) integration(id string) (integration.Integration, error) {
	in, ok, err := read[integration.Integration](t.ctx, t, `SELECT record FROM integration WHERE id = $1 FOR NO KEY UPDATE`, clean(id))
	if err == nil && !ok {
		err = notFound("integration", id)
	}
	return in, err
}

func (t *tx) putIntegration(in integration.Integration) error {
	raw, err := encode(in)
	if err != nil {
		return err
	}
	t.tell("integration", in.ID)
	t.put(`INSERT INTO integration VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, credentials_id = EXCLUDED.credentials_id, record = EXCLUDED.record`,
		clean(in.ID), store.NameKey(in.Name), clean(in.CredentialsID), raw)
	return nil
}

// named flushes, and says when the name is another's.
func (t *tx) named(in integration.Integration) error {
	if len(store.NameKey(in.Name)) == 0 {
		return fmt.Errorf("integration %q: a name is required", in.ID)
	}
	err := t.flush()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return fmt.Errorf("integration named %q: %w; choose another name", in.Name, integration.ErrExists)
	}
	return err
}

// Integrations implements delivery.Ledger.
func (s *Store) Integrations(ctx context.Context) ([]integration.Integration, error) {
	out, err := list[integration.Integration](ctx, s.pool, `SELECT record FROM integration ORDER BY id`)
	slices.SortStableFunc(out, func(a, b integration.Integration) int { return a.Created.Compare(b.Created) })
	return out, s.told(err)
}

// Integration implements delivery.Ledger.
func (s *Store) Integration(ctx context.Context, id string) (integration.Integration, error) {
	in, ok, err := read[integration.Integration](ctx, s.pool, `SELECT record FROM integration WHERE id = $1`, clean(id))
	if err == nil && !ok {
		err = notFound("integration", id)
	}
	return in, s.told(err)
}

// MaySend implements delivery.Ledger.
func (s *Store) MaySend(ctx context.Context, id string) (bool, error) {
	in, err := s.Integration(ctx, id)
	return err == nil && in.Enabled && in.Authorized, err
}

// CreateIntegration implements app.IntegrationStore.
func (s *Store) CreateIntegration(ctx context.Context, in integration.Integration, draftID string) (integration.Integration, error) {
	if in.ID == "" {
		in.ID = uuid.NewString()
	}
	now := s.now().UTC()
	in.Version, in.Created, in.Modified = 1, now, now
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.integration(in.ID); !errors.Is(err, integration.ErrNotFound) {
			if err == nil {
				err = fmt.Errorf("integration %q: %w", in.ID, integration.ErrExists)
			}
			return err
		}
		t.put(`DELETE FROM note WHERE key = $1`, []byte(goneNotes+in.ID))
		if draftID != "" {
			t.put(`DELETE FROM draft WHERE id = $1`, clean(draftID))
			t.tell("draft", draftID)
		}
		if err := t.putIntegration(in); err != nil {
			return err
		}
		return t.named(in)
	})
	return in, err
}

// UpdateIntegration implements app.IntegrationStore.
func (s *Store) UpdateIntegration(ctx context.Context, in integration.Integration) (out integration.Integration, err error) {
	err = s.write(ctx, func(t *tx) error {
		if out, err = t.integration(in.ID); err != nil {
			return err
		}
		if out.Version != in.Version {
			return fmt.Errorf("integration %q: you have version %d, the stored one is %d: %w; load it again and repeat the change",
				in.ID, in.Version, out.Version, integration.ErrConflict)
		}
		out.Name, out.ConfigData, out.Sent, out.ModifiedBy = in.Name, in.ConfigData, in.Sent, in.ModifiedBy
		out.Version++
		out.Modified = t.now.UTC()
		if err := t.putIntegration(out); err != nil {
			return err
		}
		return t.named(out)
	})
	return out, err
}

// SetEnabled implements delivery.Ledger.
func (s *Store) SetEnabled(ctx context.Context, id string, enabled bool, why string) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool {
		if in.Enabled == enabled {
			return false
		}
		if in.Enabled, in.DisabledWhy = enabled, why; enabled {
			in.DisabledWhy = ""
		}
		return true
	})
}

// SetAuthorized implements delivery.Ledger.
func (s *Store) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool {
		if in.Authorized == authorized || credentialsID != "" && credentialsID != in.CredentialsID {
			return false
		}
		in.Authorized = authorized
		return true
	})
}

func (s *Store) setFlag(ctx context.Context, id string, set func(*integration.Integration) bool) (changed bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		in, err := t.integration(id)
		if err != nil {
			return err
		}
		if changed = set(&in); !changed {
			return nil
		}
		return t.putIntegration(in)
	})
	return changed && err == nil, err
}

// DeleteIntegration implements app.IntegrationStore.
func (s *Store) DeleteIntegration(ctx context.Context, id string) (in integration.Integration, err error) {
	err = s.write(ctx, func(t *tx) error {
		if in, err = t.integration(id); err != nil {
			return err
		}
		linked, err := list[integration.ExternalMapping](t.ctx, t, `SELECT record FROM mapping WHERE integration_id = $1`, clean(id))
		if err != nil {
			return err
		}
		for _, m := range linked {
			t.tell("mapping", m.ID)
		}
		t.put(`DELETE FROM mapping WHERE integration_id = $1`, clean(id))
		t.put(`DELETE FROM integration WHERE id = $1`, clean(id))
		t.put(`DELETE FROM credentials WHERE id = $1`, clean(in.CredentialsID))
		t.tell("integration", id)
		t.putNote(goneNotes+id, []byte(in.Name))
		t.putNote(deletedNotes+id, []byte(in.Name))
		return nil
	})
	if err != nil {
		return in, err
	}
	if err := s.EndDeleted(ctx); err != nil && ctx.Err() == nil { // else it is done later
		return in, fmt.Errorf("integration %q is deleted; settle the runs that waited for it: %w", in.Name, err)
	}
	return in, nil
}

// EndDeleted implements app.IntegrationStore.
func (s *Store) EndDeleted(ctx context.Context) error {
	notes, err := s.MetaUnder(ctx, deletedNotes)
	if err != nil {
		return err
	}
	for k, name := range notes {
		if err := s.endWaiting(ctx, strings.TrimPrefix(k, deletedNotes), string(name)); err != nil {
			return err
		}
		if err := s.SetMeta(ctx, k, nil); err != nil {
			return err
		}
	}
	return nil
}

// endWaiting settles the runs that wait for an integration that is gone, some
// hundred at a time. Those under way end by themselves.
func (s *Store) endWaiting(ctx context.Context, id, name string) error {
	f := integration.RunFilter{IntegrationID: id}
	for _, st := range integration.Statuses {
		if !st.Settled() && st != integration.Started {
			f.Statuses = append(f.Statuses, st)
		}
	}
	for {
		page, err := s.Runs(ctx, f, "", 500)
		if err != nil || len(page.Runs) == 0 {
			return err
		}
		ids := make([]string, len(page.Runs))
		for i, r := range page.Runs {
			ids[i] = r.ID
		}
		err = s.write(ctx, func(t *tx) error {
			bills, err := t.lockOf(ids)
			if err != nil {
				return err
			}
			for _, b := range bills {
				for i := range b.runs {
					if r := b.runs[i]; slices.Contains(ids, r.ID) && !r.Status.Settled() && r.Status != integration.Started {
						b.set(i, r.Orphaned(name, t.now.UTC()))
					}
				}
				if err := t.save(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// PutCredentials implements app.SecretStore.
func (s *Store) PutCredentials(ctx context.Context, integrationID string, c integration.Credentials) error {
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	if c.Created.IsZero() {
		c.Created = s.now().UTC()
	}
	rec := store.SealedCredentials{Record: c, Secrets: map[string][]byte{}}
	for key, v := range c.Secrets {
		if v.Empty() {
			continue
		}
		var err error
		if rec.Secrets[key], err = store.SealSecret(s.sealer, v); err != nil {
			return fmt.Errorf("keep the credentials of integration %q: %w", integrationID, err)
		}
	}
	return s.write(ctx, func(t *tx) error {
		in, err := t.integration(integrationID)
		if err != nil {
			return err
		}
		rec := rec
		if len(rec.Secrets) == 0 {
			old, err := credentials(t.ctx, t, in)
			if err != nil {
				return fmt.Errorf("credentials without a secret: %w", err)
			}
			rec.Secrets = old.Secrets
		}
		raw, err := encode(rec)
		if err != nil {
			return err
		}
		if in.CredentialsID != "" && in.CredentialsID != c.ID {
			t.put(`DELETE FROM credentials WHERE id = $1`, clean(in.CredentialsID))
		}
		in.CredentialsID, in.Authorized = c.ID, c.Verified
		t.put(`INSERT INTO credentials VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, clean(c.ID), raw)
		return t.putIntegration(in)
	})
}

func credentials(ctx context.Context, q querier, in integration.Integration) (store.SealedCredentials, error) {
	rec, ok, err := read[store.SealedCredentials](ctx, q, `SELECT record FROM credentials WHERE id = $1`, clean(in.CredentialsID))
	if err == nil && !ok {
		err = notFound("credentials of integration", in.ID)
	}
	return rec, err
}

func (s *Store) readCredentials(ctx context.Context, integrationID string) (rec store.SealedCredentials, err error) {
	in, err := s.Integration(ctx, integrationID)
	if err != nil {
		return rec, err
	}
	rec, err = credentials(ctx, s.pool, in)
	return rec, s.told(err)
}

// CredentialsInfo implements app.SecretStore.
func (s *Store) CredentialsInfo(ctx context.Context, integrationID string) (integration.Credentials, error) {
	rec, err := s.readCredentials(ctx, integrationID)
	return rec.Record, err
}

// Credentials implements app.SecretStore.
func (s *Store) Credentials(ctx context.Context, integrationID string) (integration.Credentials, error) {
	rec, err := s.readCredentials(ctx, integrationID)
	if err != nil {
		return rec.Record, err
	}
	rec.Record.Secrets = make(map[string]secret.Value, len(rec.Secrets))
	for key, b := range rec.Secrets {
		if rec.Record.Secrets[key], err = store.OpenSecret(s.sealer, b); err != nil {
			return rec.Record, fmt.Errorf("the secret %q of integration %q: %w", key, integrationID, err)
		}
	}
	return rec.Record, nil
}

const sourceKey = "m3ter"

// PutSource implements app.SecretStore.
func (s *Store) PutSource(ctx context.Context, src integration.Source) error {
	if src.Created.IsZero() {
		src.Created = s.now().UTC()
	}
	var key []byte
	if !src.APISecret.Empty() {
		var err error
		if key, err = store.SealSecret(s.sealer, src.APISecret); err != nil {
			return fmt.Errorf("keep the m3ter source: %w", err)
		}
	}
	return s.write(ctx, func(t *tx) error {
		rec := store.SealedSource{Record: src, Secret: key}
		if key == nil {
			old, ok, err := read[store.SealedSource](t.ctx, t, `SELECT record FROM source WHERE id = $1 FOR UPDATE`, sourceKey)
			if err == nil && !ok {
				err = fmt.Errorf("source without an API secret: %w", notFound("source", sourceKey))
			}
			if err != nil {
				return err
			}
			rec.Secret = old.Secret
		}
		raw, err := encode(rec)
		if err != nil {
			return err
		}
		t.tell("source", src.OrgID)
		t.put(`INSERT INTO source VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, sourceKey, raw)
		return nil
	})
}

// Source implements app.SecretStore.
func (s *Store) Source(ctx context.Context) (integration.Source, error) {
	rec, ok, err := read[store.SealedSource](ctx, s.pool, `SELECT record FROM source WHERE id = $1`, sourceKey)
	if err == nil && !ok {
		err = notFound("source", sourceKey)
	}
	if err != nil {
		return rec.Record, s.told(err)
	}
	if rec.Record.APISecret, err = store.OpenSecret(s.sealer, rec.Secret); err != nil {
		return rec.Record, fmt.Errorf("API secret of the m3ter source: %w", err)
	}
	return rec.Record, nil
}

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
	raw, err := encode(d)
	if err != nil {
		return d, err
	}
	return d, s.write(ctx, func(t *tx) error {
		t.tell("draft", d.ID)
		t.put(`INSERT INTO draft VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`, clean(d.ID), raw)
		return nil
	})
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
		if value == nil {
			t.put(`DELETE FROM note WHERE key = $1`, []byte(key))
		} else {
			t.putNote(key, value)
		}
		return nil
	})
}

func (t *tx) putNote(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	t.put(`INSERT INTO note VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`, []byte(key), value)
}
