package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// configAnswer is m3ter's IntegrationConfigResponse.
type configAnswer struct {
	integration.Integration
	// What the client sent, as it sent it. They hide Integration's own.
	ConfigData    json.RawMessage   `json:"configData"`
	Sent          *integration.Sent `json:"sent,omitempty"` // never answered here
	EntityID      *string           `json:"entityId,omitempty"`
	DestinationID *string           `json:"destinationId,omitempty"`
	CredentialsID *string           `json:"integrationCredentialsId,omitempty"`
	Trigger       string            `json:"triggerType"` // deprecated there; Bills come as events
	// Credentials that came with the configuration and did not prove good: the
	// configuration is kept all the same. Ours.
	CredentialsError *wireError `json:"credentialsError,omitempty"`
}

// configAnswer shows an integration: its settings as they were sent, or all of
// them, defaults and our own included, with defaults=true.
func (s *Server) configAnswer(r *http.Request, in integration.Integration) (configAnswer, error) {
	out := configAnswer{Integration: in, Trigger: "EVENT"}
	if in.Sent != nil {
		out.EntityID, out.DestinationID, out.CredentialsID = in.Sent.EntityID, in.Sent.DestinationID, in.Sent.CredentialsID
	}
	if in.CredentialsID != "" && textOf(out.CredentialsID) == "" {
		out.CredentialsID = &in.CredentialsID
	}
	all, err := truth(r.URL.Query(), "defaults")
	if err != nil {
		return out, err
	}
	form, ok := s.svc.Catalog().Form(in.EntityType, in.Destination)
	if all || !ok {
		out.ConfigData, err = json.Marshal(in.ConfigData.Clone())
		return out, err
	}
	out.ConfigData, err = shown(form, in)
	return out, err
}

// configSuperset is what GET of one configuration answers. m3ter's
// specification and SDKs type it as an integration run, its production service
// answers a configuration: this satisfies both, with the
// state of the last run.
type configSuperset struct {
	configAnswer
	Status     integration.Status `json:"status"`
	Error      string             `json:"error,omitempty"`
	URL        string             `json:"url,omitempty"`
	ExternalID string             `json:"externalId,omitempty"`
	Started    time.Time          `json:"dtStarted,omitzero"`
	Completed  time.Time          `json:"dtCompleted,omitzero"`
}

func (s *Server) configSuperset(r *http.Request, id string) (configSuperset, error) {
	d, err := s.svc.Integration(r.Context(), id)
	if err != nil {
		return configSuperset{}, err
	}
	a, err := s.configAnswer(r, d.Integration)
	out := configSuperset{configAnswer: a, Status: integration.Waiting}
	if len(d.LastRuns) > 0 {
		last := d.LastRuns[0]
		out.Status, out.Error, out.URL, out.ExternalID = last.Status, last.Error, last.URL, last.ExternalID
		out.Started, out.Completed = last.Started, last.Completed
	}
	return out, err
}

// configRequest is m3ter's IntegrationConfigRequest. What it does not name (id,
// dates, authorized, enabled) is read-only and passed over: clients send back
// what GET gave them.
type configRequest struct {
	EntityType    string             `json:"entityType"`
	Destination   string             `json:"destination"`
	Name          *string            `json:"name"`
	ConfigData    json.RawMessage    `json:"configData"`
	EntityID      *string            `json:"entityId"`
	DestinationID *string            `json:"destinationId"`
	CredentialsID *string            `json:"integrationCredentialsId"`
	Credentials   *credentialRequest `json:"credentials"`
	Version       *int64             `json:"version"`
}

func (s *Server) postConfig(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[configRequest](r)
	if err != nil {
		return err
	}
	form, _ := s.svc.Catalog().Form(q.EntityType, q.Destination)
	if err := q.Credentials.mayConnect(r, form); err != nil {
		return err
	}
	n := service.NewIntegration{EntityType: q.EntityType, Destination: q.Destination}
	if n.ConfigData, err = values(q.ConfigData); err != nil {
		return err
	}
	n.Sent = q.sent(integration.Integration{})
	if q.Name != nil {
		n.Name = *q.Name
	}
	in, err := s.create(r.Context(), n)
	if err != nil {
		return err
	}
	return s.withCredentials(w, r, in, q.Credentials)
}

// create gives a name where there is none: m3ter wants none. Another process
// may take the same one meanwhile, so it is tried again.
func (s *Server) create(ctx context.Context, n service.NewIntegration) (integration.Integration, error) {
	form, ok := s.svc.Catalog().Form(n.EntityType, n.Destination)
	if strings.TrimSpace(n.Name) != "" || !ok {
		return s.svc.Create(ctx, n)
	}
	for {
		all, err := s.svc.Integrations(ctx)
		if err != nil {
			return integration.Integration{}, err
		}
		n.Name = unusedName(form.EntityType+" to "+form.Destination, all)
		in, err := s.svc.Create(ctx, n)
		if !errors.Is(err, integration.ErrExists) {
			return in, err
		}
	}
}

func unusedName(stem string, all []service.Summary) string {
	for n := 1; ; n++ {
		name := stem
		if n > 1 {
			name = fmt.Sprint(stem, " ", n)
		}
		if !slices.ContainsFunc(all, func(x service.Summary) bool { return strings.EqualFold(x.Name, name) }) {
			return name
		}
	}
}

