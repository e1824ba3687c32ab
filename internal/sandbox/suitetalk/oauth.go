package suitetalk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/rsapss"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/tree"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// maxAssertion is how long an assertion may live. The text of the
	// documentation says less than 60 minutes, its sample has exactly 60.
	maxAssertion = time.Hour
	// maxCertificates is how many active ones an integration record may have.
	maxCertificates = 5
	// skew is how far an assertion may be issued in the future (a guess:
	// NetSuite documents none).
	skew = time.Minute
)

// algorithms are the signatures NetSuite takes; RS256 went in March 2025.
var algorithms = []string{"PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}

// auth knows the uploaded certificates and the tokens given out.
type auth struct {
	o Options

	mu     sync.Mutex
	certs  map[string]certificate // by certificate id: the JWT's kid
	tokens map[string]time.Time   // expiry by token
}

type certificate struct {
	clientID string
	key      crypto.PublicKey
	until    time.Time
	revoked  bool
}

func newAuth(o Options) *auth {
	if o.TokenLife <= 0 {
		o.TokenLife = time.Hour
	}
	return &auth{o: o, certs: map[string]certificate{}, tokens: map[string]time.Time{}}
}

// ErrCertificate is wrapped by the refusal of a certificate.
var ErrCertificate = errors.New("certificate refused")

// Register uploads a certificate for an integration record, as Setup >
// Integration > OAuth 2.0 Client Credentials Setup does, and returns its id.
func (s *Server) Register(clientID string, certPEM []byte) (keyID string, err error) {
	block, _ := pem.Decode(certPEM)
	if block == nil || block.Type != "CERTIFICATE" {
		return "", fmt.Errorf("%w: not a PEM certificate", ErrCertificate)
	}
	// CheckSignature is not called: Go refuses the PSS salt of Oracle's own
	// command, and NetSuite takes self-signed certificates anyway.
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	// A key that is bound to one hash is taken with all: no document says that
	// NetSuite looks at that.
	public := rsapss.PublicKey(cert)
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if bits := k.Curve.Params().BitSize; bits < 256 {
			return "", fmt.Errorf("%w: P-256, P-384 or P-521 is needed, not a curve of %d bits", ErrCertificate, bits)
		}
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits != 3072 && bits != 4096 {
			return "", fmt.Errorf("%w: RSA needs 3072 or 4096 bits, not %d", ErrCertificate, bits)
		}
	default:
		return "", fmt.Errorf("%w: the key is neither RSA nor EC", ErrCertificate)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id) // never fails
	keyID = base64.RawURLEncoding.EncodeToString(id)
	until := cert.NotAfter
	if limit := cert.NotBefore.AddDate(2, 0, 0); until.After(limit) {
		until = limit // NetSuite shortens a longer validity without a word
	}
	s.auth.mu.Lock()
	defer s.auth.mu.Unlock()
	if s.auth.active(clientID) >= maxCertificates {
		return "", fmt.Errorf("%w: the integration record has %d active ones already; revoke one", ErrCertificate, maxCertificates)
	}
	s.auth.certs[keyID] = certificate{clientID: clientID, key: public, until: until}
	return keyID, nil
}

// active counts the certificates of an integration record that are neither
// revoked nor expired; a.mu is held.
func (a *auth) active(clientID string) (n int) {
	for _, c := range a.certs {
		if c.clientID == clientID && !c.revoked && a.o.Now().Before(c.until) {
			n++
		}
	}
	return n
}

// Revoke makes a certificate useless, as the button in Setup does.
func (s *Server) Revoke(keyID string) {
	s.auth.mu.Lock()
	defer s.auth.mu.Unlock()
	if c, ok := s.auth.certs[keyID]; ok {
		c.revoked = true
		s.auth.certs[keyID] = c
	}
}

// KeyIDs lists the certificates that were registered.
func (s *Server) KeyIDs() []string {
	s.auth.mu.Lock()
	defer s.auth.mu.Unlock()
	return slices.Sorted(maps.Keys(s.auth.certs))
}

