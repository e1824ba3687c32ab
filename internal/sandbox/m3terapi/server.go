// Package m3terapi is a m3ter simulator: the token endpoint, Accounts, Bills
// with their line items and jobs, external mappings, and what Bills are made of
// (products, plans, contracts, configuration) and paid from (Commitments and
// Balances), with m3ter's paging, errors and rate limit (m3ter's OpenAPI document and SDKs are the source).
package m3terapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// Options shape a Server.
type Options struct {
	World       seed.World
	Faults      *fault.Set
	AccessKeyID string
	APISecret   string
	RateLimit   int           // requests a second of the organisation; 0: m3ter's 50; below 0: none
	TokenLife   time.Duration // 0: m3ter's five hours
	Now         func() time.Time
	Done        <-chan struct{} // closed when the simulator stops
}

// Server is the simulator. It is an http.Handler.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	tokens   map[string]time.Time // expiry by token
	second   int64                // the second that is being counted
	inSecond int
	accounts []tree.Value // newest first
	bills    []*bill      // newest first
	mappings []tree.Value // newest first
	nextLine int64
	credits  []credit // that people have put into Balances
	denied   []string // what the service user may not read
}

// New makes a Server that serves the World.
func New(o Options) *Server {
	if o.RateLimit == 0 {
		o.RateLimit = 50
	}
	if o.TokenLife <= 0 {
		o.TokenLife = 18000 * time.Second
	}
	s := &Server{o: o, mux: http.NewServeMux(), tokens: map[string]time.Time{}}
	for _, a := range o.World.Accounts {
		s.accounts = append(s.accounts, a.JSON())
	}
	for i := len(o.World.Bills) - 1; i >= 0; i-- {
		s.bills = append(s.bills, &bill{Bill: o.World.Bills[i]})
	}
	for _, m := range o.World.Mappings {
		s.mappings = append(s.mappings, m.JSON())
	}
	s.routes()
	return s
}

func (s *Server) routes() {
	s.mux.HandleFunc("POST /oauth/token", s.token)
	in := func(pattern string, h func(*http.Request) (int, []byte)) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" /organizations/{org}"+path, s.guard(h))
	}
	in("GET /accounts", s.listAccounts)
	in("GET /accounts/search", s.searchAccounts)
	in("GET /accounts/{id}", s.getAccount)
	in("GET /accounts/{id}/children", s.children)
	in("GET /bills", s.listBills)
	in("GET /bills/search", s.searchBills)
	in("POST /bills/approve", s.approveBills)
	in("GET /bills/accountid/{account}", s.listBills)
	in("GET /bills/latest/{account}", s.latestBill)
	in("GET /bills/{id}", s.getBill)
	in("PUT /bills/{id}/status", s.setStatus)
	in("PUT /bills/{id}/lock", s.lockBill)
	in("GET /bills/{id}/{part}", s.listLines) // "lineitems" itself would clash with accountid and latest
	in("GET /bills/{id}/lineitems/{line}", s.getLine)
	s.reference(in)
	s.prepaid(in)
	in("GET /externalmappings", s.listMappings)
	in("GET /externalmappings/{id}", s.getMapping)
	in("GET /externalmappings/external/{entity}/{m3terId}", s.mappingsOf)
	in("GET /externalmappings/externalid/{system}/{table}/{externalId}", s.mappingsTo)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.write(w, http.StatusNotFound, message("Not Found"), fault.Fault{})
		return
	}
	s.mux.ServeHTTP(w, r)
}

func message(text string) []byte {
	return tree.Obj(tree.M("message", tree.Str(text))).JSON()
}

