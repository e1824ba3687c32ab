package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/user"
	"strconv"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/secret"
)

// newServer makes the REST API over this App.
func (a *App) newServer() *api.Server {
	return api.NewServer(a, api.Options{
		Logger: a.log, Now: a.now, Keys: a.keys, TokenKey: a.tokens.get, Upstream: upstream{a},
		Ready: a.ready, Metrics: newMetrics(a),
		Backup: func(w io.Writer) (int64, error) { return a.Backup(context.Background(), w) },
		Audit: func(r api.AuditRecord) {
			if r.Who != localCaller { // what comes over the socket is recorded as the act it is
				a.audit(r.Who, r.Method+" "+r.Path, strconv.Itoa(r.Status))
			}
		},
	})
}

// ready tells whether Bills are taken and delivered.
func (a *App) ready(ctx context.Context) error {
	if _, err := a.store.Meta(ctx, keysMeta); err != nil {
		return fmt.Errorf("the store does not answer: %w", err)
	}
	if err := a.store.InPlace(); err != nil {
		return err
	}
	if a.cluster != nil {
		if err := a.cluster.ready(); err != nil {
			return err
		}
	}
	if !a.delivering.Load() {
		return errors.New("delivery has stopped, the log says why; it is started again by itself")
	}
	return nil
}

// localCaller is what api calls a caller on the unix socket.
const localCaller = "local"

// ListenTCP serves the REST API on TCP as well, until Close. Only keys get in.
func (a *App) ListenTCP(ctx context.Context, t api.TCP) (addr string, err error) {
	l, err := api.ListenTCP(t)
	if err != nil {
		return "", err
	}
	a.serve(l)
	return l.Addr().String(), nil
}

// upstream passes requests for accounts and Bills through to m3ter.
type upstream struct{ a *App }

// Do implements api.Upstream.
func (u upstream) Do(ctx context.Context, r api.UpstreamRequest) (*http.Response, error) {
	c, err := u.a.m3ter(ctx)
	if err != nil {
		return nil, err
	}
	src, err := u.a.store.Source(ctx)
	if err != nil {
		return nil, err
	}
	return api.HTTPUpstream{BaseURL: src.BaseURL, OrgID: src.OrgID, Token: c.Token, Client: u.a.http}.Do(ctx, r)
}

// APIKeys lists the keys of the REST API, without their hashes.
func (a *App) APIKeys(ctx context.Context) ([]api.Key, error) {
	keys, err := a.keys.Keys(ctx)
	for i := range keys {
		keys[i].Hash = ""
	}
	return keys, err
}

// CreateAPIKey makes a key; its secret is told this once.
func (a *App) CreateAPIKey(ctx context.Context, name string, scope api.Scope) (api.Key, secret.Value, error) {
	k, s, err := api.NewKey(name, scope, a.now())
	if err != nil {
		return k, s, err
	}
	if err := a.keys.PutKey(ctx, k); err != nil {
		return k, s, err
	}
	a.did("make API key", name+" "+string(scope))
	k.Hash = ""
	return k, s, nil
}

// RevokeAPIKey ends a key and all its tokens at once.
func (a *App) RevokeAPIKey(ctx context.Context, id string) error {
	if err := a.keys.DeleteKey(ctx, id); err != nil {
		return err
	}
	a.did("revoke API key", id)
	return nil
}

// did records an act of the person at this machine in the audit trail.
func (a *App) did(what, detail string) { a.audit(a.who, what, detail) }

// audit records an act. It was done already, so a trail that cannot be written
// is told loudly and undoes nothing.
func (a *App) audit(who, what, detail string) {
	if err := a.store.Audit(context.Background(), who, what, detail); err != nil {
		a.log.Error("the audit trail could not be written", "who", who, "what", what, "error", err)
	}
}

// actor is who asks for something: the caller of the API, or the person at this machine.
func (a *App) actor(ctx context.Context) string {
	if act := api.ActOf(ctx); act != nil && act.Who != localCaller {
		return act.Who
	}
	return a.who
}

// osUser names the person at this machine.
func osUser() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

// subject names an integration in the trail.
func subject(in integration.Integration) string { return fmt.Sprintf("%s (%s)", in.Name, in.ID) }

// acted records an act unless it failed, and passes its error on.
func (a *App) acted(err error, what, detail string) error {
	if err == nil {
		a.did(what, detail)
	}
	return err
}
