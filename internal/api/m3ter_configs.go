package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// configAnswer is m3ter's IntegrationConfigResponse.
type configAnswer struct {
	integration.Integration
	Trigger string `json:"triggerType"` // deprecated there; Bills come as events
	// Credentials that came with the configuration and did not prove good: the
	// configuration is kept all the same. Ours.
	CredentialsError *wireError `json:"credentialsError,omitempty"`
}

func newConfigAnswer(in integration.Integration) configAnswer {
	return configAnswer{Integration: in, Trigger: "EVENT"}
}

// configSuperset is what GET of one configuration answers. m3ter's
// specification and SDKs type it as an integration run, its production service
// answers a configuration (facts/m3ter.md 6.5): this satisfies both, with the
// state of the last run.
type configSuperset struct {
	configAnswer
	EntityID string             `json:"entityId"` // the last Bill; without one the configuration's own id
	Status   integration.Status `json:"status"`
	Error    string             `json:"error,omitempty"`
	URL      string             `json:"url,omitempty"`
}

func newConfigSuperset(d service.Detail) configSuperset {
	out := configSuperset{configAnswer: newConfigAnswer(d.Integration), EntityID: d.ID, Status: integration.Waiting}
	if len(d.LastRuns) > 0 {
		last := d.LastRuns[0]
		out.EntityID, out.Status = cmp.Or(last.EntityID, d.ID), last.Status
		out.Error, out.URL = last.Error, last.URL
	}
	return out
}

// configRequest is m3ter's IntegrationConfigRequest. What it does not name (id,
// dates, authorized, enabled) is read-only and passed over: clients send back
// what GET gave them.
type configRequest struct {
	EntityType    string             `json:"entityType"`
	Destination   string             `json:"destination"`
	Name          *string            `json:"name"`
	ConfigData    spec.Values        `json:"configData"`
	CredentialsID string             `json:"integrationCredentialsId"`
	Credentials   *credentialRequest `json:"credentials"`
	Version       *int64             `json:"version"`
}

func (s *Server) postConfig(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[configRequest](r)
	if err != nil {
		return err
	}
	if q.CredentialsID != "" {
		return errSharedCredentials
	}
	if err := q.Credentials.mayConnect(r); err != nil {
		return err
	}
	n := service.NewIntegration{EntityType: q.EntityType, Destination: q.Destination, ConfigData: q.ConfigData}
	if q.Name != nil {
		n.Name = *q.Name
	}
	if n.ConfigData == nil {
		n.ConfigData = spec.Values{}
	}
	in, err := s.svc.Create(r.Context(), n)
	if err != nil {
		return err
	}
	return s.withCredentials(w, r, in, q.Credentials)
}

// withCredentials connects with credentials that came inline, if any. The
// configuration is saved already: that they were refused is said beside it.
func (s *Server) withCredentials(w http.ResponseWriter, r *http.Request, in integration.Integration, c *credentialRequest) error {
	out := newConfigAnswer(in)
	if c.present() {
		if _, err := s.svc.Connect(r.Context(), c.connect(in.ID), nil); err != nil {
			e := toWire(err)
			out.CredentialsError = &e
		}
		d, err := s.svc.Integration(r.Context(), in.ID)
		if err != nil {
			return err
		}
		out.Integration = d.Integration
	}
	return reply(w, out)
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
	if err := cmp.Or(q.fits(d.Integration), q.Credentials.mayConnect(r)); err != nil {
		return err
	}
	in := d.Integration
	in.Version = *q.Version
	if q.Name != nil {
		in.Name = *q.Name
	}
	if q.ConfigData != nil {
		in.ConfigData = q.ConfigData
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
	case cmp.Or(q.CredentialsID, in.CredentialsID) != in.CredentialsID:
		return errSharedCredentials
	}
	return nil
}

func (s *Server) listConfigs(w http.ResponseWriter, r *http.Request) error {
	all, err := s.svc.Integrations(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	out := []configAnswer{}
	if q.Get("destinationId") == "" { // ours have none: a webhook would
		for _, x := range all {
			out = append(out, newConfigAnswer(x.Integration))
		}
	}
	p, err := cut(out, q, largePage, func(c configAnswer) (time.Time, string) { return c.Created, c.ID })
	return answer(w, p, err)
}

func (s *Server) getConfig(w http.ResponseWriter, r *http.Request) error {
	d, err := s.svc.Integration(r.Context(), r.PathValue("id"))
	return answer(w, newConfigSuperset(d), err)
}

func (s *Server) deleteConfig(w http.ResponseWriter, r *http.Request) error {
	in, err := s.svc.Delete(r.Context(), r.PathValue("id"))
	return answer(w, newConfigAnswer(in), err)
}

func (s *Server) enableConfig(w http.ResponseWriter, r *http.Request) error {
	in, err := s.svc.SetEnabled(r.Context(), r.PathValue("id"), true)
	return answer(w, newConfigAnswer(in), err)
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
		return !strings.EqualFold(x.EntityType, r.PathValue("entityType")) || q.Get("destinationId") != "" || q.Get("entityId") != "" ||
			!strings.EqualFold(cmp.Or(q.Get("destination"), x.Destination), x.Destination)
	})
	answers := make([]configAnswer, len(matches))
	for i, x := range matches {
		answers[i] = newConfigAnswer(x.Integration)
	}
	p, err := cut(answers, q, largePage, func(c configAnswer) (time.Time, string) { return c.Created, c.ID })
	if err != nil {
		return err
	}
	if len(p.Data) == 0 {
		return &apiError{status: http.StatusNotFound, message: "no integration configuration for " + r.PathValue("entityType")}
	}
	d, err := s.svc.Integration(r.Context(), p.Data[0].ID)
	return answer(w, entityConfigs{newConfigSuperset(d), p}, err)
}