// token gives a bearer token for the access key and API secret. Both content
// types of m3ter's documentation are taken. It is not rate limited: two of
// m3ter's own SDKs ask for a token before every call.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	key, secret, _ := r.BasicAuth()
	if !same(key, s.o.AccessKeyID) || !same(secret, s.o.APISecret) {
		s.write(w, http.StatusForbidden, message("Unauthorized"), fault.Fault{})
		return
	}
	if grantType(r) != "client_credentials" {
		s.write(w, http.StatusBadRequest, message("grant_type must be client_credentials"), fault.Fault{})
		return
	}
	raw := make([]byte, 36)
	_, _ = rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	s.mu.Lock()
	s.tokens[token] = s.o.Now().Add(s.o.TokenLife)
	s.mu.Unlock()
	s.write(w, http.StatusOK, tree.Obj(
		tree.M("access_token", tree.Str(token)), tree.M("token_type", tree.Str("Bearer")),
		tree.M("expires_in", tree.Num(strconv.FormatInt(int64(s.o.TokenLife/time.Second), 10))),
		tree.M("scope", tree.Str("m3ter-resources/m3ter-scope"))).JSON(), fault.Fault{})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func grantType(r *http.Request) string {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return r.FormValue("grant_type")
	}
	var body struct {
		GrantType string `json:"grant_type"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&body); err != nil {
		return ""
	}
	return body.GrantType
}

// guard does for every call what m3ter does before it looks at it: the fault
// of the day, the rate limit, the token, the organisation.
func (s *Server) guard(h func(*http.Request) (int, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := s.o.Faults.Draw(fault.M3ter)
		if status, body := s.faulty(f); status != 0 {
			s.write(w, status, body, f)
			return
		}
		if !s.allowed() {
			s.write(w, http.StatusTooManyRequests, message("Too Many Requests"), f)
			return
		}
		if !s.authorised(r) || r.PathValue("org") != s.o.World.OrgID {
			s.write(w, http.StatusForbidden, message("Unauthorized"), f)
			return
		}
		status, body := h(r)
		s.write(w, status, body, f)
	}
}

// faulty answers for the faults that strike before the work.
func (s *Server) faulty(f fault.Fault) (int, []byte) {
	switch f.Kind {
	case fault.Expire:
		s.ExpireTokens()
	case fault.Unauthorized:
		return http.StatusForbidden, message("Unauthorized")
	case fault.TooMany, fault.Refuse, fault.RetryAfter:
		return http.StatusTooManyRequests, message("Too Many Requests")
	case fault.Error, fault.ErrorAfter:
		return http.StatusInternalServerError, message("Internal Server Error")
	case fault.HTML, fault.HTMLAfter:
		return http.StatusBadGateway, []byte("<html><body><h1>502 Bad Gateway</h1></body></html>")
	}
	return 0, nil
}

// allowed counts the request against the organisation's limit. Over it, the
// rest of the second is refused.
func (s *Server) allowed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.RateLimit < 0 {
		return true
	}
	if now := s.o.Now().Unix(); now != s.second {
		s.second, s.inSecond = now, 0
	}
	s.inSecond++
	return s.inSecond <= s.o.RateLimit
}

func (s *Server) authorised(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.tokens[token]
	return ok && known && s.o.Now().Before(until)
}

// ExpireTokens ends every token given out so far.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// write answers, unless the fault says that the answer is lost or late.
func (s *Server) write(w http.ResponseWriter, status int, body []byte, f fault.Fault) {
	switch f.Kind {
	case fault.Hang, fault.HangAfter:
		s.wait(cmpOr(f.For, time.Minute))
		s.reset(w)
		return
	case fault.Reset, fault.ResetAfter:
		s.reset(w)
		return
	case fault.Drip:
		s.wait(cmpOr(f.For, 2*time.Second))
	}
	ctype := "application/json"
	if len(body) > 0 && body[0] == '<' {
		ctype = "text/html"
	}
	w.Header().Set("Content-Type", ctype)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if f.Kind == fault.RetryAfter {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	if f.Kind == fault.Truncate {
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler) // net/http's way to drop a connection in mid-answer
	}
	_, _ = w.Write(body)
}

func cmpOr(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

func (s *Server) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.o.Done:
	}
}

func (s *Server) reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
