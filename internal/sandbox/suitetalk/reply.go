package suitetalk

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/tree"
)

// Content types of the record service.
const (
	typeSingular   = "application/vnd.oracle.resource+json; type=singular"
	typeCollection = "application/vnd.oracle.resource+json; type=collection"
	typeError      = "application/vnd.oracle.resource+json; type=error"
)

// reply is an answer before it is written, so that it can still go wrong.
type reply struct {
	status   int
	ctype    string
	location string
	header   [][2]string
	body     []byte
}

func noContent(location string) *reply {
	return &reply{status: http.StatusNoContent, location: location}
}

func singular(v tree.Value) *reply {
	return &reply{status: http.StatusOK, ctype: typeSingular, body: v.JSON()}
}

func (r *reply) with(name, value string) *reply {
	r.header = append(r.header, [2]string{name, value})
	return r
}

// sections are where RFC 9110 speaks of a status: newer NetSuite releases put
// them into "type", and nothing should be matched on it.
var sections = map[int]string{400: "15.5.1", 401: "15.5.2", 403: "15.5.4", 404: "15.5.5", 405: "15.5.6", 429: "15.5.20", 500: "15.6.1"}

// failure is NetSuite's error envelope with one detail.
func failure(status int, code, detail, path string) *reply {
	d := tree.Obj(tree.M("detail", tree.Str(detail)), tree.M("o:errorCode", tree.Str(code)))
	if path != "" {
		d.Set("o:errorPath", tree.Str(path))
	}
	return envelope(status, d)
}

func envelope(status int, detail tree.Value) *reply {
	v := tree.Obj(
		tree.M("type", tree.Str("https://www.rfc-editor.org/rfc/rfc9110.html#section-"+sections[status])),
		tree.M("title", tree.Str(http.StatusText(status))), tree.M("status", tree.Num(strconv.Itoa(status))),
		tree.M("o:errorDetails", tree.List(detail)),
	)
	return &reply{status: status, ctype: typeError, body: v.JSON()}
}

// userError is a classic NetSuite text in the wrapper of the record service.
func userError(text string) *reply {
	return failure(http.StatusBadRequest, "USER_ERROR", "Error while accessing a resource. "+text, "")
}

func invalidField(value, field, path string) *reply {
	return failure(http.StatusBadRequest, "INVALID_CONTENT",
		fmt.Sprintf("Error while accessing a resource. You have entered an Invalid Field Value %s for the following field: %s", value, field),
		path)
}

func invalidShape(field, path string) *reply {
	return failure(http.StatusBadRequest, "INVALID_VALUE",
		"Invalid value for the resource or sub-resource field '"+field+"'. Provide a valid value.", path)
}

func noPermission() *reply {
	return failure(http.StatusBadRequest, "USER_ERROR",
		"Your current role does not have permission to perform this action. Please contact your account administrator.", "")
}

func invalidLogin(realm string) *reply {
	return failure(http.StatusUnauthorized, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail in the "+
		"NetSuite UI at Setup > Users/Roles > User Management > View Login Audit Trail.", "").
		with("WWW-Authenticate", `Bearer realm="`+realm+`", error="invalid_token", error_description="Invalid login attempt."`)
}

func unexpected(n int64) *reply {
	return failure(http.StatusInternalServerError, "UNEXPECTED_ERROR",
		fmt.Sprintf("An unexpected error occurred. Error ID: sbx%09d", n), "")
}

func badGateway() *reply {
	return &reply{status: http.StatusBadGateway, ctype: "text/html",
		body: []byte("<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1><p>The proxy server received an invalid " +
			"response.</p></body></html>")}
}

// refuse turns a request away for the sake of the concurrency limit.
func (s *Server) refuse(w http.ResponseWriter, began time.Time, kind fault.Kind, hang time.Duration) {
	s.limiter.countRefusal()
	const text = "Concurrent request limit exceeded. Request blocked."
	rep := failure(http.StatusTooManyRequests, "CONCURRENCY_LIMIT_EXCEEDED", text, "")
	pause := refusalTime
	switch kind {
	case fault.Refuse400:
		rep = failure(http.StatusBadRequest, "CONCURRENCY_LIMIT_EXCEEDED", text, "")
	case fault.Refuse401: // seen live after 60 s of hanging
		rep = invalidLogin(s.o.AccountID)
		pause = orElse(hang, time.Minute)
	case fault.RetryAfter:
		rep = rep.with("Retry-After", "1")
	}
	s.limiter.wait(pause)
	s.finish(w, began, rep, fault.Fault{})
}

// finish writes the reply, or does what the fault says instead.
func (s *Server) finish(w http.ResponseWriter, began time.Time, rep *reply, f fault.Fault) {
	s.stats.count(rep, began)
	if rep == nil {
		reset(w)
		return
	}
	h := w.Header()
	h.Set("X-N-OperationId", s.operationID())
	if rep.ctype != "" {
		h.Set("Content-Type", rep.ctype)
	}
	if rep.location != "" {
		h.Set("Location", rep.location)
	}
	for _, kv := range rep.header {
		h.Set(kv[0], kv[1])
	}
	switch f.Kind {
	case fault.Truncate:
		s.truncate(w, rep)
	case fault.Drip:
		s.drip(w, rep, orElse(f.For, 2*time.Second))
	default:
		if len(rep.body) > 0 {
			h.Set("Content-Length", strconv.Itoa(len(rep.body)))
		}
		w.WriteHeader(rep.status)
		_, _ = w.Write(rep.body) // a client that has gone is its own affair
	}
}

func (s *Server) operationID() string {
	n := fault.Mix(s.o.Seed, uint64(s.stats.requests()))
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(n>>32), uint16(n>>16), n&0xFFF, n>>52, n&0xFFFFFFFFFFFF)
}

// truncate breaks off in the middle: of the body, or of the head when there
// is no body to break.
func (s *Server) truncate(w http.ResponseWriter, rep *reply) {
	if len(rep.body) == 0 {
		conn := hijack(w)
		if conn == nil {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nLocat", rep.status, http.StatusText(rep.status))
		_ = conn.Close()
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body[:len(rep.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // net/http's way to drop a connection in mid-answer
}

// drip sends the answer in eight pieces over d.
func (s *Server) drip(w http.ResponseWriter, rep *reply, d time.Duration) {
	const pieces = 8
	if len(rep.body) == 0 {
		s.limiter.wait(d)
	}
	w.WriteHeader(rep.status)
	for i := range pieces {
		from, to := len(rep.body)*i/pieces, len(rep.body)*(i+1)/pieces
		if from == to {
			continue
		}
		_, _ = w.Write(rep.body[from:to])
		_ = http.NewResponseController(w).Flush()
		s.limiter.wait(d / pieces)
	}
}

// reset ends the connection with a TCP reset.
func reset(w http.ResponseWriter) {
	conn := hijack(w)
	if conn == nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil // an HTTP/2 or test writer: there is no connection to break
	}
	return conn
}
