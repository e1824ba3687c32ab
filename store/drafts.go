package store

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// Drafts lists unfinished wizards, the last touched first.
func (s *Store) Drafts(ctx context.Context) (out []integration.Draft, err error) {
	err = s.view(ctx, func(t *tx) error {
		out, err = allJSON[integration.Draft](t, bDrafts)
		return err
	})
	slices.SortStableFunc(out, func(a, b integration.Draft) int { return b.Modified.Compare(a.Modified) })
	return out, err
}

// SaveDraft keeps a draft; an empty id makes a new one. Its credentials stay as
// they are.
func (s *Store) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	if d.ID == "" {
		d.ID = uuid.NewString()
	}
	d.Modified = s.now().UTC()
	err := s.write(ctx, func(t *tx) error {
		old, _, err := getJSON[integration.Draft](t, bDrafts, d.ID)
		if err != nil {
			return err
		}
		d.CredentialsID = old.CredentialsID
		t.Changed("draft", d.ID)
		return t.putJSON(bDrafts, d.ID, d)
	})
	return d, err
}

// DeleteDraft removes a draft.
func (s *Store) DeleteDraft(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		d, ok, err := getJSON[integration.Draft](t, bDrafts, id)
		if err == nil && !ok {
			err = notFound("draft", id)
		}
		if err != nil {
			return err
		}
		if err := t.Delete(bCredentials, []byte(d.CredentialsID)); err != nil {
			return err
		}
		t.Changed("draft", id)
		return t.Delete(bDrafts, []byte(id))
	})
}

// takeDraft drops the draft that an integration was made of, which gets its
// credentials, unless they are for another destination.
func (t *tx) takeDraft(id string, in *integration.Integration) error {
	d, ok, err := getJSON[integration.Draft](t, bDrafts, id)
	if err != nil || !ok {
		return err
	}
	rec, ok, err := getJSON[SealedCredentials](t, bCredentials, d.CredentialsID)
	switch {
	case err != nil:
		return err
	case ok && strings.EqualFold(rec.Record.Destination, in.Destination):
		in.CredentialsID, in.Authorized = d.CredentialsID, rec.Record.Verified
	default:
		if err := t.Delete(bCredentials, []byte(d.CredentialsID)); err != nil {
			return err
		}
	}
	t.Changed("draft", id)
	return t.Delete(bDrafts, []byte(id))
}

// Meta reads a small thing; one that is missing is nil.
func (s *Store) Meta(ctx context.Context, key string) (value []byte, err error) {
	err = s.view(ctx, func(t *tx) error {
		value = slices.Clone(t.Get(bMeta, []byte(key)))
		return nil
	})
	return value, err
}

// MetaUnder reads all small things whose keys begin with a prefix.
func (s *Store) MetaUnder(ctx context.Context, prefix string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := s.view(ctx, func(t *tx) error {
		return t.Each(bMeta, []byte(prefix), func(k, v []byte) error {
			out[string(k)] = slices.Clone(v)
			return nil
		})
	})
	return out, err
}

// SetMeta keeps a small thing; nil removes it.
func (s *Store) SetMeta(ctx context.Context, key string, value []byte) error {
	value = slices.Clone(value)
	return s.UpdateMeta(ctx, key, func([]byte) ([]byte, error) { return value, nil })
}

// UpdateMeta keeps what change makes of a small thing; nil is one that is missing, or
// is to go.
func (s *Store) UpdateMeta(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error {
	return s.write(ctx, func(t *tx) error {
		value, err := change(slices.Clone(t.Get(bMeta, []byte(key))))
		switch {
		case err != nil:
			return err
		case value == nil:
			return t.Delete(bMeta, []byte(key))
		}
		return t.Put(bMeta, []byte(key), value)
	})
}
