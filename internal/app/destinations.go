package app

import (
	"context"
	"errors"
	"sync"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/netsuite"
)

// destinations keeps one NetSuite client for each set of credentials, so that
// its token and its look-ups are shared by all that is sent with them.
type destinations struct {
	app *App
	mu  sync.Mutex
	by  map[string]kept // by integration id
}

type kept struct {
	credentials string
	client      *netsuite.Client
}

func newDestinations(a *App) *destinations { return &destinations{app: a, by: map[string]kept{}} }

// Destination implements delivery.Resolver.
func (d *destinations) Destination(ctx context.Context, in integration.Integration) (delivery.Destination, error) {
	return d.client(ctx, in)
}

func (d *destinations) client(ctx context.Context, in integration.Integration) (*netsuite.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k, ok := d.by[in.ID]; ok && k.credentials == in.CredentialsID {
		return k.client, nil
	}
	c, err := d.app.store.Credentials(ctx, in.ID)
	if errors.Is(err, integration.ErrNotFound) {
		return nil, &integration.Failure{
			Class: integration.ClassAuth, Cause: "not_connected",
			Message: "the integration " + in.Name + " is not connected to NetSuite",
			Advice:  "connect it: open its details and press c, or run 'billferry integration connect'",
		}
	}
	if err != nil {
		return nil, err
	}
	client, err := netsuite.New(c, netsuite.Options{HTTP: d.app.http, Now: d.app.now, Logger: d.app.log, Worked: c.Verified})
	if err != nil {
		return nil, err
	}
	d.by[in.ID] = kept{in.CredentialsID, client}
	return client, nil
}

// forget drops the client of an integration whose credentials went away.
func (d *destinations) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.by, id)
}

// byID finds the client of an integration id.
func (d *destinations) byID(ctx context.Context, id string) (*netsuite.Client, error) {
	if id == "" {
		return nil, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected", Message: "no integration is named whose destination could be asked",
			Advice: "connect an integration first, then search through it; until then internal ids can be typed"}
	}
	in, err := d.app.store.Integration(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.client(ctx, in)
}
