package api

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// configSetting is one setting as m3ter's Console gets it. m3ter publishes no
// shape for it; this one is drawn from the field that also draws the wizard.
type configSetting struct {
	Name        string        `json:"name"` // dotted key in configData
	Label       string        `json:"label"`
	Type        spec.Kind     `json:"type"`
	Required    bool          `json:"required"`
	Default     any           `json:"defaultValue"`
	Description string        `json:"description"`
	Options     []configValue `json:"options,omitempty"`
	Extension   bool          `json:"extension,omitempty"` // billferry's own
}

// configValue is m3ter's ConfigOptionsResponse.
type configValue struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

func settings(fields []spec.Field, panels ...spec.Panel) []configSetting {
	out := []configSetting{}
	for _, f := range fields {
		if !slices.Contains(panels, f.Panel) {
			continue
		}
		c := configSetting{Name: f.Key, Label: f.Label, Type: f.Kind, Required: f.Required, Default: f.Default,
			Description: f.Help, Extension: f.Ours}
		for _, o := range f.Options {
			c.Options = append(c.Options, configValue{o.Value, o.Label})
		}
		out = append(out, c)
	}
	return out
}

type availableEntity struct {
	Name         string                 `json:"readableName"`
	Released     bool                   `json:"released"`
	Options      []configSetting        `json:"entityConfigurationOptions"`
	Destinations []availableDestination `json:"destinations"`
}

type availableDestination struct {
	API         string          `json:"apiName"` // m3ter's DestinationType: upper case
	Destination string          `json:"destination"`
	Name        string          `json:"displayName"`
	Options     []configSetting `json:"destinationConfigOptions"`
	Auth        []configSetting `json:"authConfigOptions"`
	Released    bool            `json:"released"`
	AuthType    string          `json:"authType"`
	Categories  []string        `json:"categories"`
}

type availableAnswer struct {
	Entities map[string]availableEntity `json:"supportedEntities"`
	Selected map[string][]configSetting `json:"selectedConfigurations"`
	Global   []configSetting            `json:"globalConfigurationOptions"`
}

// forms lists the forms of an entity type and system; "" is every one.
func (s *Server) forms(entity, system string) []spec.Form {
	var out []spec.Form
	for _, f := range s.svc.Catalog() {
		if strings.EqualFold(cmp.Or(entity, f.EntityType), f.EntityType) && strings.EqualFold(cmp.Or(system, f.Destination), f.Destination) {
			out = append(out, f)
		}
	}
	return out
}

func (s *Server) available(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	out := availableAnswer{Entities: map[string]availableEntity{}, Selected: map[string][]configSetting{}, Global: []configSetting{}}
	for i, f := range s.forms(q.Get("entityType"), q.Get("systemName")) {
		if i == 0 {
			out.Global = settings(f.Fields, spec.Global)
		}
		e, ok := out.Entities[f.EntityType]
		if !ok {
			e = availableEntity{Name: f.EntityType, Released: true, Options: settings(f.Fields, spec.Entity)}
		}
		e.Destinations = append(e.Destinations, availableDestination{
			API: strings.ToUpper(f.Destination), Destination: f.Destination, Name: f.Destination,
			Options: settings(f.Fields, append([]spec.Panel{spec.Destination}, spec.Extensions...)...), Auth: settings(f.Auth, spec.Auth),
			Released: true, AuthType: strings.ToUpper(f.Destination), Categories: []string{"Accounts Receivables"},
		})
		out.Entities[f.EntityType] = e
	}
	return reply(w, out)
}

type availableSystem struct {
	ID         string   `json:"identifier"`
	Name       string   `json:"displayName"`
	Validation bool     `json:"validationSupported"`
	Auth       []string `json:"supportedAuthTypes"`
}

func (s *Server) availableSystems(w http.ResponseWriter, r *http.Request) error {
	out := []availableSystem{}
	for _, f := range s.forms(r.URL.Query().Get("entityType"), "") {
		if !slices.ContainsFunc(out, func(x availableSystem) bool { return x.ID == f.Destination }) {
			out = append(out, availableSystem{f.Destination, f.Destination, true, []string{strings.ToUpper(f.Destination)}})
		}
	}
	return reply(w, out)
}

func (s *Server) availableEntities(w http.ResponseWriter, r *http.Request) error {
	type entity struct {
		Type     string `json:"entityType"`
		Name     string `json:"readableName"`
		Released bool   `json:"released"`
	}
	out := []entity{}
	for _, f := range s.forms("", r.PathValue("systemName")) {
		out = append(out, entity{f.EntityType, f.EntityType, true})
	}
	return reply(w, out)
}

func (s *Server) availableAuth(w http.ResponseWriter, r *http.Request) error {
	f, ok := s.svc.Catalog().Form(r.PathValue("entityType"), r.PathValue("systemName"))
	if !ok {
		return &apiError{status: http.StatusNotFound, message: "there is no integration of " + r.PathValue("entityType") + " with " +
			r.PathValue("systemName")}
	}
	return reply(w, settings(f.Auth, spec.Auth))
}

// configValues lists what a setting may be: its options, or the destination's items.
func (s *Server) configValues(w http.ResponseWriter, r *http.Request) error {
	for _, f := range s.forms("", r.PathValue("systemName")) {
		field, ok := f.Field(r.PathValue("configOption"))
		if !ok {
			continue
		}
		out := []configValue{}
		for _, o := range field.Options {
			out = append(out, configValue{o.Value, o.Label})
		}
		if field.Kind == spec.Item {
			items, err := s.recordsOf(r, f.Destination, "", s.svc.Items)
			if err != nil {
				return err
			}
			for _, n := range items {
				out = append(out, configValue{n.ID, n.Name})
			}
		}
		return reply(w, out)
	}
	return &apiError{status: http.StatusNotFound, message: "there is no setting " + r.PathValue("configOption") + " for " +
		r.PathValue("systemName")}
}

// recordsOf lists records of a destination through the first integration that
// is connected to it. Nobody connected is an empty list, as at m3ter.
func (s *Server) recordsOf(r *http.Request, destination, credentialsID string, find finder) ([]integration.Named, error) {
	all, err := s.svc.Integrations(r.Context())
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if !strings.EqualFold(x.Destination, destination) || x.CredentialsID == "" || cmp.Or(credentialsID, x.CredentialsID) != x.CredentialsID {
			continue
		}
		out, err := find(r.Context(), x.ID, "", largePage)
		if f := new(integration.Failure); errors.As(err, &f) && f.Class == integration.ClassAuth {
			continue
		}
		return out, err
	}
	return nil, nil
}
