package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// apiError is an error that the API itself finds, with its HTTP status.
type apiError struct {
	status  int
	message string
	allow   string        // of a 405
	after   time.Duration // of a 429
}

func (e *apiError) Error() string { return e.message }

func badRequest(format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

// forbidden is 403: m3ter answers it for a missing or expired token and for an
// unknown organisation as well, never 401.
func forbidden(format string, args ...any) error {
	return &apiError{status: http.StatusForbidden, message: fmt.Sprintf(format, args...)}
}

// The codes by which a sentinel crosses the wire.
var sentinels = map[string]error{
	"not_found": integration.ErrNotFound,
	"conflict":  integration.ErrConflict,
	"exists":    integration.ErrExists,
}

// wireError is the body of every refusal: m3ter's {"message"} and, beside it,
// what our own client needs to make the same error again.
type wireError struct {
	Message  string        `json:"message"`
	Code     string        `json:"code,omitempty"` // not_found, conflict, exists
	Problems spec.Problems `json:"problems,omitempty"`
	Failure  *wireFailure  `json:"failure,omitempty"`
	// Both sides of a document that is not evidently a Bill's: send "confirmed".
	Mismatch *integration.Mismatch `json:"mismatch,omitempty"`
}

type wireFailure struct {
	Class   integration.Class `json:"class"`
	Cause   string            `json:"cause"`
	Message string            `json:"message"`
	Advice  string            `json:"advice,omitempty"`
	Unknown bool              `json:"unknown,omitempty"`
	After   time.Duration     `json:"after,omitempty"` // nanoseconds
}

func toWire(err error) wireError {
	out := wireError{Message: err.Error()}
	for code, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			out.Code = code
		}
	}
	errors.As(err, &out.Problems)
	errors.As(err, &out.Mismatch)
	if f := new(integration.Failure); errors.As(err, &f) {
		out.Failure = &wireFailure{f.Class, f.Cause, f.Message, f.Advice, f.Unknown, f.After}
	}
	return out
}

// statusOf chooses the HTTP status and says how long to wait, if that is known.
func statusOf(err error) (status int, after time.Duration) {
	var own *apiError
	var problems spec.Problems
	var failure *integration.Failure
	switch {
	case errors.As(err, &own):
		return own.status, own.after
	case errors.Is(err, integration.ErrNotFound):
		return http.StatusNotFound, 0
	case errors.Is(err, integration.ErrConflict), errors.Is(err, integration.ErrExists):
		return http.StatusConflict, 0
	case errors.As(err, &problems):
		return http.StatusBadRequest, 0
	case errors.As(err, &failure):
		return failureStatus(failure), failure.After
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, 0
	case errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable, 0
	}
	return http.StatusInternalServerError, 0
}

func failureStatus(f *integration.Failure) int {
	switch f.Class {
	case integration.ClassData, integration.ClassMapping, integration.ClassHeld:
		return http.StatusBadRequest // what the caller sent is at fault
	case integration.ClassLoad:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadGateway // the system behind us is
}

// fail writes err. SDKs of m3ter repeat a 409 or 5xx by themselves unless told
// not to; only a refusal for load or time is worth repeating, and a read that
// the system behind us did not answer.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, after := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.o.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if status == http.StatusConflict || status == http.StatusInternalServerError || status == http.StatusBadGateway && !read {
		h.Set("X-Should-Retry", "false")
	}
	if after > 0 {
		h.Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
	var own *apiError
	if errors.As(err, &own) && own.allow != "" {
		h.Set("Allow", own.allow)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(toWire(err)) // the caller is gone when this fails
}

// Error is what a Server refused a Client with. errors.Is and errors.As find
// in it what the service on the other side returned: integration's sentinels,
// spec.Problems and *integration.Failure.
type Error struct {
	Status  int // of HTTP; 0 when the refusal came in a stream
	Message string
	causes  []error
}

// Error is the message of the other side.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the errors that crossed the wire.
func (e *Error) Unwrap() []error { return e.causes }

func fromWire(status int, w wireError) *Error {
	e := &Error{Status: status, Message: w.Message}
	if sentinel := sentinels[w.Code]; sentinel != nil {
		e.causes = append(e.causes, sentinel)
	}
	if len(w.Problems) > 0 {
		e.causes = append(e.causes, w.Problems)
	}
	if w.Mismatch != nil {
		e.causes = append(e.causes, w.Mismatch)
	}
	if f := w.Failure; f != nil {
		e.causes = append(e.causes, &integration.Failure{Class: f.Class, Cause: f.Cause, Message: f.Message,
			Advice: f.Advice, Unknown: f.Unknown, After: f.After})
	}
	return e
}
