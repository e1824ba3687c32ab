package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"billferry/internal/integration"
)

// AddEvent records an event, or counts it on the open one of its group. An
// empty time is filled in; an id that is not a UUIDv7, which events are sorted
// by, is replaced.
func (s *Store) AddEvent(ctx context.Context, e integration.Event) error {
	if e.Time.IsZero() {
		e.Time = s.now().UTC()
	}
	k, ok := parseKey(e.ID)
	if !ok || !k.isV7() {
		k = s.newKey(e.Time)
	}
	return s.write(ctx, func(t *tx) error {
		open, ok, err := t.openOfGroup(e.IntegrationID, e.Group)
		if err != nil || !ok {
			at := k
			// Behind all others, whatever the clock says: who reads on from the last
			// one that he knows misses none.
			if last, _ := t.Cursor(bEvents).Last(); last != nil && bytes.Compare(last, at[:]) >= 0 {
				at = key(last).next()
			}
			e.ID = at.String()
			return errors.Join(err, t.putEvent(at, nil, e))
		}
		at, _ := parseKey(open.ID) // our own id
		return t.putEvent(at, &open, open.Joined(e))
	})
}

// putEvent writes an event and keeps the list and the counter of open ones.
func (t *tx) putEvent(k key, old *integration.Event, e integration.Event) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event %s: %w", e.ID, err)
	}
	if old != nil {
		t.countEvent(*old, -1)
	}
	t.countEvent(e, 1)
	wasOpen, isOpen := old != nil && old.Actioned.IsZero(), e.Actioned.IsZero()
	switch {
	case isOpen && !wasOpen:
		err = t.Put(bEventOpen, k[:], []byte(e.IntegrationID))
	case wasOpen && !isOpen:
		err = t.Delete(bEventOpen, k[:])
	}
	if err == nil && isOpen != wasOpen {
		err = t.groupEvent(k, e, isOpen)
	}
	if err != nil {
		return err
	}
	t.Changed("event", e.ID)
	return t.Put(bEvents, k[:], raw)
}

// countEvent counts an event that waits for a person.
func (t *tx) countEvent(e integration.Event, n int64) {
	if e.NeedsPerson() {
		t.count(counterKey(e.IntegrationID, countEvents), n)
	}
}

func (t *tx) event(k key) (e integration.Event, err error) {
	raw := t.Get(bEvents, k[:])
	if raw == nil {
		return e, notFound("event", k.String())
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("read event %s: %w", k, err)
	}
	return e, nil
}

// EventByID reads one event.
func (s *Store) EventByID(ctx context.Context, id string) (e integration.Event, err error) {
	k, ok := parseKey(id)
	if !ok {
		return e, notFound("event", id)
	}
	err = s.view(ctx, func(t *tx) error {
		e, err = t.event(k)
		return err
	})
	return e, err
}

// Events lists events, newest first, up to limit. Empty arguments select all.
func (s *Store) Events(ctx context.Context, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error) {
	return s.EventsBefore(ctx, "", integrationID, name, includeActioned, limit)
}

// EventsBefore is Events of those older than one of them; that one need not be
// there any more.
func (s *Store) EventsBefore(
	ctx context.Context, before, integrationID, name string, includeActioned bool, limit int,
) ([]integration.Event, error) {
	var end []byte
	if before != "" {
		k, ok := parseKey(before)
		if !ok {
			return nil, notFound("event", before)
		}
		end = k[:]
	}
	out := []integration.Event{}
	err := s.view(ctx, func(t *tx) error {
		from := bEventOpen // keys only: events are read for the first limit matches
		if includeActioned {
			from = bEvents
		}
		c := t.Cursor(from)
		k, _ := c.Last()
		if end != nil {
			if at, _ := c.Seek(end); at != nil {
				k, _ = c.Prev()
			} else {
				k, _ = c.Last()
			}
		}
		for ; k != nil && len(out) < limit; k, _ = c.Prev() {
			e, err := t.event(key(k))
			if err != nil {
				return err
			}
			if (integrationID == "" || e.IntegrationID == integrationID) && (name == "" || e.Name == name) {
				out = append(out, e)
			}
		}
		return nil
	})
	return out, err
}

// ActionEvent marks an event as acted on, or takes the mark away.
func (s *Store) ActionEvent(ctx context.Context, id string, actioned bool) (e integration.Event, err error) {
	err = s.write(ctx, func(t *tx) error {
		k, ok := parseKey(id)
		if !ok {
			return notFound("event", id)
		}
		if e, err = t.event(k); err != nil {
			return err
		}
		old := e
		e = e.Acted(actioned, t.now.UTC())
		return t.putEvent(k, &old, e)
	})
	return e, err
}

// EventsAfter lists events behind one of them, oldest first, up to limit. An
// empty id begins at the first.
func (s *Store) EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error) {
	from := firstKey
	if id != "" {
		k, ok := parseKey(id)
		if !ok {
			return nil, notFound("event", id)
		}
		from = k.next()
	}
	out := []integration.Event{}
	err := s.view(ctx, func(t *tx) error {
		c := t.Cursor(bEvents)
		for k, _ := c.Seek(from[:]); k != nil && len(out) < limit; k, _ = c.Next() {
			e, err := t.event(key(k))
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}
