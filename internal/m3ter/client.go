package m3ter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"billferry/internal/flight"
	"billferry/internal/integration"
	"billferry/internal/outbound"
)

const (
	// DefaultURL is m3ter's API.
	DefaultURL = "https://api.m3ter.com"
	// DefaultRate is how many requests are sent in a second, at most.
	DefaultRate = 10

	maxBody    = 32 << 20 // bytes; a Bill of 10,000 lines fits
	maxTries   = 5        // of one request
	callTime   = time.Minute
	longestNap = time.Minute
)

// Options are what a Client works with; the zero value will do.
type Options struct {
	HTTP   *http.Client     // made an outbound.Client
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
	Rate   int              // requests a second; 0 is DefaultRate
}

// Client speaks to m3ter for one organisation. It is safe for many goroutines.
// Its errors are *integration.Failure; what m3ter does not have wraps
// integration.ErrNotFound.
type Client struct {
	src   integration.Source
	base  string
	http  *http.Client
	now   func() time.Time
	log   *slog.Logger
	limit *rate.Limiter

	renewal flight.Group[token]
	tokenMu sync.Mutex
	token   token

	accounts flight.Cache[integration.Account]
	records  flight.Cache[map[string]string]
	reading  flight.Group[map[string]string]
}

// New makes a client. It does no IO; a base URL that cannot be used is told by
// the first request.
func New(s integration.Source, o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	base := strings.TrimRight(s.BaseURL, "/")
	if base == "" {
		base = DefaultURL
	}
	return &Client{
		src: s, base: base, http: outbound.Client(o.HTTP), now: o.Now, log: o.Logger,
		limit: rate.NewLimiter(rate.Limit(o.Rate), 1),
	}
}

// checkBase refuses to send secrets where others can read them.
func (c *Client) checkBase() error {
	u, err := url.Parse(c.base)
	if err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" {
		ip := net.ParseIP(u.Hostname())
		local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
		if u.Scheme == "https" || u.Scheme == "http" && local {
			return nil
		}
	}
	return &integration.Failure{
		Class: integration.ClassData, Cause: "source_url_invalid",
		Message: fmt.Sprintf("m3ter's base URL %q cannot be used", c.base),
		Advice:  "give an https address such as " + DefaultURL + " (http only on this machine)",
	}
}

// get reads path below the organisation into out.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	body, err := c.raw(ctx, path, query)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return &integration.Failure{
			Class: integration.ClassTransient, Cause: "source_garbled", Err: err,
			Message: fmt.Sprintf("m3ter answered %s with something that is not the JSON expected: %v", path, err),
			Advice:  "it is asked again by itself; if it stays, a proxy may stand between",
		}
	}
	return nil
}

// raw reads the body of path below the organisation. Reading changes nothing,
// so what may pass by itself is tried again.
func (c *Client) raw(ctx context.Context, path string, query url.Values) ([]byte, error) {
	if err := c.checkBase(); err != nil {
		return nil, err
	}
	address := c.base + "/organizations/" + url.PathEscape(c.src.OrgID) + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	renewed := false
	for try := 1; ; try++ {
		tok, err := c.bearer(ctx)
		if err != nil {
			return nil, err
		}
		body, err := c.once(ctx, address, tok)
		var f *integration.Failure
		if !errors.As(err, &f) {
			return body, err
		}
		switch {
		case f.Class == integration.ClassAuth && !renewed:
			renewed = true // 403 is also what an expired token gets
			c.dropToken(tok)
			continue
		case f.Class != integration.ClassLoad && f.Class != integration.ClassTransient, try >= maxTries:
			return nil, err
		}
		nap := max(f.After, min(500*time.Millisecond<<try, longestNap))
		c.log.Debug("m3ter is asked again", "path", path, "try", try, "wait", nap, "error", err)
		if err := sleep(ctx, min(nap, longestNap)); err != nil {
			return nil, err
		}
	}
}

// once sends one request, at the pace.
func (c *Client) once(ctx context.Context, address, tok string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	req.Header.Set("Accept", "application/json")
	status, head, body, err := c.send(req, maxBody)
	if err != nil {
		return nil, err
	}
	if status == http.StatusOK {
		return body, nil
	}
	return nil, refusal(status, head, body, c.now())
}

// send waits for its turn and does one exchange, with an answer of at most
// limit bytes.
func (c *Client) send(req *http.Request, limit int64) (status int, head http.Header, body []byte, err error) {
	if err := c.limit.Wait(req.Context()); err != nil {
		return 0, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(outbound.Limit(req.Context(), limit), callTime)
	defer cancel()
	res, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, nil, unreachable(req, err)
	}
	body, err = outbound.ReadAll(res)
	if errors.Is(err, outbound.ErrTooLarge) {
		return 0, nil, nil, &integration.Failure{
			Class: integration.ClassRefused, Cause: "source_too_large",
			Message: fmt.Sprintf("m3ter's answer to %s is larger than %d KiB", req.URL.Path, limit>>10),
			Advice:  "check the base URL: a proxy may stand between; if none does, report it with the path",
		}
	}
	if err != nil {
		return 0, nil, nil, unreachable(req, err)
	}
	return res.StatusCode, res.Header, body, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// retryAfter reads Retry-After: seconds or a date; 0 when absent, an hour at most.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(min(n, 3600)) * time.Second // an hour at most, and no overflow
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, at.Sub(now)), time.Hour)
	}
	return 0
}
