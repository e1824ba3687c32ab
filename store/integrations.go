package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// nameKey is how names compare: without case and without spaces around.
func nameKey(name string) []byte { return []byte(strings.ToLower(strings.TrimSpace(name))) }

func (t *tx) integration(id string) (integration.Integration, error) {
	raw := t.Get(bIntegrations, []byte(id))
	if raw == nil {
		return integration.Integration{}, notFound("integration", id)
	}
	return t.readIntegration([]byte(id), raw)
}

// claimName gives a name to an integration, or says who has it.
func (t *tx) claimName(name, id string) error {
	k := nameKey(name)
	if len(k) == 0 {
		return fmt.Errorf("integration %q: a name is required", id)
	}
	if has := t.Get(bNames, k); has != nil && string(has) != id {
		return fmt.Errorf("integration named %q: %w; choose another name", name, integration.ErrExists)
	}
	return t.Put(bNames, k, []byte(id))
}

// Integrations lists all integrations, in the order they were made.
func (s *Store) Integrations(ctx context.Context) (out []integration.Integration, err error) {
	err = s.view(ctx, func(t *tx) error {
		return t.All(bIntegrations, func(id, raw []byte) error {
			in, err := t.readIntegration(id, raw)
			out = append(out, in)
			return err
		})
	})
	slices.SortStableFunc(out, func(a, b integration.Integration) int { return a.Created.Compare(b.Created) })
	return out, err
}

// Integration reads one integration.
func (s *Store) Integration(ctx context.Context, id string) (in integration.Integration, err error) {
	err = s.view(ctx, func(t *tx) error {
		in, err = t.integration(id)
		return err
	})
	return in, err
}

// MaySend tells whether an integration is enabled and authorised.
func (s *Store) MaySend(ctx context.Context, id string, byPlan bool) (ok bool, err error) {
	err = s.view(ctx, func(t *tx) error {
		raw := t.Get(bIntegrations, []byte(id))
		if raw == nil {
			return notFound("integration", id)
		}
		c, err := t.decode([]byte(id), raw)
		ok = err == nil && c.in.MaySend(byPlan)
		return err
	})
	return ok, err
}

// CreateIntegration keeps a new integration and drops the draft it came from,
// if there is one, in one transaction. A name that is taken is ErrExists.
func (s *Store) CreateIntegration(ctx context.Context, in integration.Integration, draftID string) (integration.Integration, error) {
	if in.ID == "" {
		in.ID = uuid.NewString()
	}
	now := s.now().UTC()
	in.Version, in.Created, in.Modified = 1, now, now
	err := s.write(ctx, func(t *tx) error {
		if t.Get(bIntegrations, []byte(in.ID)) != nil {
			return fmt.Errorf("integration %q: %w", in.ID, integration.ErrExists)
		}
		if err := t.claimName(in.Name, in.ID); err != nil {
			return err
		}
		if err := t.Delete(bMeta, []byte(goneNotes+in.ID)); err != nil {
			return err
		}
		if draftID != "" {
			if err := t.takeDraft(draftID, &in); err != nil {
				return err
			}
		}
		t.Changed("integration", in.ID)
		return t.putJSON(bIntegrations, in.ID, in)
	})
	return in, err
}

// UpdateIntegration replaces what an operator edits: name, configData and who
// changed it. in.Version must be the stored one (else ErrConflict) and grows by
// one. State and credentials stay as they are; SetEnabled, SetAuthorized
// and PutCredentials change those.
func (s *Store) UpdateIntegration(ctx context.Context, in integration.Integration) (out integration.Integration, err error) {
	err = s.write(ctx, func(t *tx) error {
		if out, err = t.integration(in.ID); err != nil {
			return err
		}
		oldName := nameKey(out.Name)
		if err := out.Edit(in, t.now.UTC()); err != nil {
			return err
		}
		if err := t.claimName(in.Name, in.ID); err != nil {
			return err
		}
		if string(oldName) != string(nameKey(in.Name)) {
			if err := t.Delete(bNames, oldName); err != nil {
				return err
			}
		}
		t.Changed("integration", in.ID)
		return t.putJSON(bIntegrations, in.ID, out)
	})
	return out, err
}

// SetEnabled enables or disables an integration and keeps why it is disabled. It
// tells whether that changed anything: the reason that it was disabled for first
// stays.
func (s *Store) SetEnabled(ctx context.Context, id string, enabled bool, why string) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool { return in.Enable(enabled, why) })
}

