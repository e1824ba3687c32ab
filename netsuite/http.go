package netsuite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"billferry/internal/integration"
)

const (
	maxBody = 16 << 20 // of an answer we read; an invoice of 1,000 lines is under 2 MiB
	keepMax = 64 << 10 // of a body that a run keeps
)

// Recorder gets each HTTP exchange, secrets removed; nil records nothing.
type Recorder = func(integration.Exchange)

// call is one request to NetSuite.
type call struct {
	purpose string // in words, for the run: create, look up, read back
	method  string
	path    string // below the origin, already escaped
	query   url.Values
	body    []byte
	head    map[string]string
	write   bool // without an answer nobody knows whether it had its effect
	rec     Recorder
}

// answer is what came back whole.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

// hide takes a secret out of an answer that repeats it: the error page of a
// proxy may show the request it got, and runs keep answers.
func (a *answer) hide(secret string) {
	if bytes.Contains(a.body, []byte(secret)) {
		a.body = bytes.ReplaceAll(a.body, []byte(secret), []byte(removed))
	}
	for _, values := range a.head {
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, secret, removed)
		}
	}
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// do makes one call with a token. An error is an *integration.Failure. A 401
// is tried once more with a fresh token, since a refused call had no effect;
// but not one that came late: that is a refusal for load, and the second one
// would hang as long as the first.
func (c *Client) do(ctx context.Context, q call) (answer, error) {
	var (
		fresh string
		ans   answer
	)
	for try := range 2 {
		token, err := c.tokens.get(ctx, fresh, q.rec)
		if err != nil {
			return answer{}, err
		}
		began := time.Now()
		if ans, err = c.send(ctx, q, token); err != nil {
			return answer{}, err
		}
		if ans.status != http.StatusUnauthorized {
			// A gateway, or a refusal for load, may not have looked at the token.
			if ans.status < http.StatusInternalServerError && ans.status != http.StatusTooManyRequests {
				c.logins.accepted()
			}
			break
		}
		took := time.Since(began)
		if try == 0 && took < slowRefusal {
			fresh = token
			continue
		}
		c.tokens.drop(token) // should it be the token after all, the next call has another
		return ans, c.refused401(ans, took)
	}
	if ans.ok() {
		return ans, nil
	}
	return ans, classify(ans, q.write)
}

// send makes the request once and reads the whole answer.
func (c *Client) send(ctx context.Context, q call, token string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u := *c.origin
	u.RawPath, u.Path = q.path, q.path
	if p, err := url.PathUnescape(q.path); err == nil {
		u.Path = p
	}
	u.RawQuery = q.query.Encode()
	req, err := http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return answer{}, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if len(q.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range q.head {
		req.Header.Set(k, v)
	}
	x := exchange{Purpose: q.purpose, Method: q.method, URL: u.String(), ReqHead: pick(req.Header, requestHeaders)}
	x.body(q.body)
	req.Header.Set("Authorization", "Bearer "+token)
	ans, err := c.roundTrip(req, x, token, q.rec)
	if err != nil {
		return answer{}, noAnswer(err, q.write)
	}
	return ans, nil
}

// roundTrip sends req, which carries secret, reads the answer and records the
// exchange. A body that breaks off is an error: what was read proves nothing.
func (c *Client) roundTrip(req *http.Request, x exchange, secret string, rec Recorder) (answer, error) {
	x.Start = c.now()
	began := time.Now()
	var ans answer
	c.step("before " + x.Purpose)
	resp, err := c.http.Do(req)
	if err == nil {
		ans = answer{status: resp.StatusCode, head: resp.Header}
		ans.body, err = readAll(resp.Body)
		ans.hide(secret)
		x.answer(ans)
	}
	c.step("after " + x.Purpose)
	x.Duration = time.Since(began)
	if err != nil {
		err = bare(err)
		x.Error = err.Error()
	}
	if rec != nil {
		rec(integration.Exchange(x))
	}
	return ans, err
}

func readAll(body io.ReadCloser) ([]byte, error) {
	defer func() { _ = body.Close() }()
	b, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)
	}
	return b, err
}

// bare takes the method and URL off an error of net/http: the exchange has them.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
