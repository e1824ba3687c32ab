package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Mappings implements service.Service.
func (a *App) Mappings(ctx context.Context, f service.MappingFilter) ([]integration.ExternalMapping, error) {
	all, err := a.store.Mappings(ctx)
	if err != nil {
		return nil, err
	}
	var out []integration.ExternalMapping
	for _, m := range all {
		if matches(f, m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, byName)
	return out, nil
}

// byName puts mappings in the order in which people look for them.
func byName(a, b integration.ExternalMapping) int {
	return cmp.Or(
		cmp.Compare(strings.ToLower(a.M3terEntity), strings.ToLower(b.M3terEntity)),
		cmp.Compare(strings.ToLower(cmp.Or(a.M3terName, a.ExternalName, a.M3terID)),
			strings.ToLower(cmp.Or(b.M3terName, b.ExternalName, b.M3terID))),
		cmp.Compare(a.IntegrationID, b.IntegrationID), cmp.Compare(a.ID, b.ID),
	)
}

// Mapping implements service.Service.
func (a *App) Mapping(ctx context.Context, id string) (integration.ExternalMapping, error) {
	return a.store.MappingByID(ctx, id)
}

func matches(f service.MappingFilter, m integration.ExternalMapping) bool {
	in := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	if !in(f.IntegrationID, m.IntegrationID) || !in(f.System, m.ExternalSystem) || !in(f.Entity, m.M3terEntity) {
		return false
	}
	text := strings.ToLower(f.Text)
	return strings.Contains(strings.ToLower(strings.Join([]string{m.M3terID, m.M3terName, m.ExternalID, m.ExternalName, m.ExternalTable},
		"\n")), text)
}

// PutMapping implements service.Service.
func (a *App) PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error) {
	if err := tidyMapping(&m); err != nil {
		return m, err
	}
	one := []integration.ExternalMapping{m}
	missing, err := a.checkMappings(ctx, one)
	if err != nil {
		return m, err
	}
	switch why := missing[0]; {
	case service.Verbatim(ctx): // m3ter takes any id, and its clients compare with what they sent
		if one[0].ExternalID = m.ExternalID; why != nil {
			one[0].Unchecked = why.Error()
		}
	case why != nil:
		return m, spec.Problems{{Key: "externalId", Label: "External entity ID", Message: why.Error()}}
	}
	a.nameAccount(ctx, &one[0])
	m, err = a.putMapping(ctx, one[0])
	if err == nil {
		a.requeue(ctx)
	}
	return m, err
}

// putMapping keeps a mapping as it is. The caller has the runs re-queued that
// waited for it.
func (a *App) putMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error) {
	if m.IntegrationID != "" {
		if _, err := a.store.Integration(ctx, m.IntegrationID); err != nil {
			return m, err
		}
	}
	detail := fmt.Sprintf("%s %s -> %s %s %s", m.M3terEntity, m.M3terID, m.ExternalSystem, m.ExternalTable, m.ExternalID)
	ctx, err := a.noting(ctx, a.who, "set mapping", detail, &delivery.Requeue{Mappings: []integration.ExternalMapping{m}})
	if err != nil {
		return m, err
	}
	return a.store.PutMapping(ctx, m)
}

// tidyMapping takes blanks off and refuses what is missing.
func tidyMapping(m *integration.ExternalMapping) error {
	var faults spec.Problems
	for _, x := range []struct {
		key, label string
		value      *string
	}{
		{"m3terEntity", "m3ter entity type", &m.M3terEntity}, {"m3terId", "m3ter entity", &m.M3terID},
		{"externalSystem", "External system", &m.ExternalSystem}, {"externalTable", "External table", &m.ExternalTable},
		{"externalId", "External entity ID", &m.ExternalID},
	} {
		if *x.value = strings.TrimSpace(*x.value); *x.value == "" {
			faults = append(faults, spec.Problem{Key: x.key, Label: x.label, Message: x.label + " is required"})
		}
	}
	return faults.Err()
}

// DeleteMapping implements service.Service.
func (a *App) DeleteMapping(ctx context.Context, id string) error {
	return a.acted(a.store.DeleteMapping(ctx, id), "delete mapping", id)
}
