package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// finder is Items or Customers of the service.
type finder func(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error)

// mappedTables are what an external mapping can lead to.
var mappedTables = []string{"Customer", "Item"}

// externalRequest is m3ter's ExternalMappingRequest.
type externalRequest struct {
	integration.ExternalMapping
	Version *int64 `json:"version"`
}

// check refuses an empty or untidy text as m3ter's patterns do: a trailing
// blank in an id is never found again.
func (q externalRequest) check() error {
	for name, text := range map[string]string{"m3terEntity": q.M3terEntity, "m3terId": q.M3terID, "externalSystem": q.ExternalSystem,
		"externalTable": q.ExternalTable, "externalId": q.ExternalID} {
		if text == "" || text != strings.TrimSpace(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return badRequest("%s must be text without control characters or blanks around it, not %q", name, text)
		}
	}
	return nil
}

func (s *Server) postExternal(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[externalRequest](r)
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	q.ID = ""
	m, err := s.svc.PutMapping(service.WithVerbatim(r.Context()), q.ExternalMapping)
	return answer(w, m, err)
}

func (s *Server) putExternal(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[externalRequest](r)
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	if q.Version == nil {
		return badRequest("version is missing: send the one that you read, so that nobody's change is lost")
	}
	stored, err := s.svc.Mapping(r.Context(), r.PathValue("id")) // the service would create one
	if err != nil {
		return err
	}
	if *q.Version < 1 { // the service would not compare it
		return fmt.Errorf("external mapping %s: you have version %d, the stored one is %d: %w; load it again and repeat the change",
			stored.ID, *q.Version, stored.Version, integration.ErrConflict)
	}
	q.ID, q.ExternalMapping.Version = stored.ID, *q.Version
	m, err := s.svc.PutMapping(service.WithVerbatim(r.Context()), q.ExternalMapping)
	return answer(w, m, err)
}

func (s *Server) getExternal(w http.ResponseWriter, r *http.Request) error {
	m, err := s.svc.Mapping(r.Context(), r.PathValue("id"))
	return answer(w, m, err)
}

func (s *Server) deleteExternal(w http.ResponseWriter, r *http.Request) error {
	m, err := s.svc.Mapping(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, m, s.svc.DeleteMapping(r.Context(), m.ID))
}

// externals answers a page of the mappings that a filter and keep select.
func (s *Server) externals(
	w http.ResponseWriter, r *http.Request, f service.MappingFilter, keep func(integration.ExternalMapping) bool,
) error {
	all, err := s.svc.Mappings(r.Context(), f)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(m integration.ExternalMapping) bool { return !keep(m) })
	p, err := cut(all, r.URL.Query(), largePage, func(m integration.ExternalMapping) (time.Time, string) { return m.Created, m.ID })
	return answer(w, p, err)
}

// listExternal: externalSystemId is the name of the system, whatever it is called.
func (s *Server) listExternal(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ids := list(q, "m3terIds")
	f := service.MappingFilter{System: q.Get("externalSystemId"), IntegrationID: q.Get("integrationConfigId")}
	return s.externals(w, r, f, func(m integration.ExternalMapping) bool {
		return len(ids) == 0 || slices.Contains(ids, m.M3terID)
	})
}

func (s *Server) externalByRecord(w http.ResponseWriter, r *http.Request) error {
	table, id := r.PathValue("externalTable"), r.PathValue("externalId")
	return s.externals(w, r, service.MappingFilter{System: r.PathValue("system")}, func(m integration.ExternalMapping) bool {
		return strings.EqualFold(m.ExternalTable, table) && m.ExternalID == id
	})
}

func (s *Server) externalByEntity(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("m3terId")
	return s.externals(w, r, service.MappingFilter{Entity: r.PathValue("entity")}, func(m integration.ExternalMapping) bool {
		return m.M3terID == id
	})
}

type externalSystem struct {
	Name   string   `json:"name"`
	Tables []string `json:"tables"`
	Custom bool     `json:"allowCustomExternalTables"`
}

func (s *Server) externalConfiguration(w http.ResponseWriter, _ *http.Request) error {
	systems := []externalSystem{}
	for _, f := range s.svc.Catalog() {
		if !slices.ContainsFunc(systems, func(x externalSystem) bool { return x.Name == f.Destination }) {
			systems = append(systems, externalSystem{f.Destination, mappedTables, false})
		}
	}
	return reply(w, map[string]any{"m3terEntities": integration.MappedEntities, "externalSystems": systems})
}

// externalValues lists the records that a mapping can point to: customers for
// an Account, items for everything else, unless a table is named.
func (s *Server) externalValues(w http.ResponseWriter, r *http.Request) error {
	table := r.URL.Query().Get("externalTable")
	if table == "" {
		table = mappedTables[1]
		if strings.EqualFold(r.PathValue("entityType"), integration.MappedEntities[0]) {
			table = mappedTables[0]
		}
	}
	type value struct {
		ID   string `json:"externalId"`
		Name string `json:"externalName"`
	}
	out := []value{}
	find := map[string]finder{"customer": s.svc.Customers, "item": s.svc.Items}[strings.ToLower(table)]
	if find == nil {
		return reply(w, out) // a table that nothing lists
	}
	records, err := s.recordsOf(r, r.PathValue("destination"), r.PathValue("integrationCredentialsId"), find)
	for _, n := range records {
		out = append(out, value{n.ID, n.Name})
	}
	return answer(w, out, err)
}
