package netsuite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"billferry/internal/integration"
	"billferry/internal/outbound"
)

const (
	maxBody = 8 << 20  // of an answer we read; an invoice of 1,000 lines is under 2 MiB
	keepMax = 64 << 10 // of a body that a run keeps
)

// Recorder gets each HTTP exchange, secrets removed; nil records nothing.
type Recorder = func(integration.Exchange)

// call is one request to NetSuite.
type call struct {
	purpose string // in words, for the run: create, look up, read back
	method  string
	path    string // below the origin, already escaped
	query   string // encoded
	body    []byte
	head    http.Header // besides those of every call; names in canonical form
	write   bool        // without an answer nobody knows whether it had its effect
	rec     Recorder
}

// answer is what came back whole.
type answer struct {
	status int
	head   http.Header
	body   []byte
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

// ofJSON is a header value that requests share; a transport changes none.
var ofJSON = []string{"application/json"}

// send makes the request once and reads the whole answer.
func (c *Client) send(ctx context.Context, q call, token string) (answer, error) {
	ctx, cancel := context.WithTimeout(outbound.Limit(ctx, maxBody), c.timeout)
	defer cancel()
	target := c.root + q.path
	if q.query != "" {
		target += "?" + q.query
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, fmt.Errorf("make the request: %w", err)
	}
	req.Header["Accept"] = ofJSON
	if len(q.body) > 0 {
		req.Header["Content-Type"] = ofJSON
	}
	maps.Copy(req.Header, q.head)
	x := exchange{Purpose: q.purpose, Method: q.method, URL: target, ReqHead: pick(req.Header, requestHeaders)}
	x.body(q.body)
	req.Header["Authorization"] = []string{"Bearer " + token}
	ans, err := c.roundTrip(req, x, q.rec)
	if err != nil {
		return answer{}, noAnswer(err, q.write)
	}
	return ans, nil
}

// roundTrip sends req, reads the answer and records the exchange. A body that
// breaks off is an error: what was read proves nothing. What was secret in the
// request is not in what comes back: outbound sees to that.
func (c *Client) roundTrip(req *http.Request, x exchange, rec Recorder) (answer, error) {
	x.Start = c.now()
	began := time.Now()
	var ans answer
	c.passing("before ", x.Purpose)
	resp, err := c.http.Do(req)
	if err == nil {
		ans = answer{status: resp.StatusCode, head: resp.Header}
		ans.body, err = outbound.ReadAll(resp)
		x.answer(ans)
	}
	c.passing("after ", x.Purpose)
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

// bare takes the method and URL off an error of net/http: the exchange has them.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
