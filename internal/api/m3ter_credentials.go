package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
)

// credentialRequest is m3ter's IntegrationCredentialsRequest of an
// authorization type that ends with a private key. m3ter does not publish the
// names beyond type, destination and name; the others are ours.
type credentialRequest struct {
	Type          string       `json:"type"` // NETSUITE_AUTH
	AccountID     string       `json:"externalCustomerId"`
	ClientID      string       `json:"clientId"`
	KeyID         string       `json:"keyId"`
	PrivateKey    secret.Value `json:"privateKey"` // write only
	RESTURL       string       `json:"restUrl"`
	TokenURL      string       `json:"tokenUrl"`
	IntegrationID string       `json:"integrationConfigId"` // of a POST of credentials alone
}

// present tells whether there is something to connect with: SDKs send an empty
// object to leave credentials as they are.
func (c *credentialRequest) present() bool { return c != nil && !c.PrivateKey.Empty() }

// mayConnect wants the scope for credentials where they come with a configuration.
func (c *credentialRequest) mayConnect(r *http.Request) error {
	if who := callerOf(r); c.present() && !who.Scope.covers(ScopeAdmin) {
		return forbidden("this API key has the scope %q; credentials need %q", who.Scope, ScopeAdmin)
	}
	return nil
}

func (c *credentialRequest) connect(integrationID string) service.Connect {
	return service.Connect{IntegrationID: integrationID, AccountID: c.AccountID, ClientID: c.ClientID, KeyID: c.KeyID,
		PrivateKey: c.PrivateKey, RESTURL: c.RESTURL, TokenURL: c.TokenURL}
}

// credentialAnswer is m3ter's IntegrationCredentialsResponse; the key is never in it.
type credentialAnswer struct {
	integration.Credentials
	Type          string `json:"type"`
	Destination   string `json:"destination"`
	Version       int64  `json:"version"` // credentials are replaced, not changed: always 1
	IntegrationID string `json:"integrationConfigId"`
}

func newCredentialAnswer(c integration.Credentials, in integration.Integration) credentialAnswer {
	system := strings.ToUpper(in.Destination)
	return credentialAnswer{Credentials: c, Type: system + "_AUTH", Destination: system, Version: 1, IntegrationID: in.ID}
}

func (s *Server) allCredentials(r *http.Request) ([]credentialAnswer, error) {
	all, err := s.svc.Integrations(r.Context())
	if err != nil {
		return nil, err
	}
	var out []credentialAnswer
	for _, x := range all {
		if x.CredentialsID == "" {
			continue
		}
		d, err := s.svc.Integration(r.Context(), x.ID)
		if err != nil {
			return nil, err
		}
		if d.Credentials != nil {
			out = append(out, newCredentialAnswer(*d.Credentials, d.Integration))
		}
	}
	return out, nil
}

func (s *Server) listCredentials(w http.ResponseWriter, r *http.Request) error {
	all, err := s.allCredentials(r)
	if err != nil {
		return err
	}
	p, err := cut(all, r.URL.Query(), largePage, func(c credentialAnswer) (time.Time, string) { return c.Created, c.ID })
	return answer(w, p, err)
}

func (s *Server) getCredentials(w http.ResponseWriter, r *http.Request) error {
	all, err := s.allCredentials(r)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID == r.PathValue("id") {
			return reply(w, c)
		}
	}
	return fmt.Errorf("credentials %s: %w", r.PathValue("id"), integration.ErrNotFound)
}

func (s *Server) postCredentials(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[credentialRequest](r)
	if err != nil {
		return err
	}
	if q.IntegrationID == "" {
		return badRequest("integrationConfigId is missing: credentials belong to one configuration here")
	}
	d, err := s.svc.Integration(r.Context(), q.IntegrationID)
	if err != nil {
		return err
	}
	if want := strings.ToUpper(d.Destination) + "_AUTH"; !strings.EqualFold(q.Type, want) {
		return badRequest("type must be %s, not %q", want, q.Type)
	}
	c, err := s.svc.Connect(r.Context(), q.connect(q.IntegrationID), nil)
	if err != nil {
		return callersFault(err)
	}
	return reply(w, newCredentialAnswer(c, d.Integration))
}
