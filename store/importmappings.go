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

// MappingImport says how mappings are imported.
type MappingImport struct {
	Who    string
	Source string // where they come from, for the audit trail
	DryRun bool   // tell what would be done
	Add    bool   // leave those that exist as they are: a person may have made them meanwhile
	// Note makes the note that is committed with those that are new or changed.
	Note func(news []integration.ExternalMapping) (key string, value []byte, err error)
}

// ImportMappings adds mappings, and gives those that exist their new external
// id, all in one transaction with one entry of the audit trail: an entry each
// was most of what an import wrote. One that is linked to an integration that
// does not exist is told and left out.
func (s *Store) ImportMappings(ctx context.Context, q MappingImport, ms []integration.ExternalMapping) (out []ImportedMapping, err error) {
	all := func(t *tx) error {
		out = make([]ImportedMapping, len(ms))
		var news []integration.ExternalMapping
		added := 0
		for i, m := range ms {
			if err := t.importMapping(m, q, &out[i]); err != nil {
				return err
			}
			if out[i].Added {
				added++
			}
			if out[i].Added || out[i].Changed {
				news = append(news, m)
			}
		}
		if q.DryRun || len(news) == 0 {
			return nil
		}
		t.Changed("mapping", "") // one for all
		key, note, err := q.Note(news)
		if err == nil {
			err = t.Put(bMeta, []byte(key), note)
		}
		if err != nil {
			return err
		}
		return t.audit(AuditEntry{Who: q.Who, What: "import mappings",
			Detail: fmt.Sprintf("%d added, %d changed of %d: %s", added, len(news)-added, len(ms), q.Source)})
	}
	if q.DryRun {
		err = s.view(ctx, all)
	} else {
		err = s.writeMany(ctx, len(ms), all)
	}
	return out, err
}

func (t *tx) importMapping(m integration.ExternalMapping, q MappingImport, out *ImportedMapping) error {
	if m.IntegrationID != "" && t.Get(bIntegrations, []byte(m.IntegrationID)) == nil {
		out.Err = notFound("integration", m.IntegrationID)
		return nil
	}
	m.ID, m.Version, m.Created, m.Modified = "", 1, t.now.UTC(), t.now.UTC()
	if id := t.Get(bMappingKey, keyOf(m)); id != nil {
		old, err := t.mapping(string(id))
		if err != nil {
			return err
		}
		if old.ExternalID == m.ExternalID || q.Add {
			return nil
		}
		out.Changed = true
		m.ID, m.Version, m.Created = old.ID, old.Version+1, old.Created
	} else {
		out.Added = true
		m.ID = uuid.Must(uuid.NewV7()).String() // in order: many at once touch few pages
	}
	if q.DryRun {
		return nil
	}
	if err := t.Put(bMappingKey, keyOf(m), []byte(m.ID)); err != nil {
		return err
	}
	return t.putJSON(bMappings, m.ID, m)
}
