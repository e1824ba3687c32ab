package store

import (
	"bytes"
	"context"
	"fmt"

	"billferry/internal/integration"
)

// groupPrefix begins the keys in meta under which the open event of a group is
// found; they go when it is acted on. They are few: one for each thing that is
// wrong now.
const groupPrefix = "event.group/"

func groupKey(integrationID, group string) []byte {
	return []byte(groupPrefix + integrationID + "\x00" + group)
}

// openOfGroup reads the open event of a group, if there is one.
func (t *tx) openOfGroup(integrationID, group string) (e integration.Event, ok bool, err error) {
	if group == "" {
		return e, false, nil
	}
	raw := t.Get(bMeta, groupKey(integrationID, group))
	if len(raw) != len(key{}) || t.Get(bEvents, raw) == nil {
		return e, false, nil
	}
	e, err = t.event(key(raw))
	return e, err == nil && e.Actioned.IsZero(), err
}

// groupEvent notes that an event is the open one of its group, or is not any
// more. One that is opened again beside a younger one leaves the group to that.
func (t *tx) groupEvent(k key, e integration.Event, open bool) error {
	if e.Group == "" {
		return nil
	}
	name := groupKey(e.IntegrationID, e.Group)
	had := t.Get(bMeta, name)
	switch {
	case open && had == nil:
		return t.Put(bMeta, name, k[:])
	case !open && bytes.Equal(had, k[:]):
		return t.Delete(bMeta, name)
	}
	return nil
}

// CloseEvents marks the open event of a group as resolved, if there is one: what
// it was about is mended.
func (s *Store) CloseEvents(ctx context.Context, integrationID, group string) error {
	err := s.write(ctx, func(t *tx) error {
		e, ok, err := t.openOfGroup(integrationID, group)
		if err != nil || !ok {
			return err
		}
		k, _ := parseKey(e.ID) // our own id
		return t.putEvent(k, &e, e.Mended(t.now.UTC()))
	})
	if err != nil {
		return fmt.Errorf("close the event %s: %w", group, err)
	}
	return nil
}

// OpenEvents lists the open events of an integration that have a group.
func (s *Store) OpenEvents(ctx context.Context, integrationID string) ([]integration.Event, error) {
	var out []integration.Event
	err := s.view(ctx, func(t *tx) error {
		return t.Each(bMeta, groupKey(integrationID, ""), func(_, k []byte) error {
			if len(k) != len(key{}) {
				return nil
			}
			e, err := t.event(key(k))
			if err == nil {
				out = append(out, e)
			}
			return err
		})
	})
	return out, err
}

// GrownEvents lists the open events that have happened more than once.
func (s *Store) GrownEvents(ctx context.Context) ([]integration.Event, error) {
	var out []integration.Event
	err := s.view(ctx, func(t *tx) error {
		return t.Each(bMeta, []byte(groupPrefix), func(_, k []byte) error {
			if len(k) != len(key{}) {
				return nil
			}
			e, err := t.event(key(k))
			if err == nil && e.Times() > 1 {
				out = append(out, e)
			}
			return err
		})
	})
	return out, err
}
