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
	if err != nil {
		return nil, fmt.Errorf("read the saved filters: %w", err)
	}
	return readFilters(raw)
}

func readFilters(raw []byte) ([]service.SavedFilter, error) {
	out := []service.SavedFilter{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			return nil, fmt.Errorf("read the saved filters: %w", err)
		}
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
	err := a.store.UpdateMeta(ctx, filtersMeta, func(old []byte) ([]byte, error) {
		all, err := readFilters(old)
		if err == nil {
			all, err = change(all)
		}
		if err != nil {
			return nil, err
		}
		return json.Marshal(all)
	})
	if err != nil {
		return err
	}
	a.changed("filter", id)
	return nil
}
