package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"billferry/internal/service"
)

// anyOrg stands in a path for "the one organisation that this server serves".
// A process that attaches does not know it, and it changes when the source is
// connected.
const anyOrg = "-"

// Options are what a Server can be told; the zero value serves the unix socket
// alone, because without Keys nobody else gets in.
type Options struct {
	// Keys holds the API keys for TCP. Nil refuses every TCP request.
	Keys KeyStore
	// Upstream passes accounts and Bills through to m3ter; nil: these answer 404.
	Upstream Upstream
	// Ready says why Bills are not taken and delivered now; nil: always ready.
	Ready func(context.Context) error
	// Metrics answers GET /metrics; nil: 404.
	Metrics http.Handler
	// Backup writes a copy of the store, for the unix socket alone; nil: 404.
	Backup func(io.Writer) (int64, error)
	// Audit is told of every request that is not a read, after it was answered.
	Audit func(AuditRecord)
	// Logger gets what went wrong inside; nil discards it.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// TokenKey is what access tokens are signed with; it is asked for when one is
	// made or read. Nil: tokens end with the process.
	TokenKey func(context.Context) ([]byte, error)
	// TokenLife is how long an access token works; 0 is an hour.
	TokenLife time.Duration
	// Rate is how many requests a second one key may make; 0 is 100, negative no limit.
	Rate float64
}

// AuditRecord says who did what. It never holds a body.
type AuditRecord struct {
	Time   time.Time `json:"time"`
	Who    string    `json:"who"` // an API key's id, or "local" for the unix socket
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
}

// Server serves a service.Service; it is an http.Handler.
type Server struct {
	svc           service.Service
	o             Options
	mux           func() *http.ServeMux // like routes made for the first request: few processes ever get one
	routes        func() []route
	authenticator *authenticator

	described func() object  // /openapi.json
	unready   rate.Sometimes // logs that it is not ready: anybody may ask, as often as they like

	closing  chan struct{} // closed when Serve stops: ends the streams
	shutdown sync.Once
}

// NewServer builds the handler. Serve runs it on a listener with fitting limits.
func NewServer(svc service.Service, o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	if o.Rate == 0 {
		o.Rate = 100
	}
	s := &Server{svc: svc, o: o, authenticator: newAuthenticator(o), closing: make(chan struct{}),
		unready: rate.Sometimes{Interval: time.Minute}}
	s.described = sync.OnceValue(s.describe)
	s.routes = sync.OnceValue(func() []route { return append(s.ownRoutes(), s.m3terRoutes()...) })
	s.mux = sync.OnceValue(s.newMux)
	return s
}

func (s *Server) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.method+" "+rt.path, s.wrap(rt))
	}
	mux.Handle("POST /oauth/token", s.open(s.token))
	mux.Handle("GET /openapi.json", s.open(s.openAPI))
	mux.Handle("GET /healthz", s.open(s.healthz))
	mux.Handle("GET /readyz", s.open(s.readyz))
	if s.o.Metrics != nil {
		mux.Handle("GET /metrics", s.open(s.metrics))
	}
	return mux
}

// open is what needs no key.
var open = []string{"POST /oauth/token", "GET /openapi.json", "GET /healthz", "GET /readyz"}

// ServeHTTP lets a request in, or says why not.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	handler, pattern := s.mux().Handler(r)
	who := caller{}
	switch {
	case slices.Contains(open, pattern):
		limitRead(w, strangerTime)
		s.mux().ServeHTTP(rec, r)
		return
	default:
		var err error
		if who, err = s.authenticator.authenticate(r); err != nil {
			limitRead(w, refusedTime)
			s.fail(rec, r, err)
			return
		}
	}
	showsKey(r)
	if pattern == "" {
		s.fail(rec, r, missed(handler, r))
		return
	}
	act := &Act{Who: who.ID, What: r.Method + " " + r.URL.Path}
	ctx := context.WithValue(context.WithValue(r.Context(), callerKey{}, who), actKey{}, act)
	s.mux().ServeHTTP(rec, r.WithContext(ctx))
	done := act.Recorded && rec.status == http.StatusOK
	if s.o.Audit != nil && r.Method != http.MethodGet && r.Method != http.MethodHead && !done {
		s.o.Audit(AuditRecord{Time: s.o.Now(), Who: who.ID, Method: r.Method, Path: r.URL.Path, Status: rec.status})
	}
}

// Act is a request of a caller that changes something. A Service that keeps
// what is asked for may keep the act with it, in one transaction; Options.Audit
// is then told only if the answer is not 200 after all.
type Act struct {
	Who, What string
	Recorded  bool // set by the Service: it stands in the audit trail, as answered with 200
}

type actKey struct{}

// ActOf finds the act that a call of the Service is part of, or nil.
func ActOf(ctx context.Context) *Act {
	a, _ := ctx.Value(actKey{}).(*Act)
	return a
}

// missed turns ServeMux's own text answers (404, 405, redirects of unclean
// paths) into errors of our shape.
func missed(h http.Handler, r *http.Request) error {
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		return &apiError{status: probe.status, allow: probe.header.Get("Allow"),
			message: r.Method + " is not possible here; use " + probe.header.Get("Allow")}
	}
	return &apiError{status: http.StatusNotFound, message: "there is nothing at " + r.URL.Path + "; GET /openapi.json lists our paths"}
}

type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// recorder remembers the status for the audit.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
