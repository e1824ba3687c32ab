package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// credentialRequest is m3ter's IntegrationCredentialsRequest of an
// authorization type that ends with secrets. m3ter does not publish the names
// beyond type, destination and name; the others are the keys of the
// destination's form.
type credentialRequest struct {
	Type          string // the destination in capitals, and _AUTH
	IntegrationID string // of a POST of credentials alone
	fields        map[string]secret.Value
}

// UnmarshalJSON takes every text: which of them are secrets, the form tells.
func (c *credentialRequest) UnmarshalJSON(b []byte) error {
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	c.fields = map[string]secret.Value{}
	for key, v := range all {
		if text, ok := v.(string); ok {
			c.fields[key] = secret.New(text)
		} else if v != nil && (key == "type" || key == "integrationConfigId") {
			return fmt.Errorf("%s must be a string", key)
		}
	}
	c.Type, c.IntegrationID = c.fields["type"].Reveal(), c.fields["integrationConfigId"].Reveal()
	return nil
}

// present tells whether there is something to connect with: SDKs send an empty
// object to leave credentials as they are.
func (c *credentialRequest) present(f spec.Form) bool {
	return c != nil && slices.ContainsFunc(f.Auth, func(x spec.Field) bool { return x.Kind.Hidden() && !c.fields[x.Key].Empty() })
}

// mayConnect wants the scope for credentials where they come with a configuration.
func (c *credentialRequest) mayConnect(r *http.Request, f spec.Form) error {
	if who := callerOf(r); c.present(f) && !who.Scope.covers(ScopeAdmin) {
		return forbidden("this API key has the scope %q; credentials need %q", who.Scope, ScopeAdmin)
	}
	return nil
}

func (c *credentialRequest) connect(integrationID string, f spec.Form) service.Connect {
	out := service.Connect{IntegrationID: integrationID, Values: spec.Values{}, Secrets: map[string]secret.Value{}}
	for _, x := range f.Auth {
		if x.Kind.Hidden() {
			out.Secrets[x.Key] = c.fields[x.Key]
		} else {
			out.Values.Set(x.Key, c.fields[x.Key].Reveal())
		}
	}
	return out
}

// credentialAnswer is m3ter's IntegrationCredentialsResponse; the key is never in it.
type credentialAnswer struct {
	integration.Credentials
	Type          string `json:"type"`
	Destination   string `json:"destination"`
	Version       int64  `json:"version"` // credentials are replaced, not changed: always 1
	IntegrationID string `json:"integrationConfigId"`
}

// MarshalJSON writes the values of the form beside the rest, as m3ter does.
func (c credentialAnswer) MarshalJSON() ([]byte, error) {
	type plain credentialAnswer
	p := plain(c)
	p.Values = nil
	b, err := json.Marshal(p)
	if err != nil || len(c.Values) == 0 {
		return b, err
	}
	values, err := json.Marshal(c.Values)
	if err != nil {
		return nil, err
	}
	return append(append(b[:len(b)-1], ','), values[1:]...), nil
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
	f, _ := s.svc.Catalog().Form(d.EntityType, d.Destination)
	c, err := s.svc.Connect(r.Context(), q.connect(q.IntegrationID, f), nil)
	if err != nil {
		return callersFault(err)
	}
	return reply(w, newCredentialAnswer(c, d.Integration))
}
