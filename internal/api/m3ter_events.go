package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// eventNames are the events there are here: those of integrations, and ours.
var eventNames = []string{integration.EventAuthentication, integration.EventDisabled, integration.EventMissingMapping,
	integration.EventPerform, integration.EventValidation, integration.EventSource, integration.EventPlan}

// eventAnswer is m3ter's EventResponse.
type eventAnswer struct {
	ID       string    `json:"id"`
	Name     string    `json:"eventName"`
	Time     time.Time `json:"eventTime"`
	Actioned time.Time `json:"dtActioned,omitzero"` // absent: not actioned
	Event    eventData `json:"m3terEvent"`
}

type eventData struct {
	Type string `json:"eventType"`
	Data struct {
		New eventDTO `json:"newDto"`
	} `json:"eventData"`
}

type eventDTO struct {
	IntegrationID string `json:"integrationConfigId,omitempty"`
	RunID         string `json:"integrationRunId,omitempty"`
	BillID        string `json:"billId,omitempty"`
	AccountID     string `json:"accountId,omitempty"`
	Message       string `json:"message"`
}

const integrationEvent = "IntegrationEvent"

func newEventAnswer(e integration.Event) eventAnswer {
	out := eventAnswer{ID: e.ID, Name: e.Name, Time: e.Time, Actioned: e.Actioned, Event: eventData{Type: integrationEvent}}
	out.Event.Data.New = eventDTO{e.IntegrationID, e.RunID, e.BillID, e.AccountID, e.Message}
	return out
}

func (s *Server) listEvents(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	includeActioned, err := truth(q, "includeActioned")
	if err != nil {
		return err
	}
	size, err := pageSize(q, smallPage)
	if err != nil {
		return err
	}
	if ids := list(q, "ids"); len(ids) > 0 { // excludes the other filters
		return s.eventsByID(w, r, ids)
	}
	f := service.EventFilter{Name: q.Get("eventName"), IncludeActioned: includeActioned, Before: q.Get("nextToken"), Limit: size + 1}
	out := page[eventAnswer]{Data: []eventAnswer{}}
	for { // the service knows not all of the filters: until a page is full, or there are no more
		some, err := s.svc.Events(r.Context(), f)
		if err != nil {
			return badToken(f, q, err)
		}
		for _, e := range some {
			if !wanted(e, q.Get("eventType"), q.Get("accountId"), q.Get("resourceId"), q.Get("notificationId")+q.Get("notificationCode")) {
				continue
			}
			if len(out.Data) == size {
				out.Next = out.Data[size-1].ID
				return reply(w, out)
			}
			out.Data = append(out.Data, newEventAnswer(e))
		}
		if len(some) < f.Limit {
			return reply(w, out)
		}
		f.Before, f.Limit = some[len(some)-1].ID, maxLimit/10
	}
}

// badToken makes 400 of a nextToken that names no event.
func badToken(f service.EventFilter, q url.Values, err error) error {
	if token := q.Get("nextToken"); token != "" && f.Before == token && errors.Is(err, integration.ErrNotFound) {
		return badRequest("nextToken %.40q is not one of ours: leave it out to start again", token)
	}
	return err
}

// eventsByID answers a page of the events with these ids, the newest first.
func (s *Server) eventsByID(w http.ResponseWriter, r *http.Request, ids []string) error {
	if len(ids) > maxLimit {
		return badRequest("ids must name at most %d events", maxLimit)
	}
	slices.Sort(ids)
	out := []eventAnswer{}
	for _, id := range slices.Compact(ids) {
		e, err := s.svc.Event(r.Context(), id)
		switch {
		case err == nil:
			out = append(out, newEventAnswer(e))
		case !errors.Is(err, integration.ErrNotFound):
			return err
		}
	}
	p, err := cut(out, r.URL.Query(), smallPage, func(e eventAnswer) (time.Time, string) { return e.Time, e.ID })
	return answer(w, p, err)
}

// wanted applies m3ter's filters that the service does not know. There are no
// notifications here, so a filter on one finds nothing.
func wanted(e integration.Event, kind, account, resource, notification string) bool {
	return (kind == "" || strings.EqualFold(kind, integrationEvent)) && (account == "" || account == e.AccountID) &&
		(resource == "" || slices.Contains([]string{e.IntegrationID, e.RunID, e.BillID}, resource)) && notification == ""
}

func (s *Server) getEvent(w http.ResponseWriter, r *http.Request) error {
	e, err := s.svc.Event(r.Context(), r.PathValue("id"))
	return answer(w, newEventAnswer(e), err)
}

func (s *Server) eventTypes(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, map[string][]string{"events": eventNames})
}

func (s *Server) eventFields(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("eventName")
	out := map[string]map[string]string{}
	for _, n := range eventNames {
		if name == "" || name == n {
			out[n] = map[string]string{"new.integrationConfigId": "string", "new.integrationRunId": "string", "new.billId": "string",
				"new.accountId": "string", "new.message": "string"}
		}
	}
	if len(out) == 0 {
		return &apiError{status: http.StatusNotFound, message: fmt.Sprintf("there is no event %q; GET events/types lists them", name)}
	}
	return reply(w, map[string]any{"events": out})
}
