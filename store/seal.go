package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

// errNoSealer means that the program forgot to give Options.Sealer.
var errNoSealer = errors.New("no key to seal secrets with was given when the store was opened")

func sealSecret(with Sealer, v secret.Value) ([]byte, error) {
	if with == nil {
		return nil, errNoSealer
	}
	return with.Seal([]byte(v.Reveal()))
}

func openSecret(with Sealer, b []byte) (secret.Value, error) {
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

// SealCredentials makes the record of credentials, with an id and a time of their
// own unless they have them.
func SealCredentials(with Sealer, integrationID string, c integration.Credentials, now time.Time) (SealedCredentials, error) {
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	if c.Created.IsZero() {
		c.Created = now
	}
	rec := SealedCredentials{c, map[string][]byte{}}
	for key, v := range c.Secrets {
		if v.Empty() {
			continue
		}
		var err error
		if rec.Secrets[key], err = sealSecret(with, v); err != nil {
			return rec, fmt.Errorf("keep the credentials of integration %q: %w", integrationID, err)
		}
	}
	return rec, nil
}

// Open gives the credentials with their secrets.
func (rec SealedCredentials) Open(with Sealer, integrationID string) (c integration.Credentials, err error) {
	c = rec.Record
	c.Secrets = make(map[string]secret.Value, len(rec.Secrets))
	for key, b := range rec.Secrets {
		if c.Secrets[key], err = openSecret(with, b); err != nil {
			return c, fmt.Errorf("the secret %q of integration %q: %w", key, integrationID, err)
		}
	}
	return c, nil
}

// SealedSource is a source with its secret beside it. The plain secret is in
// none of its fields: secret.Value does not marshal.
type SealedSource struct {
	Record integration.Source `json:"record"`
	Secret []byte             `json:"sealed"` // made by Sealer; nil when none was given
}

// SealSource makes the record of a source, with a time of its own unless it has
// one.
func SealSource(with Sealer, src integration.Source, now time.Time) (rec SealedSource, err error) {
	if src.Created.IsZero() {
		src.Created = now
	}
	if rec.Record = src; src.APISecret.Empty() {
		return rec, nil
	}
	if rec.Secret, err = sealSecret(with, src.APISecret); err != nil {
		return rec, fmt.Errorf("keep the m3ter source: %w", err)
	}
	return rec, nil
}

// Open gives the source with its secret.
func (rec SealedSource) Open(with Sealer) (src integration.Source, err error) {
	src = rec.Record
	if src.APISecret, err = openSecret(with, rec.Secret); err != nil {
		return src, fmt.Errorf("API secret of the m3ter source: %w", err)
	}
	return src, nil
}
