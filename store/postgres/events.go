package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"billferry/internal/integration"
	"billferry/store"
)

// head locks the order of events and answers the last id.
func (t *tx) head() (last string, err error) {
	err = t.QueryRow(t.ctx, `SELECT last::text FROM event_head FOR UPDATE`).Scan(&last)
	return last, err
}

const eventRecord = `SELECT record FROM event WHERE `

// AddEvent implements delivery.Ledger.
func (s *Store) AddEvent(ctx context.Context, e integration.Event) error {
	if e.Time.IsZero() {
		e.Time = s.now().UTC()
	}
	if !store.IsEventID(e.ID) {
		e.ID, _ = store.RunID("", e.Time, 0) // none was chosen that could be wrong; the head keeps two apart
	}
	return s.write(ctx, func(t *tx) error {
		last, err := t.head()
		if err != nil {
			return err
		}
		if e.Group != "" {
			open, ok, err := t.openOfGroup(e.IntegrationID, e.Group)
			if err != nil {
				return err
			}
			if ok {
				return t.putEvent(&open, open.Joined(e), true)
			}
		}
		e := e
		// Behind all others, whatever the clock says: who reads on from the last one
		// that he knows misses none.
		if e.ID <= last {
			e.ID, _ = store.NextID(last)
		}
		t.put(`UPDATE event_head SET last = $1::uuid`, e.ID)
		return t.putEvent(nil, e, e.Group != "" && e.Actioned.IsZero())
	})
}

func (t *tx) openOfGroup(in, group string) (integration.Event, bool, error) {
	return read[integration.Event](t.ctx, t, eventRecord+`leads AND integration_id = $1 AND grp = $2`, clean(in), clean(group))
}

// putEvent writes an event and counts those that wait for a person. leads says that it is the open one of its group.
func (t *tx) putEvent(old *integration.Event, e integration.Event, leads bool) error {
	raw, err := encode(e)
	if err != nil {
		return err
	}
	if old != nil && old.NeedsPerson() {
		t.count(old.IntegrationID, countEvents, -1)
	}
	if e.NeedsPerson() {
		t.count(e.IntegrationID, countEvents, 1)
	}
	open := e.Actioned.IsZero()
	t.tell("event", e.ID)
	t.put(`INSERT INTO event VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET open = EXCLUDED.open, leads = EXCLUDED.leads, record = EXCLUDED.record`,
		e.ID, clean(e.IntegrationID), clean(e.Name), clean(e.Group), open, leads && open, raw)
	return nil
}

// CloseEvents implements delivery.Ledger.
func (s *Store) CloseEvents(ctx context.Context, integrationID, group string) error {
	if group == "" {
		return nil
	}
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.head(); err != nil {
			return err
		}
		e, ok, err := t.openOfGroup(integrationID, group)
		if err != nil || !ok {
			return err
		}
		return t.putEvent(&e, e.Mended(t.now.UTC()), false)
	})
	if err != nil {
		return fmt.Errorf("close the event %s: %w", group, err)
	}
	return nil
}

// ActionEvent implements app.EventStore.
func (s *Store) ActionEvent(ctx context.Context, id string, actioned bool) (e integration.Event, err error) {
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.head(); err != nil {
			return err
		}
		if e, err = eventByID(t.ctx, t, id); err != nil {
			return err
		}
		old := e
		e = e.Acted(actioned, t.now.UTC())
		leads := false
		if e.Group != "" && e.Actioned.IsZero() { // one opened again beside a younger one leaves the group to that
			leader, ok, err := t.openOfGroup(e.IntegrationID, e.Group)
			if err != nil {
				return err
			}
			leads = !ok || leader.ID == e.ID
		}
		return t.putEvent(&old, e, leads)
	})
	return e, err
}

func eventByID(ctx context.Context, q querier, id string) (integration.Event, error) {
	if _, ok := store.IDTime(id); !ok {
		return integration.Event{}, notFound("event", id)
	}
	e, ok, err := read[integration.Event](ctx, q, eventRecord+`id = $1::uuid`, id)
	if err == nil && !ok {
		err = notFound("event", id)
	}
	return e, err
}

// EventByID implements app.EventStore.
func (s *Store) EventByID(ctx context.Context, id string) (integration.Event, error) {
	e, err := eventByID(ctx, s.pool, id)
	return e, s.told(err)
}

// Events implements app.EventStore.
func (s *Store) Events(ctx context.Context, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error) {
	return s.events(ctx, lastID, integrationID, name, includeActioned, limit)
}

// EventsBefore implements app.EventStore.
func (s *Store) EventsBefore(
	ctx context.Context, before, integrationID, name string, includeActioned bool, limit int,
) ([]integration.Event, error) {
	if before == "" {
		before = lastID
	}
	if _, ok := store.IDTime(before); !ok {
		return nil, notFound("event", before)
	}
	return s.events(ctx, before, integrationID, name, includeActioned, limit)
}

func (s *Store) events(ctx context.Context, before, in, name string, all bool, limit int) ([]integration.Event, error) {
	out, err := list[integration.Event](ctx, s.pool, eventRecord+`id < $1::uuid AND ($2 = '' OR integration_id = $2) AND ($3 = '' OR name = $3)
		AND (open OR $4) ORDER BY id DESC LIMIT $5`, before, clean(in), clean(name), all, limit)
	if out == nil {
		out = []integration.Event{}
	}
	return out, s.told(err)
}

// EventsAfter implements app.EventStore.
func (s *Store) EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error) {
	if id == "" {
		id = firstID
	}
	if _, ok := store.IDTime(id); !ok {
		return nil, notFound("event", id)
	}
	out, err := list[integration.Event](ctx, s.pool, eventRecord+`id > $1::uuid ORDER BY id LIMIT $2`, id, limit)
	if out == nil {
		out = []integration.Event{}
	}
	return out, s.told(err)
}

// OpenEvents implements delivery.Ledger.
func (s *Store) OpenEvents(ctx context.Context, integrationID string) ([]integration.Event, error) {
	out, err := list[integration.Event](ctx, s.pool, eventRecord+`leads AND integration_id = $1 ORDER BY grp`, clean(integrationID))
	return out, s.told(err)
}

// GrownEvents implements app.EventStore.
func (s *Store) GrownEvents(ctx context.Context) (out []integration.Event, err error) {
	all, err := list[integration.Event](ctx, s.pool, eventRecord+`leads ORDER BY integration_id, grp`)
	for _, e := range all {
		if e.Times() > 1 {
			out = append(out, e)
		}
	}
	return out, s.told(err)
}

// purgeEvents deletes those that were acted on before a time.
func (s *Store) purgeEvents(ctx context.Context, olderThan time.Time) error {
	end := store.FirstID(olderThan.Add(time.Millisecond))
	old, err := list[integration.Event](ctx, s.pool, eventRecord+`NOT open AND id < $1::uuid`, end)
	if err != nil {
		return s.told(err)
	}
	return s.write(ctx, func(t *tx) error {
		if len(old) == 0 {
			return nil
		}
		if _, err := t.head(); err != nil {
			return err
		}
		for _, e := range old {
			now, err := eventByID(t.ctx, t, e.ID)
			if errors.Is(err, integration.ErrNotFound) || err == nil && (now.Actioned.IsZero() || !now.Actioned.Before(olderThan)) {
				continue
			}
			if err != nil {
				return err
			}
			t.tell("event", e.ID)
			t.put(`DELETE FROM event WHERE id = $1::uuid`, e.ID)
		}
		return nil
	})
}
