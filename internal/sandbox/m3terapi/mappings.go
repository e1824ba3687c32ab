package m3terapi

import (
	"net/http"
	"strings"

	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// PutMapping adds an external mapping, as somebody in the Console would.
func (s *Server) PutMapping(m seed.Mapping) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mappings = append([]tree.Value{m.JSON()}, s.mappings...)
}

func (s *Server) listMappings(r *http.Request) (int, []byte) {
	q := r.URL.Query()
	return s.mappingPage(r, func(m tree.Value) bool {
		system := q.Get("externalSystemId") // a name, in spite of its own
		return (system == "" || strings.EqualFold(system, m.TextOf("externalSystem"))) &&
			oneOf(q, "m3terIds", m.TextOf("m3terId")) && oneOf(q, "integrationConfigId", m.TextOf("integrationConfigId"))
	})
}

func (s *Server) mappingsOf(r *http.Request) (int, []byte) {
	return s.mappingPage(r, func(m tree.Value) bool {
		return strings.EqualFold(m.TextOf("m3terEntity"), r.PathValue("entity")) && m.TextOf("m3terId") == r.PathValue("m3terId")
	})
}

func (s *Server) mappingsTo(r *http.Request) (int, []byte) {
	return s.mappingPage(r, func(m tree.Value) bool {
		return strings.EqualFold(m.TextOf("externalSystem"), r.PathValue("system")) &&
			strings.EqualFold(m.TextOf("externalTable"), r.PathValue("table")) && m.TextOf("externalId") == r.PathValue("externalId")
	})
}

func (s *Server) mappingPage(r *http.Request, ok func(tree.Value) bool) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return paged(r, keep(s.mappings, ok), mappingPageMax, idOf, appendTree)
}

func (s *Server) getMapping(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return one(s.mappings, r.PathValue("id"), "ExternalMapping")
}
