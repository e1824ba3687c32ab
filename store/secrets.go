package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

// errNoSealer means that the program forgot to give Options.Sealer.
var errNoSealer = errors.New("no key to seal secrets with was given when the store was opened")

// SealedSource is a source with its secret beside it. The plain secret is in
// none of its fields: secret.Value does not marshal.
type SealedSource struct {
	Record integration.Source `json:"record"`
	Secret []byte             `json:"sealed"` // made by Sealer
}

const sourceKey = "m3ter"

// SealSecret seals a secret; without a Sealer it refuses.
func SealSecret(with Sealer, v secret.Value) ([]byte, error) {
	if with == nil {
		return nil, errNoSealer
	}
	return with.Seal([]byte(v.Reveal()))
}

// OpenSecret opens what SealSecret made.
func OpenSecret(with Sealer, b []byte) (secret.Value, error) {
	if with == nil {
		return secret.Value{}, errNoSealer
	}
	plain, err := with.Open(b)
	if err != nil {
		return secret.Value{}, err
	}
	return secret.New(string(plain)), nil
}

// SealedCredentials has each secret sealed on its own, by the key of its field.
type SealedCredentials struct {
	Record  integration.Credentials `json:"record"`
	Secrets map[string][]byte       `json:"sealed"`
}

// PutCredentials keeps the credentials of an integration or a draft, their secrets
// sealed one by one, in place of earlier ones. In the same transaction it gets
// their id, and an integration is authorized if they are verified. Without any
// secret those kept before stay.
func (s *Store) PutCredentials(ctx context.Context, integrationID string, c integration.Credentials) error {
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	if c.Created.IsZero() {
		c.Created = s.now().UTC()
	}
	rec := SealedCredentials{c, map[string][]byte{}}
	for key, v := range c.Secrets {
		if v.Empty() {
			continue
		}
		var err error
		if rec.Secrets[key], err = SealSecret(s.sealer, v); err != nil {
			return fmt.Errorf("keep the credentials of integration %q: %w", integrationID, err)
		}
	}
	return s.write(ctx, func(t *tx) error {
		in, draft, err := t.connectable(integrationID)
		if err != nil {
			return err
		}
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
	rec.Record.Secrets = make(map[string]secret.Value, len(rec.Secrets))
	for key, b := range rec.Secrets {
		if rec.Record.Secrets[key], err = OpenSecret(s.sealer, b); err != nil {
			return rec.Record, fmt.Errorf("the secret %q of integration %q: %w", key, integrationID, err)
		}
	}
	return rec.Record, nil
}

// PutSource keeps the m3ter side, the API secret sealed. Without a secret the
// one kept before stays.
func (s *Store) PutSource(ctx context.Context, src integration.Source) error {
	if src.Created.IsZero() {
		src.Created = s.now().UTC()
	}
	var key []byte
	if !src.APISecret.Empty() {
		var err error
		if key, err = SealSecret(s.sealer, src.APISecret); err != nil {
			return fmt.Errorf("keep the m3ter source: %w", err)
		}
	}
	return s.write(ctx, func(t *tx) error {
		rec := SealedSource{src, key}
		if key == nil {
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
	if rec.Record.APISecret, err = OpenSecret(s.sealer, rec.Secret); err != nil {
		return rec.Record, fmt.Errorf("API secret of the m3ter source: %w", err)
	}
	return rec.Record, nil
}
