package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// ErrUnavailable says that no server answers: the process that has the store
// has ended, or never listened.
var ErrUnavailable = errors.New("the billferry that has the store does not answer")

// Client is a service.Service that another process carries out.
type Client struct {
	http    *http.Client
	base    string // scheme and host
	where   string // for messages
	catalog spec.Catalog
	backoff func(try int) time.Duration
}

var _ service.Service = (*Client)(nil)

// Dial makes a client of the server on a unix socket; it connects when it is
// first used. The catalog is the caller's own: the checks in it are code and
// cannot travel, and both processes are the same program.
func Dial(socket string, catalog spec.Catalog) *Client {
	return newClient("http://billferry", socket, catalog, &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dialOwn(ctx, socket) },
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true,
	})
}

func newClient(base, where string, catalog spec.Catalog, t http.RoundTripper) *Client {
	h := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // what we send is for this server alone
	}}
	return &Client{http: h, base: base, where: where, catalog: catalog, backoff: pause}
}

// pause grows from 100 ms to 5 s.
func pause(try int) time.Duration { return min(5*time.Second, 100*time.Millisecond<<min(try, 10)) }

// Close lets idle connections go. The client can be used again.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// raw is a body that is JSON already, or is meant to be checked over there.
type raw []byte

// do sends one request; the caller closes the body. A refusal is an *Error.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, in any) (*http.Response, error) {
	var body io.Reader
	switch v := in.(type) {
	case nil:
	case raw:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	u := c.base + strings.Replace(own, "{orgId}", anyOrg, 1) + path
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.lost(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, refusal(resp, method+" "+path, c.where)
}

// refusal reads the error that a server answered.
func refusal(resp *http.Response, call, where string) error {
	var w wireError
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil || json.Unmarshal(b, &w) != nil || w.Message == "" {
		w.Message = fmt.Sprintf("%s: the server on %s answered %s", call, where, resp.Status)
	}
	return fromWire(resp.StatusCode, w)
}

// lost tells the caller's own deadline from a server that is gone.
func (c *Client) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the URL, which says nothing on a socket
	}
	if refused := new(Error); errors.As(err, &refused) {
		return refused // of the token that the call needs
	}
	return fmt.Errorf("%w on %s: %w; start billferry again", ErrUnavailable, c.where, err)
}

// maxAnswer bounds an answer of a server; one with 200,000 mappings has 60 MB.
const maxAnswer = 256 << 20

// call sends a request of a route that is not in the table and reads its answer.
func call[T any](ctx context.Context, c *Client, method, path string, q url.Values, in any) (T, error) {
	resp, err := c.do(ctx, method, path, q, in)
	if err != nil {
		return *new(T), err
	}
	return answerOf[T](ctx, c, resp)
}

// answerOf reads an answer and lets its connection be used again.
func answerOf[T any](ctx context.Context, c *Client, resp *http.Response) (T, error) {
	var out T
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&out); err != nil {
		return out, c.lost(ctx, fmt.Errorf("read the answer: %w", err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	return out, nil
}

// at builds a path around an id from outside.
func at(prefix, id string, suffix ...string) string {
	return prefix + "/" + segment(id) + strings.Join(suffix, "")
}

// segment is an id as a part of a path.
func segment(id string) string {
	id = url.PathEscape(id)
	if strings.Trim(id, ".") == "" {
		id = strings.ReplaceAll(id, ".", "%2E") // or it would be cleaned away
	}
	return id
}

// known refuses an id that no path can hold.
func known(kind, id string) error {
	if id == "" {
		return fmt.Errorf("%s without an id: %w", kind, integration.ErrNotFound)
	}
	return nil
}
