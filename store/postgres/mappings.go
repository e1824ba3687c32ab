package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"billferry/internal/integration"
	"billferry/store"
)

func keyOf(m integration.ExternalMapping) []byte {
	return store.MappingKey(m.ExternalSystem, m.ExternalTable, m.M3terEntity, m.M3terID, m.IntegrationID)
}

const mappingRecord = `SELECT record FROM mapping WHERE `

// LookupMapping implements delivery.Ledger.
func (s *Store) LookupMapping(
	ctx context.Context, integrationID, system, table, entity, m3terID string,
) (externalID string, linked, ok bool, err error) {
	own, plain := store.MappingKey(system, table, entity, m3terID, integrationID), store.MappingKey(system, table, entity, m3terID, "")
	m, ok, err := read[integration.ExternalMapping](ctx, s.pool, mappingRecord+`key = $1 OR key = $2
		ORDER BY key = $1 DESC LIMIT 1`, own, plain)
	return m.ExternalID, ok && m.IntegrationID != "", ok, s.told(err)
}

// Mappings implements app.MappingStore.
func (s *Store) Mappings(ctx context.Context) ([]integration.ExternalMapping, error) {
	out, err := list[integration.ExternalMapping](ctx, s.pool, mappingRecord+`true ORDER BY id`)
	return out, s.told(err)
}

// MappingByID implements app.MappingStore.
func (s *Store) MappingByID(ctx context.Context, id string) (integration.ExternalMapping, error) {
	m, ok, err := read[integration.ExternalMapping](ctx, s.pool, mappingRecord+`id = $1`, clean(id))
	if err == nil && !ok {
		err = notFound("external mapping", id)
	}
	return m, s.told(err)
}

// mappingLock has two changes of mappings follow each other: they are rare, and
// an import is many.
const mappingLock = `LOCK TABLE mapping IN SHARE ROW EXCLUSIVE MODE`

func (t *tx) putMapping(m integration.ExternalMapping) error {
	raw, err := encode(m)
	if err != nil {
		return err
	}
	t.put(`INSERT INTO mapping VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET key = EXCLUDED.key, integration_id = EXCLUDED.integration_id, record = EXCLUDED.record`,
		clean(m.ID), keyOf(m), clean(m.IntegrationID), raw)
	return nil
}

// PutMapping implements app.MappingStore.
func (s *Store) PutMapping(ctx context.Context, m integration.ExternalMapping) (out integration.ExternalMapping, err error) {
	if m.ID == "" {
		m.ID = uuid.Must(uuid.NewV7()).String()
	}
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.Exec(t.ctx, mappingLock); err != nil {
			return err
		}
		out = m
		out.Created, out.Modified = t.now.UTC(), t.now.UTC()
		has, ok, err := read[integration.ExternalMapping](t.ctx, t, mappingRecord+`key = $1`, keyOf(m))
		switch {
		case err != nil:
			return err
		case ok && has.ID != m.ID:
			return fmt.Errorf("external mapping of %s %s to %s %s: %w; change mapping %s instead",
				m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, integration.ErrExists, has.ID)
		}
		old, ok, err := read[integration.ExternalMapping](t.ctx, t, mappingRecord+`id = $1`, clean(m.ID))
		switch {
		case err != nil:
			return err
		case ok && m.Version != 0 && m.Version != old.Version:
			return fmt.Errorf("external mapping %q: you have version %d, the stored one is %d: %w; load it again and repeat the change",
				m.ID, m.Version, old.Version, integration.ErrConflict)
		case ok:
			out.Created = old.Created
		}
		out.Version = old.Version + 1
		t.tell("mapping", m.ID)
		return t.putMapping(out)
	})
	return out, err
}

// DeleteMapping implements app.MappingStore.
func (s *Store) DeleteMapping(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.tell("mapping", id)
		return t.drop("mapping", "external mapping", id)
	})
}

// ImportMappings implements app.MappingStore.
func (s *Store) ImportMappings(
	ctx context.Context, q store.MappingImport, ms []integration.ExternalMapping,
) (out []store.ImportedMapping, err error) {
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.Exec(t.ctx, mappingLock); err != nil {
			return err
		}
		out = make([]store.ImportedMapping, len(ms))
		all, err := list[integration.ExternalMapping](t.ctx, t, mappingRecord+`true`)
		if err != nil {
			return err
		}
		ins, err := list[integration.Integration](t.ctx, t, `SELECT record FROM integration`)
		if err != nil {
			return err
		}
		byKey, there := map[string]integration.ExternalMapping{}, map[string]bool{"": true}
		for _, m := range all {
			byKey[string(keyOf(m))] = m
		}
		for _, in := range ins {
			there[in.ID] = true
		}
		var news []integration.ExternalMapping
		added := 0
		for i, m := range ms {
			if !there[m.IntegrationID] {
				out[i].Err = notFound("integration", m.IntegrationID)
				continue
			}
			old, ok := byKey[string(keyOf(m))]
			if ok && (old.ExternalID == m.ExternalID || q.Add) {
				continue
			}
			news = append(news, m)
			out[i].Added, out[i].Changed = !ok, ok
			m.Version, m.Created, m.Modified = old.Version+1, old.Created, t.now.UTC()
			if m.ID = old.ID; !ok {
				added++
				m.ID, m.Created = uuid.Must(uuid.NewV7()).String(), t.now.UTC()
			}
			if q.DryRun {
				continue
			}
			byKey[string(keyOf(m))] = m
			if err := t.putMapping(m); err != nil {
				return err
			}
		}
		if q.DryRun || len(news) == 0 {
			return nil
		}
		t.tell("mapping", "") // one for all
		key, note, err := q.Note(news)
		if err != nil {
			return err
		}
		t.putNote(key, note)
		return t.audit(store.AuditEntry{Who: q.Who, What: "import mappings",
			Detail: fmt.Sprintf("%d added, %d changed of %d: %s", added, len(news)-added, len(ms), q.Source)})
	})
	return out, err
}
