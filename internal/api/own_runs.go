package api

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// runRoutes is the part of our surface about Bills, runs, events and mappings.
func (s *Server) runRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{method: post, path: own + "/bills", scope: ScopeWrite, summary: "Hand over Bills; answered when their runs are on disk", handle: s.bills, query: []string{"integrationId"}, out: billsResult{}, body: maxBills},
		{method: post, path: own + "/bills/submit", scope: ScopeWrite, summary: "Hand over exactly one Bill", handle: s.submit, query: []string{"integrationId", "trigger"}, out: []integration.Run{}, body: maxBills},
		{method: post, path: own + "/nudge", scope: ScopeWrite, summary: "Fetch one Bill from m3ter now and hand it over", handle: s.nudge, in: nudgeBody{}, out: billsResult{}},
		{method: get, path: own + "/runs", scope: ScopeRead, summary: "The runs a filter selects", handle: s.runs, query: append(filterNames(), "limit", "nextToken"), out: integration.RunPage{}},
		{method: post, path: own + "/runs/retry", scope: ScopeWrite, summary: "Try runs again, by id or by filter, or only count them", handle: s.retry, in: service.RetryRequest{}, out: service.RetryResult{}},
		{method: get, path: own + "/runs/totals", scope: ScopeRead, summary: "Runs and money of the runs a filter selects, exact", handle: s.sum, query: filterNames(), out: integration.Totals{}},
		{method: post, path: own + "/runs/hold", scope: ScopeWrite, summary: "Keep runs that wait from being sent", handle: s.hold, in: holdBody{}, out: service.ActResult{}},
		{method: post, path: own + "/runs/release", scope: ScopeWrite, summary: "Let held runs go on", handle: s.release, in: idsBody{}, out: service.ActResult{}},
		{method: get, path: own + "/replays", scope: ScopeRead, summary: "The latest retries, newest first", handle: s.replays, out: []service.Replay{}},
		{method: post, path: own + "/replays/stop", scope: ScopeWrite, summary: "Stop a retry that is under way", handle: s.stopReplay, in: nameBody{}, out: service.Replay{}},
		{method: post, path: own + "/runs/{id}/sent", scope: ScopeWrite, summary: "Settle a run whose Bill a person has put into the destination", handle: s.markSent, in: sentBody{}, out: integration.Run{}},
		{method: post, path: own + "/runs/{id}/skip", scope: ScopeWrite, summary: "Settle a run whose Bill shall not be sent", handle: s.skipRun, in: reasonBody{}, out: integration.Run{}},
		{method: get, path: own + "/runs/{id}", scope: ScopeRead, summary: "One run with its attempts, Bill and document", handle: s.run, out: service.RunDetail{}},
		{method: get, path: own + "/totals", scope: ScopeRead, summary: "Runs and money by status and currency", handle: s.totals, query: []string{"integrationId"}, out: integration.Totals{}},
		{method: get, path: own + "/groups", scope: ScopeRead, summary: "Failed runs by cause", handle: s.groups, query: filterNames(), out: []integration.Group{}},

		{method: get, path: own + "/events", scope: ScopeRead, summary: "What a person should know of", handle: s.ownEvents, query: []string{"integrationId", "name", "includeActioned", "before", "limit"}, out: []integration.Event{}},
		{method: get, path: own + "/events/{id}", scope: ScopeRead, summary: "One event", handle: s.ownEvent, out: integration.Event{}},
		{method: put, path: own + "/events/{id}/actioned", scope: ScopeWrite, summary: "Mark an event as dealt with, or not", handle: s.actionEvent, in: actionedBody{}, out: integration.Event{}},

		{method: get, path: own + "/mappings", scope: ScopeRead, summary: "External mappings", handle: s.mappings, query: []string{"integrationId", "system", "entity", "text"}, out: []integration.ExternalMapping{}},
		{method: get, path: own + "/mappings/{id}", scope: ScopeRead, summary: "One external mapping", handle: s.mapping, out: integration.ExternalMapping{}},
		{method: post, path: own + "/mappings", scope: ScopeWrite, summary: "Create an external mapping", handle: s.putMapping, in: integration.ExternalMapping{}, out: integration.ExternalMapping{}},
		{method: post, path: own + "/mappings/import", scope: ScopeWrite, summary: "Add and change up to 4,000 external mappings, in one transaction", handle: s.importMappings, in: service.MappingImport{}, out: service.MappingsImported{}, body: maxImport},
		{method: post, path: own + "/mappings/pull", scope: ScopeWrite, summary: "Copy the external mappings that m3ter has", handle: s.pullMappings, out: countBody{}},
		{method: put, path: own + "/mappings/{id}", scope: ScopeWrite, summary: "Update an external mapping", handle: s.putMapping, in: integration.ExternalMapping{}, out: integration.ExternalMapping{}},
		{method: del, path: own + "/mappings/{id}", scope: ScopeWrite, summary: "Delete an external mapping", handle: s.deleteMapping, out: doneBody{}},
	}
}

