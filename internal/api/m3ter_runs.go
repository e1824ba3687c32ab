package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

func (s *Server) m3terRun(w http.ResponseWriter, r *http.Request) error {
	d, err := s.svc.Run(r.Context(), r.PathValue("id"))
	return answer(w, d.Run, err)
}

// m3terRuns tells apart the four paths of two parts, in the order in which
// they mean something: logs/{id}, destinations/{id}, {entityType}/latest,
// {entityType}/{entityId}.
func (s *Server) m3terRuns(w http.ResponseWriter, r *http.Request) error {
	first, second := r.PathValue("entityType"), r.PathValue("entityId")
	switch {
	case first == "logs":
		return s.runLog(w, r, second)
	case first == "destinations":
		return s.runPage(w, r, integration.RunFilter{IntegrationID: second}, true)
	case second == "latest":
		return s.latestRuns(w, r)
	}
	return s.runPage(w, r, integration.RunFilter{BillID: second}, strings.EqualFold(first, "Bill"))
}

// runPage adds the query's filters to f. Nothing but Bills has runs here: any
// other entity type is an empty page.
func (s *Server) runPage(w http.ResponseWriter, r *http.Request, f integration.RunFilter, some bool) error {
	q := r.URL.Query()
	size, err := pageSize(q, largePage)
	if err != nil {
		return err
	}
	if f.Statuses, err = statuses(list(q, "status")); err != nil {
		return err
	}
	if f.Since, err = moment(q, "startDate"); err != nil {
		return err
	}
	if f.Until, err = moment(q, "endDate"); err != nil {
		return err
	}
	f.Until = through(f.Until, q.Get("endDate"))
	if f.Oldest, err = oldestFirst(q); err != nil {
		return err
	}
	if !some {
		return reply(w, page[integration.Run]{Data: []integration.Run{}})
	}
	p, err := s.svc.Runs(r.Context(), f, q.Get("nextToken"), size)
	if p.Runs == nil {
		p.Runs = []integration.Run{}
	}
	return answer(w, page[integration.Run]{p.Runs, p.Next}, pageFault(q.Get("nextToken"), err))
}

// through makes an inclusive end, which is m3ter's, an exclusive one.
func through(end time.Time, text string) time.Time {
	switch {
	case end.IsZero():
		return end
	case len(text) == len(time.DateOnly):
		return end.AddDate(0, 0, 1)
	}
	return end.Add(1)
}

func (s *Server) latestOf(r *http.Request, billID string) (integration.Run, error) {
	p, err := s.svc.Runs(r.Context(), integration.RunFilter{BillID: billID}, "", 1)
	if err == nil && (len(p.Runs) == 0 || !strings.EqualFold(r.PathValue("entityType"), "Bill")) {
		err = fmt.Errorf("integration run of %s %s: %w", r.PathValue("entityType"), billID, integration.ErrNotFound)
	}
	if err != nil {
		return integration.Run{}, err
	}
	return p.Runs[0], nil
}

func (s *Server) latestRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.latestOf(r, r.PathValue("id"))
	return answer(w, run, err)
}

// latestRuns: the specification types the answer as one run, its prose says
// runs. This is the first of them with all of them beside it as data.
func (s *Server) latestRuns(w http.ResponseWriter, r *http.Request) error {
	ids := list(r.URL.Query(), "ids")
	if len(ids) == 0 || len(ids) > largePage {
		return badRequest("ids must name 1 to %d Bills", largePage)
	}
	out := struct {
		integration.Run
		Data []integration.Run `json:"data"`
	}{}
	for _, id := range ids {
		run, err := s.latestOf(r, id)
		if status, _ := statusOf(err); err != nil && status == http.StatusNotFound {
			continue // a Bill without a run
		}
		if err != nil {
			return err
		}
		out.Data = append(out.Data, run)
	}
	if len(out.Data) == 0 {
		return fmt.Errorf("integration runs of these Bills: %w", integration.ErrNotFound)
	}
	out.Run = out.Data[0]
	return reply(w, out)
}

func (s *Server) runLog(w http.ResponseWriter, r *http.Request, id string) error {
	d, err := s.svc.Run(r.Context(), id)
	if err != nil {
		return err
	}
	return reply(w, map[string]string{"Payload": base64.StdEncoding.EncodeToString([]byte(logText(d)))})
}

// logText tells a run as lines of text, the oldest first. The exchanges are
// kept without secrets, so there are none to take out here.
func logText(d service.RunDetail) string {
	var b strings.Builder
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	fmt.Fprintf(&b, "%s run %s of %s %s (%s) to %s\n", stamp(d.Created), d.ID, d.EntityType, d.EntityID, d.BillRef, d.Destination)
	for _, a := range d.Attempts {
		fmt.Fprintf(&b, "%s %s\n", stamp(a.Start), strings.ToLower(a.Title()))
		for _, x := range a.Exchanges {
			fmt.Fprintf(&b, "%s   %s: %s %s -> %d in %s\n", stamp(x.Start), x.Purpose, x.Method, x.URL, x.Status, x.Duration)
			if len(x.ReqBody) > 0 {
				fmt.Fprintf(&b, "      request %s\n", x.ReqBody)
			}
			if len(x.RespBody) > 0 {
				fmt.Fprintf(&b, "      answer %s\n", x.RespBody)
			}
			if x.Error != "" {
				fmt.Fprintf(&b, "      no answer: %s\n", x.Error)
			}
		}
		fmt.Fprintf(&b, "%s %s ended %s %s %s\n", stamp(a.End), strings.ToLower(a.Title()), a.Status, a.Cause, a.Error)
	}
	fmt.Fprintf(&b, "%s %s %s %s\n", stamp(d.Modified), d.Status, d.Outcome, d.Error)
	return b.String()
}
