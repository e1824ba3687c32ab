package app

import (
	"context"
	"fmt"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/store"
)

// ImportMappings implements service.Service.
func (a *App) ImportMappings(ctx context.Context, q service.MappingImport) (service.MappingsImported, error) {
	var out service.MappingsImported
	if len(q.Mappings) > service.MaxImport {
		return out, fmt.Errorf("%d mappings at once: send at most %d, and the rest with the next call", len(q.Mappings), service.MaxImport)
	}
	refuse := func(i int, err error) {
		out.Refused = append(out.Refused, service.RefusedMapping{Index: i, Reason: err.Error()})
	}
	at := make([]int, 0, len(q.Mappings)) // of those that are kept
	good := make([]integration.ExternalMapping, 0, len(q.Mappings))
	for i, m := range q.Mappings {
		if err := tidyMapping(&m); err != nil {
			refuse(i, err)
			continue
		}
		at, good = append(at, i), append(good, m)
	}
	key, value, err := delivery.Requeue{Mappings: good}.Note()
	if err != nil {
		return out, err
	}
	done, err := a.store.ImportMappings(store.WithNote(ctx, key, value), a.who, good, q.DryRun)
	if err != nil {
		return service.MappingsImported{}, err
	}
	news := false
	for i, d := range done {
		switch {
		case d.Err != nil:
			refuse(at[i], d.Err)
			continue
		case d.Added:
			out.Added++
		case d.Changed:
			out.Changed++
		default:
			out.Unchanged++
			continue
		}
		news = true
	}
	if news && !q.DryRun {
		a.requeue(ctx)
	}
	return out, nil
}