// submit passes the body on as it came, so that the service's own words on a
// Bill that it cannot read come back.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	q := r.URL.Query()
	trigger := triggerAPI
	if t := q.Get("trigger"); t != "" && callerOf(r).Local {
		trigger = t // another command of this program says what it is doing
	}
	v, err := s.svc.Submit(r.Context(), q.Get("integrationId"), body, trigger)
	return answer(w, v, err)
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := decodeFilter(q)
	if err != nil {
		return err
	}
	limit, err := number(q, "limit", 200, 0, maxLimit)
	if err != nil {
		return err
	}
	v, err := s.svc.Runs(r.Context(), f, q.Get("nextToken"), limit)
	return answer(w, v, pageFault(q, err))
}

// pageFault makes 400 of a plain error while a page token is in play: the
// service refuses a token that is not its own with a sentence.
func pageFault(q url.Values, err error) error {
	if q.Get("nextToken") == "" || errors.Is(err, integration.ErrNotFound) {
		return err
	}
	return callersFault(err)
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Run(r.Context(), r.PathValue("id"))
	return answer(w, v, err)
}

func (s *Server) retry(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.RetryRequest](r)
	if err != nil {
		return err
	}
	v, err := s.svc.Retry(r.Context(), q)
	return answer(w, v, err)
}

func (s *Server) totals(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Totals(r.Context(), r.URL.Query().Get("integrationId"))
	return answer(w, v, err)
}

func (s *Server) groups(w http.ResponseWriter, r *http.Request) error {
	f, err := decodeFilter(r.URL.Query())
	if err != nil {
		return err
	}
	v, err := s.svc.Groups(r.Context(), f)
	return answer(w, v, err)
}

func (s *Server) ownEvents(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := service.EventFilter{IntegrationID: q.Get("integrationId"), Name: q.Get("name"), Before: q.Get("before")}
	var err error
	if f.IncludeActioned, err = truth(q, "includeActioned"); err != nil {
		return err
	}
	if f.Limit, err = number(q, "limit", 0, 0, maxLimit); err != nil {
		return err
	}
	v, err := s.svc.Events(r.Context(), f)
	return answer(w, v, err)
}

func (s *Server) ownEvent(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Event(r.Context(), r.PathValue("id"))
	return answer(w, v, err)
}

func (s *Server) actionEvent(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[actionedBody](r)
	if err != nil {
		return err
	}
	if b.Actioned == nil {
		return badRequest(`say {"actioned": true} or {"actioned": false}`)
	}
	v, err := s.svc.ActionEvent(r.Context(), r.PathValue("id"), *b.Actioned)
	return answer(w, v, err)
}

func (s *Server) mappings(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := s.svc.Mappings(r.Context(), service.MappingFilter{
		IntegrationID: q.Get("integrationId"), System: q.Get("system"), Entity: q.Get("entity"), Text: q.Get("text"),
	})
	return answer(w, v, err)
}

func (s *Server) mapping(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Mapping(r.Context(), r.PathValue("id"))
	return answer(w, v, err)
}

// putMapping creates without an id in the path and updates with one; an id in
// the body counts for nothing.
func (s *Server) putMapping(w http.ResponseWriter, r *http.Request) error {
	m, err := decode[integration.ExternalMapping](r)
	if err != nil {
		return err
	}
	m.ID = r.PathValue("id")
	v, err := s.svc.PutMapping(r.Context(), m)
	return answer(w, v, err)
}

// maxImport is the body that service.MaxImport mappings fit in with room to spare.
const maxImport = 8 << 20

func (s *Server) importMappings(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.MappingImport](r)
	if err != nil {
		return err
	}
	if len(q.Mappings) > service.MaxImport {
		return badRequest("%d mappings at once: send at most %d, and the rest with the next call", len(q.Mappings), service.MaxImport)
	}
	v, err := s.svc.ImportMappings(r.Context(), q)
	return answer(w, v, err)
}

func (s *Server) deleteMapping(w http.ResponseWriter, r *http.Request) error {
	return answer(w, doneBody{}, s.svc.DeleteMapping(r.Context(), r.PathValue("id")))
}

func (s *Server) pullMappings(w http.ResponseWriter, r *http.Request) error {
	n, err := s.svc.PullMappings(r.Context())
	return answer(w, countBody{n}, err)
}
