package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// mappingKey is what may exist once: one m3ter entity has one record of a
// system and table per integration. System, table and entity compare without
// case; ids as they are.
func mappingKey(system, table, entity, m3terID, integrationID string) []byte {
	return []byte(strings.ToLower(system+"\x00"+table+"\x00"+entity) + "\x00" + m3terID + "\x00" + integrationID)
}

func keyOf(m integration.ExternalMapping) []byte {
	return mappingKey(m.ExternalSystem, m.ExternalTable, m.M3terEntity, m.M3terID, m.IntegrationID)
}

// LookupMapping finds the external id of a m3ter entity: a mapping linked to
// the integration first, then an unlinked one.
func (s *Store) LookupMapping(
	ctx context.Context, integrationID, system, table, entity, m3terID string,
) (externalID string, linked, ok bool, err error) {
	err = s.view(ctx, func(t *tx) error {
		id := t.Get(bMappingKey, mappingKey(system, table, entity, m3terID, integrationID))
		if linked = id != nil && integrationID != ""; id == nil {
			id = t.Get(bMappingKey, mappingKey(system, table, entity, m3terID, ""))
		}
		if id == nil {
			return nil
		}
		m, err := t.mapping(string(id))
		externalID, ok = m.ExternalID, err == nil
		return err
	})
	return externalID, linked && ok, ok, err
}

func (t *tx) mapping(id string) (integration.ExternalMapping, error) {
	m, ok, err := getJSON[integration.ExternalMapping](t, bMappings, id)
	if err == nil && !ok {
		err = notFound("external mapping", id)
	}
	return m, err
}

// Mappings lists all external mappings.
func (s *Store) Mappings(ctx context.Context) (out []integration.ExternalMapping, err error) {
	err = s.view(ctx, func(t *tx) error {
		out, err = allJSON[integration.ExternalMapping](t, bMappings)
		return err
	})
	return out, err
}

// MappingByID reads one external mapping.
func (s *Store) MappingByID(ctx context.Context, id string) (m integration.ExternalMapping, err error) {
	err = s.view(ctx, func(t *tx) error {
		m, err = t.mapping(id)
		return err
	})
	return m, err
}

// PutMapping creates a mapping (an empty or unknown id) or changes one. A
// version other than zero must be the stored one, else ErrConflict. Another
// mapping for the same entity, table and integration is ErrExists.
func (s *Store) PutMapping(ctx context.Context, m integration.ExternalMapping) (out integration.ExternalMapping, err error) {
	if m.ID == "" {
		m.ID = uuid.Must(uuid.NewV7()).String()
	}
	err = s.write(ctx, func(t *tx) error {
		out = m
		out.Created, out.Modified = t.now.UTC(), t.now.UTC()
		if has := t.Get(bMappingKey, keyOf(m)); has != nil && string(has) != m.ID {
			return fmt.Errorf("external mapping of %s %s to %s %s: %w; change mapping %s instead",
				m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, integration.ErrExists, has)
		}
		old, ok, err := getJSON[integration.ExternalMapping](t, bMappings, m.ID)
		if err != nil {
			return err
		}
		if ok {
			if m.Version != 0 && m.Version != old.Version {
				return fmt.Errorf("external mapping %q: you have version %d, the stored one is %d: %w; load it again and repeat the change",
					m.ID, m.Version, old.Version, integration.ErrConflict)
			}
			out.Created = old.Created
			if err := t.Delete(bMappingKey, keyOf(old)); err != nil {
				return err
			}
		}
		out.Version = old.Version + 1
		if err := t.Put(bMappingKey, keyOf(m), []byte(m.ID)); err != nil {
			return err
		}
		t.Changed("mapping", m.ID)
		return t.putJSON(bMappings, m.ID, out)
	})
	return out, err
}

// DeleteMapping removes a mapping.
func (s *Store) DeleteMapping(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		m, err := t.mapping(id)
		if err != nil {
			return err
		}
		return t.dropMapping(m)
	})
}

func (t *tx) dropMapping(m integration.ExternalMapping) error {
	if err := t.Delete(bMappingKey, keyOf(m)); err != nil {
		return err
	}
	t.Changed("mapping", m.ID)
	return t.Delete(bMappings, []byte(m.ID))
}
