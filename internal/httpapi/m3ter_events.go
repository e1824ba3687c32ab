package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// eventNames are the events there are here: those of integrations.
var eventNames = []string{integration.EventAuthentication, integration.EventDisabled, integration.EventMissingMapping,
	integration.EventPerform, integration.EventValidation}

// eventAnswer is m3ter's EventResponse.
type eventAnswer struct {
	ID       string     `json:"id"`
	Name     string     `json:"eventName"`
	Time     time.Time  `json:"eventTime"`
	Actioned *time.Time `json:"dtActioned"` // null: not actioned
	Event    eventData  `json:"m3terEvent"`
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
	out := eventAnswer{ID: e.ID, Name: e.Name, Time: e.Time, Event: eventData{Type: integrationEvent}}
	out.Event.Data.New = eventDTO{e.IntegrationID, e.RunID, e.BillID, e.AccountID, e.Message}
	if !e.Actioned.IsZero() {
		out.Actioned = &e.Actioned
	}
	return out
}

func (s *Server) listEvents(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	includeActioned, err := truth(q, "includeActioned")
	if err != nil {
		return err
	}
	ids := list(q, "ids")
	f := service.EventFilter{Name: q.Get("eventName"), IncludeActioned: includeActioned, Limit: maxLimit}
	if len(ids) > 0 {
		f = service.EventFilter{IncludeActioned: true, Limit: maxLimit} // ids excludes the other filters
	}
	all, err := s.svc.Events(r.Context(), f)
	if err != nil {
		return err
	}
	out := []eventAnswer{}
	for _, e := range all {
		if len(ids) > 0 && slices.Contains(ids, e.ID) || len(ids) == 0 && wanted(e, q.Get("eventType"), q.Get("accountId"), q.Get("resourceId"), q.Get("notificationId")+q.Get("notificationCode")) {
			out = append(out, newEventAnswer(e))
		}
	}
	p, err := cut(out, q, smallPage, func(e eventAnswer) (time.Time, string) { return e.Time, e.ID })
	return answer(w, p, err)
}

// wanted applies m3ter's filters that the service does not know. There are no
// notifications here, so a filter on one finds nothing.
func wanted(e integration.Event, kind, account, resource, notification string) bool {
	return (kind == "" || strings.EqualFold(kind, integrationEvent)) && (account == "" || account == e.AccountID) &&
		(resource == "" || slices.Contains([]string{e.IntegrationID, e.RunID, e.BillID}, resource)) && notification == ""
}

func (s *Server) getEvent(w http.ResponseWriter, r *http.Request) error {
	all, err := s.svc.Events(r.Context(), service.EventFilter{IncludeActioned: true, Limit: maxLimit})
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.ID == r.PathValue("id") {
			return reply(w, newEventAnswer(e))
		}
	}
	return fmt.Errorf("event %s: %w", r.PathValue("id"), integration.ErrNotFound)
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
