package servicetest

import (
	"context"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// ImportMappings implements service.Service.
func (f *Fake) ImportMappings(ctx context.Context, q service.MappingImport) (out service.MappingsImported, err error) {
	if err := f.enter(ctx, "ImportMappings"); err != nil {
		return out, err
	}
	for i, m := range q.Mappings {
		if m.M3terID == "" {
			out.Refused = append(out.Refused, service.RefusedMapping{Index: i, Reason: "m3ter entity is required"})
			continue
		}
		f.mu.Lock()
		at := slices.IndexFunc(f.mappings, func(o integration.ExternalMapping) bool { return sameMapping(o, m) })
		m.ID = ""
		if at >= 0 {
			m.ID, m.Version = f.mappings[at].ID, f.mappings[at].Version
		}
		same := at >= 0 && f.mappings[at].ExternalID == m.ExternalID
		f.mu.Unlock()
		switch {
		case same:
			out.Unchanged++
			continue
		case at >= 0:
			out.Changed++
		default:
			out.Added++
		}
		if !q.DryRun {
			if _, err := f.PutMapping(ctx, m); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

func sameMapping(a, b integration.ExternalMapping) bool {
	return strings.EqualFold(a.M3terEntity, b.M3terEntity) && a.M3terID == b.M3terID &&
		strings.EqualFold(a.ExternalSystem, b.ExternalSystem) &&
		strings.EqualFold(a.ExternalTable, b.ExternalTable) && a.IntegrationID == b.IntegrationID
}
