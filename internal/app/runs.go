package app

import (
	"context"
	"fmt"
	"strings"

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

// Retry implements service.Service.
func (a *App) Retry(ctx context.Context, q service.RetryRequest) (service.RetryResult, error) {
	runs, err := a.selected(ctx, q)
	res := service.RetryResult{Not: map[string]int{}}
	if err != nil {
		return res, err
	}
	var ids []string
	for _, r := range runs {
		why, err := a.engine.Retryable(ctx, r)
		if err != nil {
			return res, err
		}
		if why != "" {
			res.Not[why]++
			continue
		}
		res.Eligible++
		ids = append(ids, r.ID)
	}
	if q.DryRun || len(ids) == 0 {
		return res, nil
	}
	made, err := a.engine.Retry(ctx, ids)
	for _, r := range made {
		if len(res.Runs) < 100 {
			res.Runs = append(res.Runs, r.ID)
		}
	}
	return res, a.acted(err, strings.TrimSpace("retry runs "+q.Name), fmt.Sprintf("%d of %d", len(made), len(runs)))
}

// selected reads the runs a request names.
func (a *App) selected(ctx context.Context, q service.RetryRequest) ([]integration.Run, error) {
	var out []integration.Run
	for _, id := range q.RunIDs {
		r, err := a.store.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if q.Filter == nil {
		return out, nil
	}
	for token := ""; ; {
		page, err := a.store.Runs(ctx, *q.Filter, token, 500)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Runs...)
		if token = page.Next; token == "" {
			return out, nil
		}
	}
}
