package outbound

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"billferry/internal/secret"
)

const (
	// maxHeader bounds the headers of an answer; those of NetSuite and m3ter
	// take 2 KB.
	maxHeader = 64 << 10
	// maxStatus and maxError are how much of a status line and of an error's
	// text is kept: net/http quotes whole lines.
	maxStatus = 200
	maxError  = 600
	// maxCredential is the longest Authorization that is sent.
	maxCredential = 32 << 10
)

// NewBase makes the connections below a Transport: proxies from the
// environment, HTTP/2 where it is offered, and else a kept connection for each
// slot of the largest governor. An invoice and its answer fit into the
// buffers, where the 4 KiB of net/http would take several system calls.
func NewBase() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.ReadBufferSize, t.WriteBufferSize = 16<<10, 16<<10
	t.MaxResponseHeaderBytes = maxHeader
	return t
}

// Transport is an http.RoundTripper that takes every secret it sent out of
// what comes back. Use New.
type Transport struct {
	next    http.RoundTripper
	secrets memory
}

// New wraps next; nil is NewBase.
func New(next http.RoundTripper) *Transport {
	if next == nil {
		next = NewBase()
	}
	return &Transport{next: next}
}

// Client copies base, which may be nil, into a client that goes through a
// Transport, keeps no cookies (NetSuite takes a cookie for a browser session
// and refuses the token) and follows no redirect: no API that is called
// redirects, and a credential must not travel to where an answer points.
func Client(base *http.Client) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	if _, ours := c.Transport.(*Transport); !ours {
		c.Transport = New(c.Transport)
	}
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Hide keeps secrets in mind that no request names as one: those of a URL or a
// header of its own, or that sign.
func (t *Transport) Hide(secrets ...secret.Value) {
	var all []known
	for _, s := range secrets {
		all = append(all, known{text: s.Reveal()})
	}
	t.secrets.add(all)
}

type carried struct{}

// With says what secrets a request holds or stands for beside those of its
// Authorization: an assertion in its body, the key that signed it.
func With(ctx context.Context, secrets ...secret.Value) context.Context {
	return context.WithValue(ctx, carried{}, secrets)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	secrets, err := secretsOf(r)
	if err == nil {
		err = redirected(r)
	}
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	t.secrets.add(secrets)
	resp, err := t.next.RoundTrip(r)
	s := search{m: t.secrets.m.Load()}
	if err != nil {
		return nil, s.err(err)
	}
	s.whole = resp.StatusCode/100 == 2 && !strings.HasPrefix(r.Header.Get("Authorization"), bearerScheme)
	resp.Status = clip(s.clean(resp.Status), maxStatus)
	s.header(resp.Header)
	if resp.Body != http.NoBody && resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body = newBody(resp, s, limitOf(r.Context()))
	}
	return resp, nil
}

const bearerScheme = "Bearer "

// secretsOf lists the secrets of a request.
func secretsOf(r *http.Request) ([]known, error) {
	var out []known
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, v := range r.Header[name] {
			if len(v) > maxCredential {
				return nil, fmt.Errorf("the credential for %s has %d bytes, which no service gives: it is not sent", r.URL.Host, len(v))
			}
			scheme, rest, _ := strings.Cut(v, " ")
			out = append(out, known{text: rest, bearer: scheme+" " == bearerScheme})
			if !strings.EqualFold(scheme, "Basic") {
				continue
			}
			if pair, err := base64.StdEncoding.DecodeString(rest); err == nil {
				_, pass, _ := strings.Cut(string(pair), ":")
				out = append(out, known{text: pass})
			}
		}
	}
	more, _ := r.Context().Value(carried{}).([]secret.Value)
	for _, s := range more {
		out = append(out, known{text: s.Reveal()})
	}
	return out, nil
}

// redirected refuses to follow a redirect to another host with what the first
// one was sent, should a client be set up to follow any.
func redirected(r *http.Request) error {
	if from := r.Response; from != nil && from.Request != nil && from.Request.URL.Host != r.URL.Host {
		return fmt.Errorf("%s redirects to another host, %s: it is not followed", from.Request.URL.Host, r.URL.Host)
	}
	return nil
}

// header cleans values in place.
func (s search) header(h http.Header) {
	for _, values := range h {
		for i, v := range values {
			values[i] = s.clean(v)
		}
	}
}

// err cleans an error. One without secrets, as nearly all, stays what it is.
func (s search) err(err error) error {
	text := err.Error()
	plain := clip(s.clean(text), maxError)
	if plain == text {
		return err
	}
	return &cleanError{plain, err}
}

// cleanError says what an error says, without its secrets. It does not unwrap,
// since what lies below has them still, but is what that is.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }

// Is implements what errors.Is asks for.
func (e *cleanError) Is(target error) bool { return errors.Is(e.err, target) }

// Timeout implements net.Error.
func (e *cleanError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.err, &t) && t.Timeout()
}

// Temporary implements net.Error; nothing asks for it any more.
func (e *cleanError) Temporary() bool { return false }

// Clean takes secrets out of the error of a protocol other than HTTP.
func Clean(err error, secrets ...secret.Value) error {
	if err == nil {
		return nil
	}
	var all []known
	for _, s := range secrets {
		all = append(all, known{text: s.Reveal()})
	}
	return search{m: newMatcher(all)}.err(err)
}

// clip shortens a text.
func clip(s string, size int) string {
	if len(s) <= size {
		return s
	}
	return strings.ToValidUTF8(s[:size], "") + "…"
}
