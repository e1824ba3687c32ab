package api

import (
	"context"
	"net/http"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// MarkSent implements service.Service.
func (c *Client) MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error) {
	if err := known("run", runID); err != nil {
		return integration.Run{}, err
	}
	return call[integration.Run](ctx, c, http.MethodPost, at("/runs", runID, "/sent"), nil, sentBody{externalID, reason, confirmed})
}

// SkipRun implements service.Service.
func (c *Client) SkipRun(ctx context.Context, runID, reason string) (integration.Run, error) {
	if err := known("run", runID); err != nil {
		return integration.Run{}, err
	}
	return call[integration.Run](ctx, c, http.MethodPost, at("/runs", runID, "/skip"), nil, reasonBody{reason})
}

// HoldRuns implements service.Service.
func (c *Client) HoldRuns(ctx context.Context, runIDs []string, reason string) (service.ActResult, error) {
	return call[service.ActResult](ctx, c, http.MethodPost, "/runs/hold", nil, holdBody{runIDs, reason})
}

// ReleaseRuns implements service.Service.
func (c *Client) ReleaseRuns(ctx context.Context, runIDs []string) (service.ActResult, error) {
	return call[service.ActResult](ctx, c, http.MethodPost, "/runs/release", nil, idsBody{runIDs})
}

// Sum implements service.Service.
func (c *Client) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	return call[integration.Totals](ctx, c, http.MethodGet, "/runs/totals", encodeFilter(f), nil)
}

// Replays implements service.Service.
func (c *Client) Replays(ctx context.Context) ([]service.Replay, error) {
	return call[[]service.Replay](ctx, c, http.MethodGet, "/replays", nil, nil)
}

// StopReplay implements service.Service.
func (c *Client) StopReplay(ctx context.Context, name string) (service.Replay, error) {
	return call[service.Replay](ctx, c, http.MethodPost, "/replays/stop", nil, nameBody{name})
}
