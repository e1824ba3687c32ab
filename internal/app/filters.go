package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"billferry/internal/service"
)

// filtersMeta is where the saved filters lie in the store: they are few, so they are
// one value.
const filtersMeta = "filters"

// SavedFilters implements service.Service.
func (a *App) SavedFilters(ctx context.Context) ([]service.SavedFilter, error) {
	raw, err := a.store.Meta(ctx, filtersMeta)
	out := []service.SavedFilter{}
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("read the saved filters: %w", err)
	}
	return out, nil
}

// SaveFilter implements service.Service.
func (a *App) SaveFilter(ctx context.Context, f service.SavedFilter) (service.SavedFilter, error) {
	if f.ID == "" {
		f.ID = uuid.NewString()
	}
	err := a.changeFilters(ctx, f.ID, func(all []service.SavedFilter) (_ []service.SavedFilter, err error) {
		all, f, err = service.KeepFilter(all, f)
		return all, err
	})
	return f, err
}

// DeleteFilter implements service.Service.
func (a *App) DeleteFilter(ctx context.Context, id string) error {
	return a.changeFilters(ctx, id, func(all []service.SavedFilter) ([]service.SavedFilter, error) { return service.DropFilter(all, id) })
}

func (a *App) changeFilters(ctx context.Context, id string, change func([]service.SavedFilter) ([]service.SavedFilter, error)) error {
	a.filters.Lock()
	defer a.filters.Unlock()
	all, err := a.SavedFilters(ctx)
	if err == nil {
		all, err = change(all)
	}
	if err != nil {
		return err
	}
	raw, err := json.Marshal(all)
	if err == nil {
		err = a.store.SetMeta(ctx, filtersMeta, raw)
	}
	if err != nil {
		return fmt.Errorf("write the saved filters: %w", err)
	}
	a.changed("filter", id)
	return nil
}
