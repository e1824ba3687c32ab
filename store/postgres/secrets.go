package postgres

import (
	"context"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/store"
)

// PutCredentials implements app.SecretStore.
func (s *Store) PutCredentials(ctx context.Context, integrationID string, c integration.Credentials) error {
	sealed, err := store.SealCredentials(s.sealer, integrationID, c, s.now().UTC())
	if err != nil {
		return err
	}
	c = sealed.Record
	return s.write(ctx, func(t *tx) error {
		in, draft, err := connectable(t.ctx, t, integrationID)
		if err == nil && draft == nil {
			in, err = t.integration(integrationID)
		}
		if err != nil {
			return err
		}
		rec := sealed
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
		if draft != nil {
			draft.CredentialsID = c.ID
			return t.putDraft(*draft)
		}
		return t.putIntegration(in)
	})
}

// connectable finds the draft of an id, which stands for the integration that it
// will be; nil is none.
func connectable(ctx context.Context, q querier, id string) (in integration.Integration, draft *integration.Draft, err error) {
	d, ok, err := read[integration.Draft](ctx, q, `SELECT record FROM draft WHERE id = $1`, clean(id))
	if err != nil || !ok {
		return in, nil, err
	}
	return integration.Integration{ID: id, CredentialsID: d.CredentialsID}, &d, nil
}

// takeDraft drops the draft that an integration was made of, which gets its
// credentials, unless they are for another destination.
func (t *tx) takeDraft(id string, in *integration.Integration) error {
	of, draft, err := connectable(t.ctx, t, id)
	if err != nil || draft == nil {
		return err
	}
	rec, ok, err := read[store.SealedCredentials](t.ctx, t, `SELECT record FROM credentials WHERE id = $1`, clean(of.CredentialsID))
	if err != nil {
		return err
	}
	if ok && strings.EqualFold(rec.Record.Destination, in.Destination) {
		in.CredentialsID, in.Authorized = of.CredentialsID, rec.Record.Verified
	} else {
		t.put(`DELETE FROM credentials WHERE id = $1`, clean(of.CredentialsID))
	}
	t.put(`DELETE FROM draft WHERE id = $1`, clean(id))
	t.tell("draft", id)
	return nil
}

func credentials(ctx context.Context, q querier, in integration.Integration) (store.SealedCredentials, error) {
	rec, ok, err := read[store.SealedCredentials](ctx, q, `SELECT record FROM credentials WHERE id = $1`, clean(in.CredentialsID))
	if err == nil && !ok {
		err = notFound("credentials of integration", in.ID)
	}
	return rec, err
}

func (s *Store) readCredentials(ctx context.Context, integrationID string) (rec store.SealedCredentials, err error) {
	in, draft, err := connectable(ctx, s.pool, integrationID)
	if err != nil {
		return rec, s.told(err)
	}
	if draft == nil {
		in, err = s.Integration(ctx, integrationID)
	}
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
	return rec.Open(s.sealer, integrationID)
}

const sourceKey = "m3ter"

// PutSource implements app.SecretStore.
func (s *Store) PutSource(ctx context.Context, src integration.Source) error {
	sealed, err := store.SealSource(s.sealer, src, s.now().UTC())
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		rec := sealed
		if rec.Secret == nil {
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
	return rec.Open(s.sealer)
}
