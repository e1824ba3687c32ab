package app

import (
	"context"
	"errors"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/mapping"
)

// overlaps finds the other integrations that may send the same Bills into the
// same account of the destination. While one is not connected nobody knows its
// account, and it counts.
func (a *App) overlaps(ctx context.Context, in integration.Integration) ([]service.Overlap, error) {
	all, err := a.store.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	sys, err := a.dest.System(in.EntityType, in.Destination)
	if err != nil {
		return nil, nil // it sends nothing, and each call says why
	}
	own, err := sys.Config(in.ID, in.ConfigData)
	if err != nil {
		return nil, nil // settings that cannot be read are warned of as such
	}
	account, err := a.accountOf(ctx, in)
	if err != nil {
		return nil, err
	}
	var out []service.Overlap
	for _, o := range all {
		if o.ID == in.ID || o.EntityType != in.EntityType || o.Destination != in.Destination || !o.Enabled {
			continue
		}
		other, err := a.accountOf(ctx, o)
		if err != nil {
			return nil, err
		}
		cfg, err := sys.Config(o.ID, o.ConfigData)
		if err != nil || account != "" && other != "" && account != other {
			continue
		}
		if accounts, yes := mapping.Overlap(own, cfg); yes {
			out = append(out, service.Overlap{IntegrationID: o.ID, Name: o.Name, Accounts: accounts, System: sys.Words().System})
		}
	}
	return out, nil
}

// accountOf is the account that an integration is connected to, or "".
func (a *App) accountOf(ctx context.Context, in integration.Integration) (string, error) {
	if in.CredentialsID == "" {
		return "", nil
	}
	c, err := a.store.CredentialsInfo(ctx, in.ID)
	if errors.Is(err, integration.ErrNotFound) {
		return "", nil
	}
	return c.Account, err
}