// withCredentials connects with credentials that came inline, if any. The
// configuration is saved already: that they were refused is said beside it.
func (s *Server) withCredentials(w http.ResponseWriter, r *http.Request, in integration.Integration, c *credentialRequest) error {
	var refused *wireError
	form, _ := s.svc.Catalog().Form(in.EntityType, in.Destination)
	if c.present(form) {
		if _, err := s.svc.Connect(r.Context(), c.connect(in.ID, form), nil); err != nil {
			e := toWire(err)
			refused = &e
		}
		d, err := s.svc.Integration(r.Context(), in.ID)
		if err != nil {
			return err
		}
		in = d.Integration
	}
	out, err := s.configAnswer(r, in)
	out.CredentialsError = refused
	return answer(w, out, err)
}

func (s *Server) putConfig(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[configRequest](r)
	if err != nil {
		return err
	}
	d, err := s.svc.Integration(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	form, _ := s.svc.Catalog().Form(d.EntityType, d.Destination)
	if err := cmp.Or(q.fits(d.Integration), q.Credentials.mayConnect(r, form)); err != nil {
		return err
	}
	in := d.Integration
	in.Version = *q.Version
	if q.Name != nil && strings.TrimSpace(*q.Name) != "" {
		in.Name = *q.Name
	}
	in.Sent = q.sent(in)
	if given(q.ConfigData) {
		if in.ConfigData, err = values(q.ConfigData); err != nil {
			return err
		}
	}
	if in, err = s.svc.Update(r.Context(), in); err != nil {
		return err
	}
	return s.withCredentials(w, r, in, q.Credentials)
}

// fits refuses what an update cannot change.
func (q configRequest) fits(in integration.Integration) error {
	switch {
	case q.Version == nil:
		return badRequest("version is missing: send the one that you read, so that nobody's change is lost")
	case !strings.EqualFold(cmp.Or(q.EntityType, in.EntityType), in.EntityType):
		return badRequest("entityType cannot change from %q to %q: create another configuration", in.EntityType, q.EntityType)
	case !strings.EqualFold(cmp.Or(q.Destination, in.Destination), in.Destination):
		return badRequest("destination cannot change from %q to %q: create another configuration", in.Destination, q.Destination)
	}
	return nil
}

func (s *Server) listConfigs(w http.ResponseWriter, r *http.Request) error {
	all, err := s.svc.Integrations(r.Context())
	if err != nil {
		return err
	}
	p, err := s.configPage(r, all)
	return answer(w, p, err)
}

// configPage cuts the page and shows what stands on it. One without a
// destinationId has none: a filter by it finds nothing.
func (s *Server) configPage(r *http.Request, all []service.Summary) (page[configAnswer], error) {
	q := r.URL.Query()
	all = slices.DeleteFunc(slices.Clone(all), func(x service.Summary) bool {
		sent := cmp.Or(x.Sent, new(integration.Sent))
		return q.Get("destinationId") != "" && q.Get("destinationId") != textOf(sent.DestinationID)
	})
	some, err := cut(all, q, largePage, func(x service.Summary) (time.Time, string) { return x.Created, x.ID })
	out := page[configAnswer]{Data: []configAnswer{}, Next: some.Next}
	for _, x := range some.Data {
		a, err := s.configAnswer(r, x.Integration)
		if err != nil {
			return out, err
		}
		out.Data = append(out.Data, a)
	}
	return out, err
}

func (s *Server) getConfig(w http.ResponseWriter, r *http.Request) error {
	out, err := s.configSuperset(r, r.PathValue("id"))
	return answer(w, out, err)
}

func (s *Server) deleteConfig(w http.ResponseWriter, r *http.Request) error {
	in, err := s.svc.Delete(r.Context(), r.PathValue("id"))
	return s.replyConfig(w, r, in, err)
}

func (s *Server) enableConfig(w http.ResponseWriter, r *http.Request) error {
	in, err := s.svc.SetEnabled(r.Context(), r.PathValue("id"), true)
	return s.replyConfig(w, r, in, err)
}

func (s *Server) replyConfig(w http.ResponseWriter, r *http.Request, in integration.Integration, err error) error {
	if err != nil {
		return err
	}
	out, err := s.configAnswer(r, in)
	return answer(w, out, err)
}

// entityConfigs is the newest match as an object, which SDKs expect, and all
// of them beside it, which the paging parameters suggest.
type entityConfigs struct {
	configSuperset
	page[configAnswer]
}

func (s *Server) configOfEntity(w http.ResponseWriter, r *http.Request) error {
	all, err := s.svc.Integrations(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	matches := slices.DeleteFunc(slices.Clone(all), func(x service.Summary) bool {
		sent := cmp.Or(x.Sent, new(integration.Sent))
		return !strings.EqualFold(x.EntityType, r.PathValue("entityType")) ||
			q.Get("entityId") != "" && q.Get("entityId") != textOf(sent.EntityID) ||
			!strings.EqualFold(cmp.Or(q.Get("destination"), x.Destination), x.Destination)
	})
	p, err := s.configPage(r, matches)
	if err != nil {
		return err
	}
	if len(p.Data) == 0 {
		return &apiError{status: http.StatusNotFound, message: "no integration configuration for " + r.PathValue("entityType")}
	}
	out, err := s.configSuperset(r, p.Data[0].ID)
	return answer(w, entityConfigs{out, p}, err)
}
