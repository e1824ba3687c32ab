package servicetest

import (
	"context"
	"slices"

	"billferry/internal/service"
)

// SavedFilters implements service.Service.
func (f *Fake) SavedFilters(ctx context.Context) ([]service.SavedFilter, error) {
	if err := f.enter(ctx, "SavedFilters"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.filters), nil
}

// SaveFilter implements service.Service.
func (f *Fake) SaveFilter(ctx context.Context, q service.SavedFilter) (service.SavedFilter, error) {
	if err := f.enter(ctx, "SaveFilter"); err != nil {
		return service.SavedFilter{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if q.ID == "" {
		q.ID = f.id("filter")
	}
	all, q, err := service.KeepFilter(f.filters, q)
	if err == nil {
		f.filters = all
		f.notify("filter", q.ID)
	}
	return q, err
}

// DeleteFilter implements service.Service.
func (f *Fake) DeleteFilter(ctx context.Context, id string) error {
	if err := f.enter(ctx, "DeleteFilter"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := service.DropFilter(f.filters, id)
	if err == nil {
		f.filters = all
		f.notify("filter", id)
	}
	return err
}