// ExpireTokens ends every token given out so far.
func (s *Server) ExpireTokens() { s.auth.revokeAll() }

func (a *auth) revokeAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.tokens)
}

// refusal is an answer of the token endpoint, with the reason that NetSuite
// shows only in its login audit trail.
type refusal struct {
	status int
	code   string
	reason string
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.stats.add(&s.stats.tokens)
	now := s.o.Now()
	switch f := s.o.Faults.Draw(fault.Token); f.Kind {
	case fault.Skew:
		off := -10 * time.Minute
		if f.For != 0 {
			off = f.For
		}
		now = now.Add(off)
	case fault.Error, fault.ErrorAfter:
		s.writeToken(w, http.StatusInternalServerError, tree.Obj(tree.M("error", tree.Str("server_error"))))
		return
	case fault.HTML, fault.HTMLAfter:
		rep := badGateway()
		w.Header().Set("Content-Type", rep.ctype)
		w.WriteHeader(rep.status)
		_, _ = w.Write(rep.body)
		return
	case fault.Reset, fault.ResetAfter:
		reset(w)
		return
	case fault.Hang, fault.HangAfter:
		s.limiter.wait(orElse(f.For, time.Minute))
		reset(w)
		return
	}
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	token, no := s.auth.grant(r, now)
	if no == nil {
		no = s.withdrawn()
	}
	if no != nil {
		s.stats.tokenRefused(no.reason)
		if no.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="`+s.o.AccountID+`"`)
		}
		s.writeToken(w, no.status, tree.Obj(tree.M("error", tree.Str(no.code)), tree.M("error_description", tree.Str(no.code))))
		return
	}
	s.writeToken(w, http.StatusOK, tree.Obj(
		tree.M("access_token", tree.Str(token)),
		tree.M("expires_in", tree.Num(fmt.Sprint(int64(s.auth.o.TokenLife/time.Second)))),
		tree.M("token_type", tree.Str("Bearer"))))
}

func (s *Server) writeToken(w http.ResponseWriter, status int, body tree.Value) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.JSON())
}

// grant checks a token request and gives a token, or says why not.
func (a *auth) grant(r *http.Request, now time.Time) (string, *refusal) {
	bad := func(code, reason string) (string, *refusal) {
		return "", &refusal{http.StatusBadRequest, code, reason}
	}
	mime, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Method != http.MethodPost || !strings.EqualFold(strings.TrimSpace(mime), "application/x-www-form-urlencoded") ||
		r.ParseForm() != nil {
		return bad("invalid_request", "MalformedRequest")
	}
	if g := r.PostForm.Get("grant_type"); g != "client_credentials" {
		return bad("unsupported_grant_type", "UnsupportedGrantType")
	}
	if r.PostForm.Get("client_assertion_type") != assertionType || r.PostForm.Get("client_assertion") == "" {
		return bad("invalid_request", "MissingAssertion")
	}
	if no := a.verify(r.PostForm.Get("client_assertion"), r.Host, now); no != nil {
		return "", no
	}
	raw := make([]byte, 48)
	_, _ = rand.Read(raw)
	// Three parts as NetSuite's, of which the second says whose it is; nobody
	// checks the last.
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"typ":"JWT","alg":"PS256"}`)) + "." + part([]byte(`{"sub":"`+roleID+";"+entityID+`"}`)) + "." + part(raw)
	a.mu.Lock()
	defer a.mu.Unlock()
	now = a.o.Now()
	for t, until := range a.tokens { // there are few: they live an hour
		if until.Before(now) {
			delete(a.tokens, t)
		}
	}
	a.tokens[token] = now.Add(a.o.TokenLife)
	return token, nil
}

