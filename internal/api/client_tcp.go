package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"billferry/internal/outbound"
	"billferry/internal/secret"
	"billferry/internal/spec"
)

// DialTCP makes a client of a server that listens on TCP, with an API key. It
// connects, and asks for a token, when it is first used. The scheme of address
// decides on TLS; without TLS the secret would travel in clear, so http is taken
// for loopback only.
func DialTCP(address, key string, apiSecret secret.Value, catalog spec.Catalog) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is not the address of a server: write https://HOST:PORT, or http://127.0.0.1:PORT", address)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%s would carry the API secret in clear: use https, or a tunnel to 127.0.0.1", address)
	}
	if key == "" || apiSecret.Empty() {
		return nil, fmt.Errorf("%s wants an API key: its access key id and its API secret ('billferry apikey create' on that machine makes one)",
			address)
	}
	return newClient(u.String(), u.Host, catalog, &bearer{
		base: u.String(), key: key, secret: apiSecret, now: time.Now,
		next: outbound.New(tcpTransport(nil)),
	}), nil
}

// tcpTransport makes the connections; roots, if any, are trusted instead of the
// system's.
func tcpTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: requestTime + 15*time.Second, // the server gives up first, and says so
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       time.Minute,
	}
}

// bearer adds a token to every request, gets a new one when it has ended, and
// waits when the server says that it is asked too often.
type bearer struct {
	base   string
	key    string
	secret secret.Value
	next   *outbound.Transport
	now    func() time.Time

	mu    sync.Mutex
	token string
	ends  time.Time
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (b *bearer) CloseIdleConnections() { b.next.CloseIdleConnections() }

// RoundTrip implements http.RoundTripper. A refused request was not carried
// out, so it can be sent again whatever its method.
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // each try reads a copy of it
	}
	for renewed := false; ; {
		token, fresh, err := b.current(r.Context())
		if err != nil {
			return nil, err
		}
		again := r.Clone(r.Context())
		if r.GetBody != nil {
			if again.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		again.Header.Set("Authorization", "Bearer "+token)
		resp, err := b.next.RoundTrip(again)
		switch {
		case err != nil:
			return nil, err
		case resp.StatusCode == http.StatusTooManyRequests:
			if err := pauseFor(r.Context(), resp); err != nil {
				return nil, err
			}
		case resp.StatusCode == http.StatusForbidden && !fresh && !renewed:
			// The server may have another store now; a new token tells that from a
			// key that may not do this.
			drop(resp)
			b.forget(token)
			renewed = true
		default:
			return resp, nil
		}
	}
}

// current is the token in use, or a fresh one.
func (b *bearer) current(ctx context.Context) (token string, fresh bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token != "" && b.now().Before(b.ends) {
		return b.token, false, nil
	}
	a, err := b.ask(ctx)
	if err != nil {
		return "", false, err
	}
	// A minute of margin, or half of a life shorter than two: the request
	// still has to travel.
	life := time.Duration(a.Expires) * time.Second
	b.token, b.ends = a.Token, b.now().Add(max(life-time.Minute, life/2))
	return b.token, true, nil
}

func (b *bearer) forget(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token == token { // or another request has got a new one already
		b.token = ""
	}
}

// ask gets a token. A refusal is the *Error that any other call would return.
func (b *bearer) ask(ctx context.Context) (tokenAnswer, error) {
	var a tokenAnswer
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/oauth/token",
			strings.NewReader(`{"grant_type":"client_credentials"}`))
		if err != nil {
			return a, err
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(b.key, b.secret.Reveal())
		resp, err := b.next.RoundTrip(req)
		if err != nil {
			return a, err
		}
		switch resp.StatusCode {
		case http.StatusTooManyRequests:
			if err := pauseFor(ctx, resp); err != nil {
				return a, err
			}
			continue
		case http.StatusOK:
			defer func() { _ = resp.Body.Close() }()
			err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&a)
			if err == nil && a.Token == "" {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				err = fmt.Errorf("%s answered no token: it is not a billferry server (%w)", b.base, err)
			}
			return a, err
		}
		defer func() { _ = resp.Body.Close() }()
		return a, refusal(resp, "POST /oauth/token", b.base)
	}
}

// drop ends a response that nobody reads, so that its connection is used again.
func drop(resp *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	_ = resp.Body.Close()
}

// pauseFor waits as long as a 429 asks for, a second when it does not say.
func pauseFor(ctx context.Context, resp *http.Response) error {
	wait := time.Second
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 && s <= 60 {
		wait = time.Duration(s) * time.Second
	}
	drop(resp)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loopback tells whether a host cannot be another machine. Of names only the
// one that RFC 6761 ties to loopback is taken for it.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
