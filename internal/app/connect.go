package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/wizard"
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
	in, err := a.connectable(ctx, q.IntegrationID)
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
	detail := fmt.Sprintf("%s, %s account %s, key %s, verified %t", subject(in), adapter.Words().System, c.Account, c.Fingerprint, c.Verified)
	with, err := a.noting(ctx, a.who, "connect integration", detail, nil)
	if err != nil {
		return c, err
	}
	if err := a.store.PutCredentials(with, in.ID, c); err != nil {
		return c, err
	}
	if err := a.store.CloseEvents(ctx, in.ID, integration.GroupCertificate); err != nil { // they were about the key before
		return c, err
	}
	a.dest.forget(in.ID)
	a.engine.Wake()
	c.Secrets = nil
	return c, nil
}

// connectable finds what may be connected: an integration, or the draft of one,
// so that its fields, items and values have names before it is made.
func (a *App) connectable(ctx context.Context, id string) (integration.Integration, error) {
	in, err := a.store.Integration(ctx, id)
	if !errors.Is(err, integration.ErrNotFound) {
		return in, err
	}
	drafts, e := a.store.Drafts(ctx)
	i := slices.IndexFunc(drafts, func(d integration.Draft) bool { return d.ID == id })
	if e != nil || i < 0 {
		return in, cmp.Or(e, err)
	}
	w, err := wizard.Resume(a.forms, drafts[i].Data)
	if err != nil {
		return in, err
	}
	d := w.Draft()
	in = integration.Integration{ID: id, Name: cmp.Or(d.Name, drafts[i].Title), EntityType: d.EntityType, Destination: d.Destination,
		ConfigData: d.ConfigData, CredentialsID: drafts[i].CredentialsID, Enabled: true}
	if in.CredentialsID != "" {
		c, err := a.store.CredentialsInfo(ctx, id)
		if err != nil {
			return in, err
		}
		if !strings.EqualFold(c.Destination, in.Destination) {
			in.CredentialsID = "" // another was chosen since
		}
		in.Authorized = c.Verified && in.CredentialsID != ""
	}
	return in, nil
}

// credentials checks what the Connect form holds before anything is sent.
func (a *App) credentials(in integration.Integration, adapter destination.Adapter, q service.Connect) (integration.Credentials, error) {
	c := integration.Credentials{ID: uuid.NewString(), Name: in.Name, Destination: in.Destination, Values: spec.Values{},
		Secrets: map[string]secret.Value{},
		Created: a.now()}
	var faults spec.Problems
	for _, x := range adapter.Form().Auth {
		text := strings.TrimSpace(q.Values.Text(x.Key))
		var err error
		switch {
		case x.Kind.Hidden() && q.Secrets[x.Key].Empty():
			err = x.Validate("")
		case x.Kind.Hidden(): // Inspect says what is wrong with it
			c.Secrets[x.Key] = q.Secrets[x.Key]
		case secret.HoldsKey(text): // before anything else could repeat it
			err = fmt.Errorf("%s is a private key: it was not kept and is not shown; give it as the private key, and the id here", x.Label)
		default:
			c.Values.Set(x.Key, text)
			err = x.Validate(text)
		}
		if err != nil {
			faults = append(faults, spec.Problem{Key: x.Key, Label: x.Label, Message: err.Error()})
		}
	}
	if err := faults.Err(); err != nil {
		return integration.Credentials{}, err
	}
	return adapter.Inspect(c)
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
	n, err := a.needs(ctx, in)
	if err != nil {
		return err
	}
	if n.Prefixes, err = a.prefixes(ctx, conn.Account()); err != nil {
		return err
	}
	return conn.Check(ctx, n, a.steps(step))
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
