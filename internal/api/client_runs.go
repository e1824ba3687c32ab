package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Submit implements service.Service.
func (c *Client) Submit(ctx context.Context, integrationID string, bill []byte, trigger string) ([]integration.Run, error) {
	q := url.Values{"integrationId": {integrationID}, "trigger": {trigger}}
	return call[[]integration.Run](ctx, c, http.MethodPost, "/bills/submit", q, raw(bill))
}

// Runs implements service.Service.
func (c *Client) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	q := encodeFilter(f)
	q.Set("limit", strconv.Itoa(limit))
	if token != "" {
		q.Set("nextToken", token)
	}
	return call[integration.RunPage](ctx, c, http.MethodGet, "/runs", q, nil)
}

// Run implements service.Service.
func (c *Client) Run(ctx context.Context, id string) (service.RunDetail, error) {
	if err := known("run", id); err != nil {
		return service.RunDetail{}, err
	}
	return call[service.RunDetail](ctx, c, http.MethodGet, at("/runs", id), nil, nil)
}

// Totals implements service.Service.
func (c *Client) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return call[integration.Totals](ctx, c, http.MethodGet, "/totals", url.Values{"integrationId": {integrationID}}, nil)
}

// Groups implements service.Service.
func (c *Client) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	return call[[]integration.Group](ctx, c, http.MethodGet, "/groups", encodeFilter(f), nil)
}

// Retry implements service.Service.
func (c *Client) Retry(ctx context.Context, r service.RetryRequest) (service.RetryResult, error) {
	return call[service.RetryResult](ctx, c, http.MethodPost, "/runs/retry", nil, r)
}

// Events implements service.Service.
func (c *Client) Events(ctx context.Context, f service.EventFilter) ([]integration.Event, error) {
	q := url.Values{"integrationId": {f.IntegrationID}, "name": {f.Name}, "includeActioned": {strconv.FormatBool(f.IncludeActioned)},
		"before": {f.Before}, "limit": {strconv.Itoa(f.Limit)}}
	return call[[]integration.Event](ctx, c, http.MethodGet, "/events", q, nil)
}

// Event implements service.Service.
func (c *Client) Event(ctx context.Context, id string) (integration.Event, error) {
	if err := known("event", id); err != nil {
		return integration.Event{}, err
	}
	return call[integration.Event](ctx, c, http.MethodGet, at("/events", id), nil, nil)
}

// ActionEvent implements service.Service.
func (c *Client) ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error) {
	if err := known("event", id); err != nil {
		return integration.Event{}, err
	}
	return call[integration.Event](ctx, c, http.MethodPut, at("/events", id, "/actioned"), nil, actionedBody{&actioned})
}

// Mappings implements service.Service.
func (c *Client) Mappings(ctx context.Context, f service.MappingFilter) ([]integration.ExternalMapping, error) {
	q := url.Values{"integrationId": {f.IntegrationID}, "system": {f.System}, "entity": {f.Entity}, "text": {f.Text}}
	return call[[]integration.ExternalMapping](ctx, c, http.MethodGet, "/mappings", q, nil)
}

// Mapping implements service.Service.
func (c *Client) Mapping(ctx context.Context, id string) (integration.ExternalMapping, error) {
	if err := known("mapping", id); err != nil {
		return integration.ExternalMapping{}, err
	}
	return call[integration.ExternalMapping](ctx, c, http.MethodGet, at("/mappings", id), nil, nil)
}

// PutMapping implements service.Service.
func (c *Client) PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error) {
	if m.ID == "" {
		return call[integration.ExternalMapping](ctx, c, http.MethodPost, "/mappings", nil, m)
	}
	return call[integration.ExternalMapping](ctx, c, http.MethodPut, at("/mappings", m.ID), nil, m)
}

// ImportMappings implements service.Service.
func (c *Client) ImportMappings(ctx context.Context, q service.MappingImport) (service.MappingsImported, error) {
	return call[service.MappingsImported](ctx, c, http.MethodPost, "/mappings/import", nil, q)
}

// DeleteMapping implements service.Service.
func (c *Client) DeleteMapping(ctx context.Context, id string) error {
	if err := known("mapping", id); err != nil {
		return err
	}
	return c.run(ctx, http.MethodDelete, at("/mappings", id), nil)
}

// PullMappings implements service.Service.
func (c *Client) PullMappings(ctx context.Context) (int, error) {
	n, err := call[countBody](ctx, c, http.MethodPost, "/mappings/pull", nil, nil)
	return n.Count, err
}
