package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"billferry/internal/integration"

	"billferry/internal/outbound"
)

// maxUpstream bounds an answer that is passed through, unpacked. Its time is that
// of every request.
const maxUpstream = 64 << 20

// UpstreamRequest is a request for m3ter itself.
type UpstreamRequest struct {
	Method string
	Path   string // below /organizations/{orgId}, escaped: /bills/3f..
	Query  url.Values
	Body   []byte // JSON, or nil
}

// Upstream passes requests through to m3ter with our own credentials there.
// The caller closes the answer's body, whatever its status.
type Upstream interface {
	Do(ctx context.Context, r UpstreamRequest) (*http.Response, error)
}

// HTTPUpstream is the Upstream for m3ter's API, or something that speaks it.
type HTTPUpstream struct {
	BaseURL string // https://api.m3ter.com
	OrgID   string
	// Token gives an access token; fresh asks for a new one because m3ter
	// refused the last.
	Token  func(ctx context.Context, fresh bool) (string, error)
	Client *http.Client
}

// Do sends r, and once more with a fresh token when m3ter says 403.
func (u HTTPUpstream) Do(ctx context.Context, r UpstreamRequest) (*http.Response, error) {
	resp, err := u.try(ctx, r, false)
	if err == nil && resp.StatusCode == http.StatusForbidden {
		_ = resp.Body.Close()
		resp, err = u.try(ctx, r, true)
	}
	return resp, err
}

func (u HTTPUpstream) try(ctx context.Context, r UpstreamRequest, fresh bool) (*http.Response, error) {
	token, err := u.Token(ctx, fresh)
	if err != nil {
		return nil, fmt.Errorf("get a token from m3ter: %w", err)
	}
	target := strings.TrimSuffix(u.BaseURL, "/") + "/organizations/" + url.PathEscape(u.OrgID) + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(outbound.Limit(ctx, maxUpstream), r.Method, target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("ask m3ter: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := outbound.Client(u.Client).Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask m3ter: %w", err)
	}
	return resp, nil
}

var errNoUpstream = &apiError{status: http.StatusNotFound,
	message: "accounts and Bills are m3ter's: connect the source first ('billferry source connect'), then they are read through from there"}

// upstreamRoutes is what is passed through, so that one base URL serves an SDK.
// Reads of accounts, Bills and what makes them, and of changes only the
// approval of Bills.
func (s *Server) upstreamRoutes() []route {
	var out []route
	add := func(method string, scope Scope, paths ...string) {
		for _, p := range paths {
			out = append(out, route{method: method, path: org + p, scope: scope, handle: s.passThrough})
		}
	}
	add(http.MethodGet, ScopeRead,
		"/accounts", "/accounts/{rest...}", "/bills", "/bills/{rest...}", "/lineitems",
		"/billjobs", "/billjobs/{id}", "/billconfig", "/organizationconfig")
	add(http.MethodPost, ScopeWrite, "/bills/approve")
	add(http.MethodPut, ScopeWrite, "/bills/{id}/status", "/bills/{id}/lock")
	return out
}

// plainPath tells whether no server can read an escaped path as one that goes
// up: neither as it is, nor with %2F or %5C taken for a slash, nor unescaped
// once more.
func plainPath(escaped string) bool {
	for range 3 {
		for part := range strings.FieldsFuncSeq(escaped, func(r rune) bool { return r == '/' || r == '\\' }) {
			if part == "." || part == ".." {
				return false
			}
		}
		next, err := url.PathUnescape(escaped)
		if err != nil {
			return false
		}
		escaped = next
	}
	return true
}

func (s *Server) passThrough(w http.ResponseWriter, r *http.Request) error {
	if s.o.Upstream == nil {
		return errNoUpstream
	}
	// ServeMux has matched, so the path begins /organizations/{orgId}/.
	path := "/" + strings.SplitN(r.URL.EscapedPath(), "/", 4)[3]
	if !plainPath(path) {
		return badRequest("the path %q cannot be passed on", r.URL.Path) // it may leave what may be read
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	if len(body) == 0 {
		body = nil
	}
	resp, err := s.o.Upstream.Do(r.Context(), UpstreamRequest{Method: r.Method, Path: path, Query: r.URL.Query(), Body: body})
	if err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if errors.Is(err, integration.ErrNotFound) {
			return errNoUpstream
		}
		// Where m3ter lies from here, and what exactly failed, is for the log alone.
		s.o.Logger.Error("m3ter could not be asked", "method", r.Method, "path", r.URL.Path, "error", err)
		return &apiError{status: http.StatusBadGateway, message: "m3ter cannot be asked now: try again; the log of billferry says why"}
	}
	defer func() { _ = resp.Body.Close() }()
	for _, name := range []string{"Content-Type", "Retry-After", "X-Should-Retry"} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		// One of the two ends is gone, or the answer goes on beyond its bound. The
		// status is sent, so only a broken connection says that this is not all.
		panic(http.ErrAbortHandler)
	}
	return nil
}
