package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"billferry/internal/integration"
)

// caller is who makes a request.
type caller struct {
	ID    string // of the API key; "local" on the unix socket
	Scope Scope
	Local bool      // the same user of the same machine
	Ends  time.Time // of the token; zero for Local
}

type callerKey struct{}

func callerOf(r *http.Request) caller {
	c, _ := r.Context().Value(callerKey{}).(caller)
	return c
}

// authenticator decides who comes in.
type authenticator struct {
	keys KeyStore
	now  func() time.Time
	life time.Duration
	rate float64
	sign [32]byte // of this process: what argon2 has proven ends with it

	tokenKey func(context.Context) ([]byte, error)

	check  *checker
	failed strikes // wrong secrets
	log    *slog.Logger
	tell   rate.Sometimes // logs some of them: a log must not be flooded by guessing

	mu     sync.Mutex
	proven map[string][32]byte      // key id -> MAC over hash and secret that argon2 found to match
	limits map[string]*rate.Limiter // by key id
}

func newAuthenticator(o Options) *authenticator {
	g := &authenticator{
		keys: o.Keys, now: o.Now, life: o.TokenLife, rate: o.Rate,
		check: newChecker(),
		log:   o.Logger, tell: rate.Sometimes{First: 10, Interval: 10 * time.Second},
		proven: map[string][32]byte{}, limits: map[string]*rate.Limiter{},
	}
	_, _ = rand.Read(g.sign[:]) // never fails, crypto/rand says
	if g.tokenKey = o.TokenKey; g.tokenKey == nil {
		g.tokenKey = func(context.Context) ([]byte, error) { return g.sign[:], nil }
	}
	return g
}

// authenticate tells who a request is from.
func (g *authenticator) authenticate(r *http.Request) (caller, error) {
	if _, ok := r.Context().Value(http.LocalAddrContextKey).(ownAddr); ok {
		return caller{ID: "local", Scope: ScopeAdmin, Local: true}, nil
	}
	if g.keys == nil {
		return caller{}, forbidden("no API keys are set up here: make one with 'billferry apikey create'")
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return caller{}, forbidden("unauthorized: send 'Authorization: Bearer' with a token from POST /oauth/token")
	}
	id, ends, err := g.open(r.Context(), token)
	if err != nil {
		return caller{}, err
	}
	key, err := g.keys.Key(r.Context(), id)
	if errors.Is(err, integration.ErrNotFound) {
		return caller{}, forbidden("unauthorized: the API key of this token was revoked")
	}
	if err != nil {
		return caller{}, err
	}
	if !g.limit(id).AllowN(g.now(), 1) {
		return caller{}, &apiError{status: http.StatusTooManyRequests, after: time.Second,
			message: fmt.Sprintf("more than %g requests a second with this API key: slow down", g.rate)}
	}
	return caller{ID: id, Scope: key.Scope, Ends: ends}, nil
}

func (g *authenticator) limit(id string) *rate.Limiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.limits[id]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(g.rate), max(1, int(2*g.rate)))
		if g.rate < 0 {
			l = rate.NewLimiter(rate.Inf, 0)
		}
		g.limits[id] = l
	}
	return l
}

// verify checks a key's secret. Some SDKs of m3ter ask for a token before every
// call, so what argon2 has proven once is remembered as a
// MAC, which only this process can compare with.
func (g *authenticator) verify(ctx context.Context, id, text string) (Key, error) {
	key, err := g.keys.Key(ctx, id)
	if errors.Is(err, integration.ErrNotFound) {
		// The same work as for a key that exists: the time that it takes must
		// not tell which ids do.
		return Key{}, g.checkSecret(ctx, Key{ID: id}, text)
	}
	if err != nil {
		return Key{}, err
	}
	mark := mac(g.sign[:], "proven", key.Hash, text)
	g.mu.Lock()
	known, ok := g.proven[id]
	g.mu.Unlock()
	if ok && hmac.Equal(known[:], mark[:]) {
		return key, nil
	}
	if err := g.checkSecret(ctx, key, text); err != nil {
		return Key{}, err
	}
	g.mu.Lock()
	g.proven[id] = mark
	g.mu.Unlock()
	return key, nil
}

// checkSecret compares a secret with that of a key, which may be one that does not
// exist (without a hash).
func (g *authenticator) checkSecret(ctx context.Context, key Key, text string) error {
	failed := g.failed.of(key.ID)
	if failed.TokensAt(g.now()) < 1 {
		return &apiError{status: http.StatusTooManyRequests, after: time.Second, message: "too many wrong API secrets: wait a moment"}
	}
	ok, err := g.check.check(ctx, key.Hash, text, g.now())
	if err != nil {
		return err
	}
	if !ok {
		failed.AllowN(g.now(), 1)
		if key.Hash != "" {
			g.tell.Do(func() { g.log.Warn("a wrong API secret was sent", "key", key.ID, "name", key.Name) })
		}
		return forbidden("unauthorized: the access key id or the API secret is wrong")
	}
	return nil
}

// A token is expiry, nonce, key id and a MAC over them: nothing has to be
// remembered of it, however many are asked for. The key of the MAC is the
// store's, so that tokens outlive a restart: m3ter's SDKs keep one until it
// ends. A revoked key ends its tokens, since every request asks for the key.
const tokenNonce = 16

func (g *authenticator) issue(ctx context.Context, id string) (string, error) {
	key, err := g.tokenKey(ctx)
	if err != nil {
		return "", err
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(g.now().Add(g.life).Unix()))
	nonce := make([]byte, tokenNonce)
	_, _ = rand.Read(nonce) // never fails, crypto/rand says
	b = append(append(b, nonce...), id...)
	sum := mac(key, "token", string(b))
	return base64.RawURLEncoding.EncodeToString(append(sum[:], b...)), nil
}

// open returns the key id of a token that is genuine and has not ended, and
// when it will.
func (g *authenticator) open(ctx context.Context, token string) (id string, ends time.Time, err error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < sha256.Size+8+tokenNonce {
		return "", ends, forbidden("unauthorized: this is not a token of this server")
	}
	key, err := g.tokenKey(ctx)
	if err != nil {
		return "", ends, err
	}
	sum, b := b[:sha256.Size], b[sha256.Size:]
	if want := mac(key, "token", string(b)); !hmac.Equal(sum, want[:]) {
		return "", ends, forbidden("unauthorized: this is not a token of this server; ask POST /oauth/token for a new one")
	}
	if ends = time.Unix(int64(binary.BigEndian.Uint64(b)), 0); !g.now().Before(ends) {
		return "", ends, forbidden("unauthorized: the token has ended; ask POST /oauth/token for a new one")
	}
	return string(b[8+tokenNonce:]), ends, nil
}

func mac(key []byte, purpose string, parts ...string) (sum [32]byte) {
	h := hmac.New(sha256.New, key)
	for _, p := range append([]string{purpose}, parts...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p)))) // so that parts cannot run together
		h.Write([]byte(p))
	}
	h.Sum(sum[:0])
	return sum
}
