package app

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Submit implements service.Service.
func (a *App) Submit(ctx context.Context, integrationID string, bill []byte, trigger string) ([]integration.Run, error) {
	return a.engine.Submit(ctx, integrationID, bill, trigger)
}

// Runs implements service.Service.
func (a *App) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	return a.store.Runs(ctx, f, token, limit)
}

// Totals implements service.Service.
func (a *App) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return a.store.Totals(ctx, integrationID)
}

// Sum implements service.Service.
func (a *App) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	return a.store.Sum(ctx, f)
}

// Groups implements service.Service.
func (a *App) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	return a.store.Groups(ctx, f)
}

// Run implements service.Service.
func (a *App) Run(ctx context.Context, id string) (service.RunDetail, error) {
	r, err := a.store.Run(ctx, id)
	if err != nil {
		return service.RunDetail{}, err
	}
	d := service.RunDetail{Run: r}
	if d.Attempts, err = a.store.Attempts(ctx, id); err != nil {
		return d, err
	}
	if d.Bill, err = a.store.Bill(ctx, id); err != nil {
		return d, err
	}
	for i := len(d.Attempts) - 1; i >= 0 && d.Document == nil; i-- {
		if doc := d.Attempts[i].Document; len(doc) > 0 {
			if d.Document, err = previewOfAttempt(r, doc); err != nil {
				return d, fmt.Errorf("read the document of attempt %d: %w", i+1, err)
			}
		}
	}
	return d, nil
}
