package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// ImportedMapping is what an import made of one mapping.
type ImportedMapping struct {
	Added, Changed bool // neither: it is as it was
	Err            error
}

// ImportMappings adds mappings, and gives those that exist their new external
// id, all in one transaction and with an entry of the audit trail each. One that
// is linked to an integration that does not exist is told and left out. dry
// tells what would be done.
func (s *Store) ImportMappings(ctx context.Context, who string, ms []integration.ExternalMapping, dry bool) (out []ImportedMapping, err error) {
	all := func(t *tx) error {
		out = make([]ImportedMapping, len(ms))
		for i, m := range ms {
			if err := t.importMapping(who, m, dry, &out[i]); err != nil {
				return err
			}
		}
		if t.dirty {
			t.changed("mapping", "") // one for all
		}
		return nil
	}
	if dry {
		err = s.view(ctx, all)
	} else {
		err = s.writeMany(ctx, len(ms), all)
	}
	return out, err
}

func (t *tx) importMapping(who string, m integration.ExternalMapping, dry bool, out *ImportedMapping) error {
	if m.IntegrationID != "" && t.get(bIntegrations, []byte(m.IntegrationID)) == nil {
		out.Err = notFound("integration", m.IntegrationID)
		return nil
	}
	m.ID, m.Version, m.Created, m.Modified = "", 1, t.now.UTC(), t.now.UTC()
	if id := t.get(bMappingKey, keyOf(m)); id != nil {
		old, err := t.mapping(string(id))
		if err != nil {
			return err
		}
		if old.ExternalID == m.ExternalID {
			return nil
		}
		out.Changed = true
		m.ID, m.Version, m.Created = old.ID, old.Version+1, old.Created
	} else {
		out.Added = true
		m.ID = uuid.Must(uuid.NewV7()).String() // in order: many at once touch few pages
	}
	if dry {
		return nil
	}
	if err := t.put(bMappingKey, keyOf(m), []byte(m.ID)); err != nil {
		return err
	}
	if err := t.putJSON(bMappings, m.ID, m); err != nil {
		return err
	}
	return t.audit(AuditEntry{Who: who, What: "set mapping",
		Detail: fmt.Sprintf("%s %s -> %s %s %s", m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, m.ExternalID)})
}
