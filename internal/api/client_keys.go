package api

import (
	"context"
	"net/http"

	"billferry/internal/secret"
)

// APIKeys lists the API keys of the server, without their hashes.
func (c *Client) APIKeys(ctx context.Context) ([]Key, error) {
	return call[[]Key](ctx, c, http.MethodGet, "/apikeys", nil, nil)
}

// CreateAPIKey makes an API key; its secret is told this once.
func (c *Client) CreateAPIKey(ctx context.Context, name string, scope Scope) (Key, secret.Value, error) {
	a, err := call[newKeyAnswer](ctx, c, http.MethodPost, "/apikeys", nil, newKeyBody{name, scope})
	return a.Key, secret.New(a.Secret), err
}

// RevokeAPIKey ends a key and all its tokens at once.
func (c *Client) RevokeAPIKey(ctx context.Context, id string) error {
	if err := known("API key", id); err != nil {
		return err
	}
	_, err := call[none](ctx, c, http.MethodDelete, at("/apikeys", id), nil, nil)
	return err
}