// SetAuthorized says whether the destination takes the credentials of an
// integration, and tells whether that changed anything. With the id of
// credentials that it no longer has nothing changes: the word is about those.
func (s *Store) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (changed bool, err error) {
	return s.setFlag(ctx, id, func(in *integration.Integration) bool { return in.Authorize(credentialsID, authorized) })
}

// setFlag changes the state of an integration as it is then, without touching
// the version an operator edits against.
func (s *Store) setFlag(ctx context.Context, id string, set func(*integration.Integration) bool) (changed bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		in, err := t.integration(id)
		if err != nil {
			return err
		}
		if changed = set(&in); !changed {
			return nil
		}
		t.Changed("integration", id)
		return t.putJSON(bIntegrations, id, in)
	})
	return changed && err == nil, err
}

// DeleteIntegration removes an integration with its credentials and the
// mappings linked to it, and answers what it was. Its runs and events stay, for
// the record; runs that waited, also those held, become DISABLED.
func (s *Store) DeleteIntegration(ctx context.Context, id string) (in integration.Integration, err error) {
	err = s.write(ctx, func(t *tx) error {
		if in, err = t.integration(id); err != nil {
			return err
		}
		if err := t.Delete(bIntegrations, []byte(id)); err != nil {
			return err
		}
		if err := t.Delete(bNames, nameKey(in.Name)); err != nil {
			return err
		}
		if err := t.Delete(bCredentials, []byte(in.CredentialsID)); err != nil {
			return err
		}
		linked, err := allJSON[integration.ExternalMapping](t, bMappings)
		if err != nil {
			return err
		}
		for _, m := range linked {
			if m.IntegrationID != id {
				continue
			}
			if err := t.dropMapping(m); err != nil {
				return err
			}
		}
		t.Changed("integration", id)
		if err := t.Put(bMeta, []byte(goneNotes+id), []byte(in.Name)); err != nil {
			return err
		}
		return t.Put(bMeta, []byte(deletedNotes+id), []byte(in.Name))
	})
	if err != nil {
		return in, err
	}
	if err := s.EndDeleted(ctx); err != nil && ctx.Err() == nil { // else it is done later
		return in, fmt.Errorf("integration %q is deleted; settle the runs that waited for it: %w", in.Name, err)
	}
	return in, nil
}

// deletedNotes begins the keys, in meta, of integrations that were deleted and
// whose waiting runs are not all settled yet.
const deletedNotes = "deleted/"

// goneNotes begins the keys of all that were deleted, for good: what was about
// to make a run wait for one does not find it any more.
const goneNotes = "gone/"

// EndDeleted settles the runs that wait for integrations that were deleted. A
// deletion does so, and its end may be lost with its caller or in a crash: call
// it again then, and at the start.
func (s *Store) EndDeleted(ctx context.Context) error {
	notes, err := s.MetaUnder(ctx, deletedNotes)
	if err != nil {
		return err
	}
	for k, name := range notes {
		in := integration.Integration{ID: strings.TrimPrefix(k, deletedNotes), Name: string(name)}
		if err := s.endWaiting(ctx, in); err != nil {
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
func (s *Store) endWaiting(ctx context.Context, in integration.Integration) error {
	f := integration.RunFilter{IntegrationID: in.ID}
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
		err = s.write(ctx, func(t *tx) error {
			if err := t.Settle(); err != nil {
				return err
			}
			for _, r := range page.Runs {
				if err := t.endRun(r.ID, in.Name); err != nil {
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

// endRun settles a run whose integration is gone, if it still waits.
func (t *tx) endRun(id, name string) error {
	k, _ := parseKey(id) // our own id
	old, ok, err := t.run(k)
	if err != nil || !ok || !old.Status.Queued() {
		return err
	}
	now := old.Orphaned(name, t.now.UTC())
	t.Changed("run", id)
	return t.replaceRun(k, &old, &now, packRun(now))
}

// endIfGone settles a run that is about to wait for an integration that was
// deleted meanwhile, and tells whether it did: nobody would ever try it.
func (t *tx) endIfGone(r *integration.Run) bool {
	if !r.Status.Queued() {
		return false
	}
	name := t.Get(bMeta, []byte(goneNotes+r.IntegrationID))
	if name == nil {
		return false
	}
	*r = r.Orphaned(string(name), t.now.UTC())
	return true
}
