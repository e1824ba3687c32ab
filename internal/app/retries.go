package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// BulkRetries implements service.Service.
func (a *App) BulkRetries(ctx context.Context) ([]service.BulkRetry, error) {
	return a.bulkRetry.list(ctx)
}

// StopBulkRetry implements service.Service.
func (a *App) StopBulkRetry(ctx context.Context, name string) (service.BulkRetry, error) {
	out, err := a.bulkRetry.halt(ctx, name, a.now())
	return out, a.acted(err, "stop retry", name)
}

// Retry implements service.Service.
func (a *App) Retry(ctx context.Context, q service.RetryRequest) (service.RetryResult, error) {
	res := service.RetryResult{Not: map[string]int{}}
	if q.Continue {
		kept, err := a.bulkRetry.request(ctx, q.Name)
		if err != nil {
			return res, err
		}
		q.RunIDs, q.Filter = kept.RunIDs, kept.Filter
	}
	ids, err := a.retryable(ctx, q, &res)
	if err == nil && q.DryRun && q.Map {
		res.DryRun, err = a.dryRun(ctx, ids, q.Most)
	}
	if err != nil || q.DryRun || len(ids) == 0 && !q.Continue {
		return res, err
	}
	r, err := a.bulkRetry.start(ctx, q, len(ids), a.now())
	if err != nil {
		return res, err
	}
	res.Name = r.Name
	a.did("retry runs", fmt.Sprintf("%s: %d runs, %d not eligible", r.Name, len(ids), sum(res.Not)))
	err = a.retrySteps(ctx, r, ids, &res)
	ended, kept := a.bulkRetry.end(context.WithoutCancel(ctx), r, a.now())
	res.Done, res.Stopped, err = ended.Done, ended.Stopped, errors.Join(err, kept)
	if ended.Done < ended.Total {
		a.did("retry ended early", fmt.Sprintf("%s: %d of %d runs", r.Name, ended.Done, ended.Total))
	}
	return res, err
}

// retrySteps re-queues runs step by step, so that a retry can be watched and
// stopped, and what others write is not kept waiting.
func (a *App) retrySteps(ctx context.Context, r *bulkRetry, ids []string, res *service.RetryResult) error {
	for part := range slices.Chunk(ids, service.RetryStep) {
		if err := ctx.Err(); err != nil {
			return err
		}
		made, err := a.engine.Retry(ctx, part)
		for _, x := range made[:min(len(made), 100-len(res.Runs))] {
			res.Runs = append(res.Runs, x.ID)
		}
		on, kept := a.bulkRetry.step(ctx, r, len(made))
		if err = errors.Join(err, kept); err != nil || !on {
			return err
		}
	}
	return nil
}

// retryable sorts the runs a request names; res gets the count and the reasons.
func (a *App) retryable(ctx context.Context, q service.RetryRequest, res *service.RetryResult) (ids []string, err error) {
	can := a.engine.Retryability()
	return ids, a.selected(ctx, q, func(r integration.Run) error {
		why, err := can.Of(ctx, r)
		switch {
		case err != nil:
			return err
		case why != "":
			res.Not[why]++
		default:
			res.Eligible++
			ids = append(ids, r.ID)
		}
		return nil
	})
}

// selected reads the runs a request names, each once.
func (a *App) selected(ctx context.Context, q service.RetryRequest, each func(integration.Run) error) error {
	seen := map[string]bool{}
	for _, id := range q.RunIDs {
		r, err := a.store.Run(ctx, id)
		if err == nil && !seen[id] {
			seen[id] = true
			err = each(r)
		}
		if err != nil {
			return err
		}
	}
	if q.Filter == nil {
		return nil
	}
	for token := ""; ; {
		page, err := a.store.Runs(ctx, *q.Filter, token, 500)
		if err != nil {
			return err
		}
		for _, r := range page.Runs {
			if seen[r.ID] {
				continue
			}
			if err := each(r); err != nil {
				return err
			}
		}
		if token = page.Next; token == "" {
			return nil
		}
	}
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
