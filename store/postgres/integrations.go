package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"billferry/internal/integration"
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
			if err := t.takeDraft(draftID, &in); err != nil {
				return err
			}
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
		if err := out.Edit(in, t.now.UTC()); err != nil {
			return err
		}
		if err := t.putIntegration(out); err != nil {
			return err
		}
		return t.named(out)
	})
	return out, err
}

// SetEnabled implements delivery.Ledger.
func (s *Store) SetEnabled(ctx context.Context, id string, enabled bool, why string) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool { return in.Enable(enabled, why) })
}

// SetAuthorized implements delivery.Ledger.
func (s *Store) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool { return in.Authorize(credentialsID, authorized) })
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
		if st.Queued() {
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
					if r := b.runs[i]; slices.Contains(ids, r.ID) && r.Status.Queued() {
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
