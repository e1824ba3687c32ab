package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// InspectKey implements service.Service.
func (a *App) InspectKey(_ context.Context, pem secret.Value) (service.KeyInfo, error) {
	maker, err := a.adapters.KeyMaker()
	if err != nil {
		return service.KeyInfo{}, err
	}
	k, err := maker.InspectKey(pem)
	return service.KeyInfo(k), err
}

// Connect implements service.Service.
func (a *App) Connect(ctx context.Context, q service.Connect, step func(service.Step)) (integration.Credentials, error) {
	in, err := a.store.Integration(ctx, q.IntegrationID)
	if err != nil {
		return integration.Credentials{}, err
	}
	adapter, err := a.adapters.Find(in.EntityType, in.Destination)
	if err != nil {
		return integration.Credentials{}, err
	}
	c, err := a.credentials(in, adapter, q)
	if err != nil {
		return c, err
	}
	conn, err := adapter.Open(c, a.surroundings())
	if err != nil {
		return c, err
	}
	if !q.Unverified {
		ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
		defer cancel()
		if err := conn.Verify(ctx, a.steps(step)); err != nil {
			return c, err
		}
		c.Verified, c.ConnectedAt = true, a.now()
	}
	detail := fmt.Sprintf("%s, %s account %s, key %s, verified %t", subject(in), adapter.Words().System, c.AccountID, c.Fingerprint, c.Verified)
	with, err := a.noting(ctx, a.who, "connect integration", detail, nil)
	if err != nil {
		return c, err
	}
	if err := a.store.PutCredentials(with, in.ID, c); err != nil {
		return c, err
	}
	if err := a.store.CloseEvents(ctx, in.ID, groupCertificate); err != nil { // they were about the key before
		return c, err
	}
	a.dest.forget(in.ID)
	a.engine.Wake()
	c.PrivateKey = secret.Value{}
	return c, nil
}

// credentials checks what the Connect form holds before anything is sent.
func (a *App) credentials(in integration.Integration, adapter destination.Adapter, q service.Connect) (integration.Credentials, error) {
	values := map[string]string{
		"externalCustomerId": strings.TrimSpace(q.AccountID), "clientId": strings.TrimSpace(q.ClientID),
		"keyId": strings.TrimSpace(q.KeyID), "restUrl": strings.TrimSpace(q.RESTURL), "tokenUrl": strings.TrimSpace(q.TokenURL),
	}
	var faults spec.Problems
	for _, x := range adapter.Form().Auth {
		var err error
		switch {
		case x.Kind == spec.Secret && q.PrivateKey.Empty():
			err = x.Validate("")
		case x.Kind == spec.Secret: // Inspect says what is wrong with it
		case secret.HoldsKey(values[x.Key]): // before anything else could repeat it
			err = fmt.Errorf("%s is a private key: it was not kept and is not shown; give it as the private key, and the id here", x.Label)
		default:
			err = x.Validate(values[x.Key])
		}
		if err != nil {
			faults = append(faults, spec.Problem{Key: x.Key, Label: x.Label, Message: err.Error()})
		}
	}
	if err := faults.Err(); err != nil {
		return integration.Credentials{}, err
	}
	return adapter.Inspect(integration.Credentials{
		ID: uuid.NewString(), Name: in.Name, AccountID: values["externalCustomerId"], ClientID: values["clientId"],
		KeyID: values["keyId"], PrivateKey: q.PrivateKey, RESTURL: values["restUrl"], TokenURL: values["tokenUrl"], Created: a.now(),
	})
}

// Test implements service.Service.
func (a *App) Test(ctx context.Context, id string, step func(service.Step)) error {
	in, err := a.store.Integration(ctx, id)
	if err != nil {
		return err
	}
	conn, err := a.dest.open(ctx, in)
	if err != nil {
		return err
	}
	return conn.Check(ctx, in.ConfigData, a.steps(step))
}

// steps hands a destination's steps on with the time each took.
func (a *App) steps(step func(service.Step)) func(destination.Step) {
	last := a.now()
	return func(s destination.Step) {
		now := a.now()
		if step != nil {
			step(service.Step{Name: s.Name, State: s.State, Detail: s.Detail, Remedy: s.Remedy, Elapsed: now.Sub(last)})
		}
		last = now
	}
}

// Items implements service.Service.
func (a *App) Items(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	c, err := a.dest.byID(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	return c.Search(ctx, delivery.ItemRecord, query, limit)
}

// Customers implements service.Service.
func (a *App) Customers(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error) {
	c, err := a.dest.byID(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	return c.Search(ctx, delivery.CustomerRecord, query, limit)
}