// verify checks the assertion in the order in which a real server must: what
// it claims, who signed it, and then whether the claims hold.
func (a *auth) verify(assertion, host string, now time.Time) *refusal {
	no := func(code, reason string) *refusal { return &refusal{http.StatusBadRequest, code, reason} }
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(assertion, claims)
	if err != nil {
		return no("invalid_request", "MalformedAssertion")
	}
	if alg, _ := parsed.Header["alg"].(string); !slices.Contains(algorithms, alg) {
		return &refusal{http.StatusInternalServerError, "server_error", "UnsupportedAlgo"} // as seen live for RS256
	}
	kid, _ := parsed.Header["kid"].(string)
	if kid == "" {
		return no("invalid_request", "MissingKeyId")
	}
	a.mu.Lock()
	cert, ok := a.certs[kid]
	a.mu.Unlock()
	if !ok || cert.revoked || now.After(cert.until) {
		return no("invalid_client", "MissingKey")
	}
	// Times are checked below, with NetSuite's own rules and this clock.
	if _, err := jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithoutClaimsValidation()).
		Parse(assertion, func(*jwt.Token) (any, error) { return cert.key, nil }); err != nil {
		return no("invalid_client", "InvalidSignature")
	}
	if iss, _ := claims.GetIssuer(); iss != cert.clientID {
		return no("invalid_client", "InvalidIssuer")
	}
	if aud, _ := claims.GetAudience(); !slices.ContainsFunc(aud, func(u string) bool { return a.audience(u, host) }) {
		return no("invalid_grant", "InvalidAudience")
	}
	if !slices.Contains(scopes(claims["scope"]), "rest_webservices") {
		return no("invalid_scope", "InvalidScope")
	}
	return times(claims, now)
}

func times(claims jwt.MapClaims, now time.Time) *refusal {
	iat, errIat := claims.GetIssuedAt()
	exp, errExp := claims.GetExpirationTime()
	reason := ""
	switch {
	case errIat != nil || errExp != nil || iat == nil || exp == nil:
		return &refusal{http.StatusBadRequest, "invalid_request", "MissingTimes"}
	case exp.Sub(iat.Time) > maxAssertion:
		reason = "TokenValidityTooBroad"
	case iat.After(now.Add(skew)):
		reason = "TokenNotAcceptable"
	case !exp.After(now):
		reason = "TokenExpired"
	default:
		return nil
	}
	return &refusal{http.StatusBadRequest, "invalid_grant", reason}
}

// audience takes the token endpoint under the host that was asked, and under
// the two hosts NetSuite knows it by.
func (a *auth) audience(text, host string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Path != TokenPath {
		return false
	}
	id := strings.ReplaceAll(strings.ToLower(a.o.AccountID), "_", "-")
	return u.Host == host || u.Host == id+".suitetalk.api.netsuite.com" || u.Host == id+".restlets.api.netsuite.com"
}

// scopes reads the four forms in use: an array, one word, words separated by
// commas, words separated by spaces.
func scopes(claim any) []string {
	switch c := claim.(type) {
	case string:
		return strings.FieldsFunc(c, func(r rune) bool { return r == ',' || r == ' ' })
	case []any:
		var out []string
		for _, v := range c {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// check tells whether a call is logged in; nil means yes.
func (a *auth) check(r *http.Request) *reply {
	if r.Header.Get("Cookie") != "" {
		return invalidLogin(a.o.AccountID) // NetSuite takes it for a browser session
	}
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		if r.Header.Get("Authorization") == "" {
			return invalidLogin(a.o.AccountID)
		}
		const text = "The request could not be understood by the server due to malformed syntax."
		return failure(http.StatusBadRequest, "INVALID_REQUEST", text, "").
			with("WWW-Authenticate", `Bearer realm="`+a.o.AccountID+`", error="invalid_request", error_description="`+text+`"`)
	}
	a.mu.Lock()
	until, known := a.tokens[token]
	a.mu.Unlock()
	if !known || !a.o.Now().Before(until) {
		return invalidLogin(a.o.AccountID)
	}
	return nil
}
