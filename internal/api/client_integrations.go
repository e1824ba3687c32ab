package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// The bodies that carry a secret out. They are made when they are sent and
// held nowhere; secret.Value itself would travel as its mark.
type (
	connectOut struct {
		service.Connect
		Key string `json:"privateKey"`
	}
	sourceOut struct {
		integration.Source
		Secret string `json:"apiSecret"`
	}
	keyOut struct {
		Key string `json:"privateKey"`
	}
)

// Info implements service.Service; Mode says that we are attached.
func (c *Client) Info(ctx context.Context) (service.Info, error) {
	i, err := call[service.Info](ctx, c, http.MethodGet, "/info", nil, nil)
	i.Mode = "attached"
	return i, err
}

// Catalog implements service.Service.
func (c *Client) Catalog() spec.Catalog { return c.catalog }

// Integrations implements service.Service.
func (c *Client) Integrations(ctx context.Context) ([]service.Summary, error) {
	return call[[]service.Summary](ctx, c, http.MethodGet, "/integrations", nil, nil)
}

// Integration implements service.Service.
func (c *Client) Integration(ctx context.Context, id string) (service.Detail, error) {
	if err := known("integration", id); err != nil {
		return service.Detail{}, err
	}
	return call[service.Detail](ctx, c, http.MethodGet, at("/integrations", id), nil, nil)
}

// Create implements service.Service.
func (c *Client) Create(ctx context.Context, n service.NewIntegration) (integration.Integration, error) {
	return call[integration.Integration](ctx, c, http.MethodPost, "/integrations", nil, n)
}

// Update implements service.Service.
func (c *Client) Update(ctx context.Context, in integration.Integration) (integration.Integration, error) {
	if err := known("integration", in.ID); err != nil {
		return integration.Integration{}, err
	}
	return call[integration.Integration](ctx, c, http.MethodPut, at("/integrations", in.ID), nil, in)
}

// Delete implements service.Service.
func (c *Client) Delete(ctx context.Context, id string) (integration.Integration, error) {
	if err := known("integration", id); err != nil {
		return integration.Integration{}, err
	}
	return call[integration.Integration](ctx, c, http.MethodDelete, at("/integrations", id), nil, nil)
}

// SetEnabled implements service.Service.
func (c *Client) SetEnabled(ctx context.Context, id string, enabled bool) (integration.Integration, error) {
	if err := known("integration", id); err != nil {
		return integration.Integration{}, err
	}
	return call[integration.Integration](ctx, c, http.MethodPut, at("/integrations", id, "/enabled"), nil, enabledBody{&enabled})
}

// Drafts implements service.Service.
func (c *Client) Drafts(ctx context.Context) ([]integration.Draft, error) {
	return call[[]integration.Draft](ctx, c, http.MethodGet, "/drafts", nil, nil)
}

// SaveDraft implements service.Service.
func (c *Client) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	return call[integration.Draft](ctx, c, http.MethodPost, "/drafts", nil, d)
}

// DeleteDraft implements service.Service.
func (c *Client) DeleteDraft(ctx context.Context, id string) error {
	if err := known("draft", id); err != nil {
		return err
	}
	return c.run(ctx, http.MethodDelete, at("/drafts", id), nil)
}

// InspectKey implements service.Service.
func (c *Client) InspectKey(ctx context.Context, pem secret.Value) (service.KeyInfo, error) {
	return call[service.KeyInfo](ctx, c, http.MethodPost, "/keys/inspect", nil, keyOut{pem.Reveal()})
}

// GenerateKey implements service.Service. dir is meant from where we stand,
// not from where the server does.
func (c *Client) GenerateKey(ctx context.Context, dir, algorithm string, days int) (service.KeyFiles, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return service.KeyFiles{}, fmt.Errorf("find the folder for the key: %w", err)
	}
	return call[service.KeyFiles](ctx, c, http.MethodPost, "/keys/generate", nil, generateBody{dir, algorithm, days})
}

// Connect implements service.Service.
func (c *Client) Connect(ctx context.Context, n service.Connect, step func(service.Step)) (integration.Credentials, error) {
	if err := known("integration", n.IntegrationID); err != nil {
		return integration.Credentials{}, err
	}
	return stepped[integration.Credentials](ctx, c, http.MethodPost, at("/integrations", n.IntegrationID, "/connect"),
		connectOut{n, n.PrivateKey.Reveal()}, step)
}

// Test implements service.Service.
func (c *Client) Test(ctx context.Context, id string, step func(service.Step)) error {
	if err := known("integration", id); err != nil {
		return err
	}
	_, err := stepped[doneBody](ctx, c, http.MethodPost, at("/integrations", id, "/test"), nil, step)
	return err
}

// ConnectSource implements service.Service.
func (c *Client) ConnectSource(ctx context.Context, s integration.Source, step func(service.Step)) error {
	_, err := stepped[doneBody](ctx, c, http.MethodPut, "/source", sourceOut{s, s.APISecret.Reveal()}, step)
	return err
}

// SourceStatus implements service.Service.
func (c *Client) SourceStatus(ctx context.Context) (service.SourceStatus, error) {
	return call[service.SourceStatus](ctx, c, http.MethodGet, "/source", nil, nil)
}

// Accounts implements service.Service.
func (c *Client) Accounts(ctx context.Context, query string, limit int) ([]integration.Account, error) {
	return call[[]integration.Account](ctx, c, http.MethodGet, "/accounts", search(query, limit), nil)
}

// Items implements service.Service.
func (c *Client) Items(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	return c.named(ctx, integrationID, "/items", query, limit)
}

// Customers implements service.Service.
func (c *Client) Customers(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	return c.named(ctx, integrationID, "/customers", query, limit)
}

func (c *Client) named(ctx context.Context, id, what, query string, limit int) ([]integration.Named, error) {
	if err := known("integration", id); err != nil {
		return nil, err
	}
	return call[[]integration.Named](ctx, c, http.MethodGet, at("/integrations", id, what), search(query, limit), nil)
}

func search(query string, limit int) url.Values {
	return url.Values{"query": {query}, "limit": {strconv.Itoa(limit)}}
}

// Preview implements service.Service.
func (c *Client) Preview(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	return call[service.Preview](ctx, c, http.MethodPost, "/preview", nil, p)
}
