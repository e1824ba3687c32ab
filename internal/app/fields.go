package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/integration"
)

// Fields implements service.Service.
func (a *App) Fields(ctx context.Context, integrationID string) ([]integration.Field, error) {
	c, err := a.fieldCatalog(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	return c.Fields(ctx)
}

// FieldOptions implements service.Service.
func (a *App) FieldOptions(ctx context.Context, integrationID, field, query string, limit int) ([]integration.Named, error) {
	c, err := a.fieldCatalog(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	return c.Options(ctx, field, query, limit)
}

// Proposed implements service.Service.
func (a *App) Proposed(ctx context.Context, runID string) ([]integration.Field, error) {
	r, err := a.store.Run(ctx, runID)
	if err != nil {
		return nil, err
	}
	if !r.Status.Failed() {
		return nil, nil
	}
	in, err := a.store.Integration(ctx, r.IntegrationID)
	if err != nil {
		return nil, err
	}
	c, err := a.fieldCatalog(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := c.Named(ctx, r.Error)
	if err != nil {
		return nil, err
	}
	filled := integration.Targets(in.ConfigData)
	return slices.DeleteFunc(found, func(f integration.Field) bool {
		return slices.ContainsFunc(filled, func(to string) bool { return strings.EqualFold(to, f.Key) })
	}), nil
}

// fieldCatalog is the connection of an integration, when its destination tells the
// fields of documents.
func (a *App) fieldCatalog(ctx context.Context, integrationID string) (destination.FieldCatalog, error) {
	c, err := a.dest.byID(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	if f, ok := c.(destination.FieldCatalog); ok {
		return f, nil
	}
	return nil, fmt.Errorf("this destination does not tell the fields of its documents: %w", integration.ErrNotFound)
}
