package store

import (
	"context"
	"fmt"

	"billferry/internal/integration"
)

const sourceKey = "m3ter"

// PutCredentials keeps the credentials of an integration or a draft, their secrets
// sealed one by one, in place of earlier ones. In the same transaction it gets
// their id, and an integration is authorized if they are verified. Without any
// secret those kept before stay.
func (s *Store) PutCredentials(ctx context.Context, integrationID string, c integration.Credentials) error {
	sealed, err := SealCredentials(s.sealer, integrationID, c, s.now().UTC())
	if err != nil {
		return err
	}
	c = sealed.Record
	return s.write(ctx, func(t *tx) error {
		in, draft, err := t.connectable(integrationID)
		if err != nil {
			return err
		}
		rec := sealed // a copy: the change may run again
		if len(rec.Secrets) == 0 {
			old, err := t.credentials(in)
			if err != nil {
				return fmt.Errorf("credentials without a secret: %w", err)
			}
			rec.Secrets = old.Secrets
		}
		if in.CredentialsID != "" && in.CredentialsID != c.ID {
			if err := t.Delete(bCredentials, []byte(in.CredentialsID)); err != nil {
				return err
			}
		}
		in.CredentialsID, in.Authorized = c.ID, c.Verified
		if err := t.putJSON(bCredentials, c.ID, rec); err != nil {
			return err
		}
		if draft != nil {
			draft.CredentialsID = c.ID
			t.Changed("draft", draft.ID)
			return t.putJSON(bDrafts, draft.ID, draft)
		}
		t.Changed("integration", in.ID)
		return t.putJSON(bIntegrations, in.ID, in)
	})
}

// connectable finds what has credentials under an id: an integration, or a draft,
// which stands for the integration that it will be.
func (t *tx) connectable(id string) (in integration.Integration, draft *integration.Draft, err error) {
	d, ok, err := getJSON[integration.Draft](t, bDrafts, id)
	if err == nil && ok {
		return integration.Integration{ID: id, CredentialsID: d.CredentialsID}, &d, nil
	}
	if err == nil {
		in, err = t.integration(id)
	}
	return in, nil, err
}

func (t *tx) credentials(in integration.Integration) (SealedCredentials, error) {
	rec, ok, err := getJSON[SealedCredentials](t, bCredentials, in.CredentialsID)
	if err == nil && !ok {
		err = notFound("credentials of integration", in.ID)
	}
	return rec, err
}

func (s *Store) readCredentials(ctx context.Context, integrationID string) (rec SealedCredentials, err error) {
	err = s.view(ctx, func(t *tx) error {
		in, _, err := t.connectable(integrationID)
		if err != nil {
			return err
		}
		rec, err = t.credentials(in)
		return err
	})
	return rec, err
}

// CredentialsInfo reads the credentials of an integration without the secrets.
func (s *Store) CredentialsInfo(ctx context.Context, integrationID string) (integration.Credentials, error) {
	rec, err := s.readCredentials(ctx, integrationID)
	return rec.Record, err
}

// Credentials reads the credentials of an integration and opens the secrets.
func (s *Store) Credentials(ctx context.Context, integrationID string) (integration.Credentials, error) {
	rec, err := s.readCredentials(ctx, integrationID)
	if err != nil {
		return rec.Record, err
	}
	return rec.Open(s.sealer, integrationID)
}

// PutSource keeps the m3ter side, the API secret sealed. Without a secret the
// one kept before stays.
func (s *Store) PutSource(ctx context.Context, src integration.Source) error {
	sealed, err := SealSource(s.sealer, src, s.now().UTC())
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		rec := sealed
		if rec.Secret == nil {
			old, ok, err := getJSON[SealedSource](t, bSource, sourceKey)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("source without an API secret: %w", notFound("source", sourceKey))
			}
			rec.Secret = old.Secret
		}
		t.Changed("source", src.OrgID)
		return t.putJSON(bSource, sourceKey, rec)
	})
}

// Source reads the m3ter side and opens its secret. It answers ErrNotFound,
// wrapped, while none is connected.
func (s *Store) Source(ctx context.Context) (integration.Source, error) {
	var rec SealedSource
	err := s.view(ctx, func(t *tx) (err error) {
		var ok bool
		if rec, ok, err = getJSON[SealedSource](t, bSource, sourceKey); err == nil && !ok {
			err = notFound("source", sourceKey)
		}
		return err
	})
	if err != nil {
		return rec.Record, err
	}
	return rec.Open(s.sealer)
}
