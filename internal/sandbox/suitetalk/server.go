// Package suitetalk is a NetSuite simulator: OAuth 2.0 with a certificate,
// the REST record service for invoices and what they refer to, SuiteQL, and
// NetSuite's habits: one externalId over all transactions, lines that merge,
// a concurrency limit that refuses in several disguises, closed periods, paid
// invoices. Field facts come from Oracle's documentation and from published
// captures; what nobody has published is a guess and says so where it stands.
package suitetalk

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/seed"
)

// Where NetSuite keeps its services.
const (
	recordPath = "/services/rest/record/v1/"
	queryPath  = "/services/rest/query/v1/suiteql"
	systemPath = "/services/rest/system/v1/"
	// TokenPath is the OAuth 2.0 token endpoint.
	TokenPath = "/services/rest/auth/oauth2/v1/token"
)

// maxBody is far above any invoice; NetSuite's own limit is 104 MB.
const maxBody = 16 << 20

// Options shape a Server.
type Options struct {
	AccountID   string
	Account     account.Profile
	Origin      string // scheme and host it is reached at, known once it listens
	World       seed.World
	Faults      *fault.Set
	Seed        uint64
	Concurrency int
	Refusal     fault.Kind // how a request over the limit is refused; empty: fault.Refuse
	Latency     Latency
	TokenLife   time.Duration
	Now         func() time.Time
	Done        <-chan struct{} // closed when the simulator stops: nobody waits any longer
}

// Server is the simulator. It is an http.Handler.
type Server struct {
	o       Options // of which Account is guarded by mu
	auth    *auth
	limiter *limiter
	stats   *Stats

	mu     sync.RWMutex // guards what follows: a write is checked and stored in one piece
	db     *db
	denied map[string]bool // permissions the role lacks
	hidden map[string]bool // customers whose transactions the role's restrictions hide from queries
}

// New makes a Server that holds the World's records.
func New(o Options) *Server {
	s := &Server{o: o, stats: newStats(), denied: map[string]bool{}}
	s.auth = newAuth(o)
	s.limiter = newLimiter(o)
	s.db = newDB(o, nil)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == TokenPath:
		s.token(w, r)
	case r.Method == http.MethodOptions && strings.HasPrefix(r.URL.Path, "/services/rest/"):
		w.WriteHeader(http.StatusNoContent)
	case strings.HasPrefix(r.URL.Path, "/services/rest/"):
		s.call(w, r)
	case strings.HasPrefix(r.URL.Path, "/app/"):
		s.page(w, r)
	default:
		http.NotFound(w, r)
	}
}

// call is one request to a web service: login, a slot, time, the work, and
// whatever is to go wrong on the way.
func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the client went away, or sent what no invoice is
	}
	f := s.o.Faults.Draw(targetOf(r))
	if f.Kind == fault.Expire {
		s.auth.revokeAll()
	}
	rep := s.auth.check(r)
	if rep == nil && s.shutOut() {
		rep = invalidLogin(s.o.AccountID)
	}
	if rep != nil {
		s.finish(w, began, rep, fault.Fault{})
		return
	}
	if isRefusal(f.Kind) || !s.limiter.enter(time.Now(), writes(r)) {
		kind := s.o.Refusal
		if isRefusal(f.Kind) {
			kind = f.Kind
		}
		s.refuse(w, began, kind, f.For)
		return
	}
	rep = s.held(r, body, f)
	s.limiter.leave(time.Now())
	s.finish(w, began, rep, f)
}

// writes says whether a request changes something. A query is a POST that does not.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/suiteql")
}

// held is what happens while the request occupies a slot. A nil reply ends
// the connection without an answer.
func (s *Server) held(r *http.Request, body []byte, f fault.Fault) *reply {
	s.limiter.latency()
	switch f.Kind {
	case fault.Hang:
		s.limiter.wait(orElse(f.For, time.Minute))
		return nil
	case fault.Reset:
		return nil
	case fault.Error:
		return unexpected(s.stats.requests())
	case fault.HTML:
		return badGateway()
	case fault.Locked:
		return userError(lockedText)
	case fault.Changed:
		return userError("Record has been changed")
	}
	rep := s.route(request{Request: r, body: body, drop: dropped(f)})
	switch f.Kind {
	case fault.HangAfter:
		s.limiter.wait(orElse(f.For, time.Minute))
		return nil
	case fault.ResetAfter:
		return nil
	case fault.ErrorAfter:
		return unexpected(s.stats.requests())
	case fault.HTMLAfter:
		return badGateway()
	case fault.NoLocation:
		rep.location = ""
	}
	return rep
}

// request is one call on its way to a handler.
type request struct {
	*http.Request
	body []byte
	drop string // a field to lose silently, as when the role may not write it
}

func (s *Server) route(r request) *reply {
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, recordPath):
		return s.record(r, path[len(recordPath):])
	case path == queryPath:
		return s.suiteQL(r)
	case strings.HasPrefix(path, systemPath):
		return s.system(r, path[len(systemPath):])
	}
	return failure(http.StatusNotFound, "NONEXISTENT_ID", "The requested resource does not exist.", "")
}

func targetOf(r *http.Request) fault.Target {
	switch {
	case r.URL.Path == queryPath:
		return fault.Query
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return fault.Read
	}
	return fault.Write
}

func dropped(f fault.Fault) string {
	if f.Kind == fault.DropField {
		return f.Arg
	}
	return ""
}

func isRefusal(k fault.Kind) bool {
	return k == fault.Refuse || k == fault.Refuse400 || k == fault.Refuse401 || k == fault.RetryAfter
}

func orElse(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}
