package app

import (
	"context"
	"errors"
	"sync"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
)

// destinations keeps one connection for each set of credentials, so that
// its token and its look-ups are shared by all that is sent with them.
type destinations struct {
	app *App
	mu  sync.Mutex
	by  map[string]kept // by integration id
}

type kept struct {
	credentials string
	conn        destination.Conn
}

func newDestinations(a *App) *destinations { return &destinations{app: a, by: map[string]kept{}} }

// Destination implements delivery.Resolver.
func (d *destinations) Destination(ctx context.Context, in integration.Integration) (delivery.Destination, error) {
	return d.open(ctx, in)
}

// System implements delivery.Resolver.
func (d *destinations) System(entityType, destination string) (delivery.System, error) {
	return d.app.adapters.Find(entityType, destination)
}

func (d *destinations) open(ctx context.Context, in integration.Integration) (destination.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k, ok := d.by[in.ID]; ok && k.credentials == in.CredentialsID {
		return k.conn, nil
	}
	adapter, err := d.app.adapters.Find(in.EntityType, in.Destination)
	if err != nil {
		return nil, err
	}
	c, err := d.app.store.Credentials(ctx, in.ID)
	if errors.Is(err, integration.ErrNotFound) || in.CredentialsID == "" {
		return nil, &integration.Failure{
			Class: integration.ClassAuth, Cause: "not_connected",
			Message: "the integration " + in.Name + " is not connected to " + adapter.Words().System,
			Advice:  "connect it: open its details and press c, or run 'billferry integration connect'",
		}
	}
	if err != nil {
		return nil, err
	}
	conn, err := adapter.Open(c, d.app.surroundings())
	if err != nil {
		return nil, err
	}
	d.by[in.ID] = kept{in.CredentialsID, conn}
	return conn, nil
}

// surroundings are what every connection works with.
func (a *App) surroundings() destination.Options {
	return destination.Options{HTTP: a.http, Now: a.now, Logger: a.log}
}

// forget drops the connection of an integration whose credentials went away.
func (d *destinations) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.by, id)
}

// byID finds the connection of an integration id.
func (d *destinations) byID(ctx context.Context, id string) (destination.Conn, error) {
	if id == "" {
		return nil, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected",
			Message: "no integration is named whose destination could be asked",
			Advice:  "connect an integration first, then search through it; until then internal ids can be typed"}
	}
	in, err := d.app.connectable(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.open(ctx, in)
}
