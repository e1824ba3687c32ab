package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// What one request may cost. The unix socket is exempt from the time limit:
// there the client's own context decides.
const (
	maxBody     = 1 << 20          // bytes of an ordinary request body
	maxBills    = 32 << 20         // bytes of a body that holds Bills
	requestTime = 55 * time.Second // under the server's ReadTimeout, so that we answer first
)

type handler func(w http.ResponseWriter, r *http.Request) error

// route is one line of the table that the mux, the scopes and /openapi.json
// are made of.
type route struct {
	method, path string
	scope        Scope
	summary      string
	handle       handler
	in, out      any      // values of the types of body and answer; nil: none
	query        []string // names of the query parameters
	body         int64    // bytes allowed; 0 is maxBody
	stream       bool     // answers for as long as it takes, NDJSON unless media says otherwise
	media        string   // of the answer, when it is not JSON
	localOnly    bool     // makes sense only for the same user of the same machine
}

// open wraps what needs no key.
func (s *Server) open(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// wrap checks scope and organisation, sets the limits and writes the error.
func (s *Server) wrap(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := callerOf(r)
		if err := s.mayCall(r, rt, who); err != nil {
			s.fail(w, r, err)
			return
		}
		limit := max(rt.body, maxBody)
		if who.Local {
			limit = maxBills // a draft or a list of runs from our own screens
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		switch {
		case who.Local || rt.stream:
			// The read deadline of the connection would cancel the request's context.
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
			if !who.Local {
				ctx, cancel := s.authenticator.lease(r.Context(), who)
				defer cancel()
				r = r.WithContext(ctx)
			}
		default:
			ctx, cancel := context.WithTimeout(r.Context(), requestTime)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if err := rt.handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *Server) mayCall(r *http.Request, rt route, who caller) error {
	if !who.Scope.covers(rt.scope) {
		return forbidden("this API key has the scope %q; %s %s needs %q", who.Scope, r.Method, r.URL.Path, rt.scope)
	}
	if rt.localOnly && !who.Local {
		return forbidden("%s works on files of the machine itself and is served on its unix socket only", r.URL.Path)
	}
	org := r.PathValue("orgId")
	if org == anyOrg {
		return nil
	}
	info, err := s.svc.Info(r.Context())
	if err != nil {
		return err
	}
	if org != info.Organisation {
		return forbidden("organisation %q is not served here; this is %q", org, info.Organisation)
	}
	return nil
}

// reply writes v as JSON.
func reply(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n')) // the caller is gone when this fails
	return nil
}

// answer is reply for the usual pair.
func answer[T any](w http.ResponseWriter, v T, err error) error {
	if err != nil {
		return err
	}
	return reply(w, v)
}

// decode reads a JSON body. Unknown keys are left alone: clients send back
// whole objects that they got from us, and newer clients more.
func decode[T any](r *http.Request) (T, error) {
	var v T
	if ct := r.Header.Get("Content-Type"); ct != "" {
		if kind, _, err := mime.ParseMediaType(ct); err != nil || kind != "application/json" {
			return v, badRequest("the body must be application/json, not %q", ct)
		}
	}
	dec := json.NewDecoder(r.Body)
	if err := dec.Decode(&v); err != nil {
		return v, bodyError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return v, badRequest("the body holds more than one JSON value")
	}
	return v, nil
}

func bodyError(err error) error {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return &apiError{status: http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("the body is longer than the %d bytes allowed here; send it in parts", tooLong.Limit)}
	}
	if errors.Is(err, io.EOF) {
		return badRequest("the body is empty; send a JSON value")
	}
	return badRequest("the body is not the JSON expected here: %v", err)
}
