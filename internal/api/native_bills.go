package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"billferry/internal/integration"
)

// The words for how a Bill came that the API gives by itself.
const (
	triggerAPI   = "api"
	triggerNudge = "nudge"
)

type nudgeBody struct {
	BillID        string `json:"billId"`
	IntegrationID string `json:"integrationId,omitempty"`
}

// billsResult says what became of each Bill of a body.
type billsResult struct {
	Message string            `json:"message"`
	Bills   int               `json:"bills"` // in the body
	Runs    []integration.Run `json:"runs"`
	Failed  []failedBill      `json:"failed,omitempty"`
}

type failedBill struct {
	Index int `json:"index"` // of the Bill in the body, from 1
	wireError
}

// bills takes one Bill, several one after the other, an array, or pages as
// m3ter's API returns them. It answers 2xx only when every Bill has its runs on
// disk; otherwise the body still says which have. Sending all again is safe:
// the same version of a Bill is the same run.
func (s *Server) bills(w http.ResponseWriter, r *http.Request) error {
	raw, err := splitBills(r.Body)
	if err != nil {
		return err
	}
	return s.submitAll(w, r, raw, r.URL.Query().Get("integrationId"), triggerAPI)
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

func (s *Server) submitAll(w http.ResponseWriter, r *http.Request, raw []json.RawMessage, integrationID, trigger string) error {
	out := billsResult{Bills: len(raw), Runs: []integration.Run{}}
	worst := http.StatusOK
	for i, b := range raw {
		runs, err := s.svc.Submit(r.Context(), integrationID, b, trigger)
		out.Runs = append(out.Runs, runs...)
		if err == nil {
			continue
		}
		status, _ := statusOf(err)
		worst = max(worst, status)
		out.Failed = append(out.Failed, failedBill{i + 1, toWire(err)})
	}
	out.Message = fmt.Sprintf("%d of %d Bills taken", len(raw)-len(out.Failed), len(raw))
	if worst != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(worst)
	}
	return reply(w, out)
}

// splitBills cuts a body into Bills without reading a number in them.
func splitBills(body io.Reader) ([]json.RawMessage, error) {
	var out []json.RawMessage
	dec := json.NewDecoder(body)
	for {
		var v json.RawMessage
		err := dec.Decode(&v)
		switch {
		case errors.Is(err, io.EOF) && len(out) > 0:
			return out, nil
		case err != nil:
			return nil, bodyError(err)
		}
		bills, err := billsOf(v)
		if err != nil {
			return nil, err
		}
		if out = append(out, bills...); len(out) > maxCount {
			return nil, tooMany()
		}
	}
}

// maxCount is how many Bills one body may hold. Real ones are some KiB each,
// and reach maxBills sooner; millions of empty ones would cost gigabytes.
const maxCount = 20_000

func tooMany() error {
	return &apiError{status: http.StatusRequestEntityTooLarge,
		message: fmt.Sprintf("more than %d Bills in one body; send them in parts", maxCount)}
}

// listOf reads an array of Bills, up to maxCount.
func listOf(v json.RawMessage) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(v))
	if _, err := dec.Token(); err != nil {
		return nil, bodyError(err)
	}
	var out []json.RawMessage
	for dec.More() {
		var b json.RawMessage
		if err := dec.Decode(&b); err != nil {
			return nil, bodyError(err)
		}
		if out = append(out, b); len(out) > maxCount {
			return nil, tooMany()
		}
	}
	return out, nil
}

func billsOf(v json.RawMessage) ([]json.RawMessage, error) {
	switch v[0] {
	case '[':
		return listOf(v)
	case '{':
		var page struct {
			ID   string          `json:"id"`
			Data json.RawMessage `json:"data"`
		}
		// A Bill whose id is no string is for the service to refuse in its words.
		if json.Unmarshal(v, &page) == nil && page.ID == "" && len(page.Data) > 0 && page.Data[0] == '[' {
			return listOf(page.Data)
		}
		return []json.RawMessage{v}, nil
	}
	return nil, badRequest("a Bill is a JSON object; this is %.20q", bytes.TrimSpace(v))
}

// nudge fetches one Bill from m3ter and hands it over, without waiting for the
// poller to see it.
func (s *Server) nudge(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[nudgeBody](r)
	if err != nil {
		return err
	}
	if b.BillID == "" {
		return badRequest(`say which Bill: {"billId": "..."}`)
	}
	if s.o.Upstream == nil {
		return errNoUpstream
	}
	path := "/bills/" + url.PathEscape(b.BillID)
	if !plainPath(path) {
		return badRequest("%q is no id of a Bill", b.BillID)
	}
	resp, err := s.o.Upstream.Do(r.Context(), UpstreamRequest{Method: http.MethodGet, Path: path})
	if err != nil {
		return fmt.Errorf("ask m3ter for Bill %s: %w", b.BillID, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxBills+1))
	switch {
	case err != nil:
		return fmt.Errorf("read Bill %s from m3ter: %w", b.BillID, err)
	case len(raw) > maxBills:
		return &apiError{status: http.StatusBadGateway, message: fmt.Sprintf("Bill %s is longer than %d bytes", b.BillID, maxBills)}
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("bill %s in m3ter: %w", b.BillID, integration.ErrNotFound)
	case resp.StatusCode != http.StatusOK:
		return &apiError{status: http.StatusBadGateway, message: fmt.Sprintf("m3ter answered %d for Bill %s: %.200s",
			resp.StatusCode, b.BillID, raw)}
	}
	return s.submitAll(w, r, []json.RawMessage{raw}, b.IntegrationID, triggerNudge)
}
