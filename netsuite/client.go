package netsuite

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// Options are what a Client needs from its surroundings. The zero value works.
type Options struct {
	HTTP   *http.Client // no cookie jar: NetSuite takes a cookie for a browser session
	Now    func() time.Time
	Logger *slog.Logger
	// Timeout bounds one call; 0 is 3 minutes. Giving up early only makes the
	// outcome unknown, so it is long.
	Timeout time.Duration
	// Settle is how long a write that got no answer is given to show itself
	// before it is looked up again; 0 is one second.
	Settle time.Duration
	// Worked says that NetSuite has accepted calls with these credentials
	// before: then a 401 with a fresh token may be a refusal for load, and is no
	// proof against them until it has lasted.
	Worked bool
	// Step is told "before P" and "after P" around each HTTP call, P being the
	// purpose of its integration.Exchange; nil, in production, tells nobody.
	// Tests end the process there.
	Step func(name string)
}

// Client is one NetSuite account through one set of credentials. It is safe
// for many goroutines; make one per set and keep it, since it holds the token
// and the look-ups.
type Client struct {
	account string
	origin  *url.URL
	root    string // origin, as a text
	http    *http.Client
	now     func() time.Time
	log     *slog.Logger
	timeout time.Duration
	settle  time.Duration
	step    func(name string)
	tokens  *tokens
	logins  logins
	cache   lookups
}

var _ delivery.Destination = (*Client)(nil)

// New makes a client. It does no IO. An error says which credential is wrong.
func New(c integration.Credentials, o Options) (*Client, error) {
	host, err := Host(c.AccountID)
	if err != nil {
		return nil, fmt.Errorf("external customer id: %w", err)
	}
	raw := c.RESTURL
	if raw == "" {
		raw = "https://" + host
	}
	origin, err := checkOrigin(raw)
	if err != nil {
		return nil, fmt.Errorf("rest url: %w", err)
	}
	tokenURL := c.TokenURL
	if tokenURL == "" {
		tokenURL = origin.String() + tokenPath
	}
	if _, err := checkURL(tokenURL); err != nil {
		return nil, fmt.Errorf("token url: %w", err)
	}
	key, err := parseKey(c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	client := &Client{
		account: strings.ToUpper(strings.ReplaceAll(c.AccountID, "-", "_")),
		origin:  origin, root: origin.String(), http: httpClient(o.HTTP), now: o.Now, log: o.Logger, timeout: o.Timeout, settle: o.Settle, step: o.Step,
	}
	client.logins.worked = o.Worked
	client.defaults()
	client.tokens = &tokens{client: client, url: tokenURL, clientID: c.ClientID, keyID: c.KeyID, key: key}
	return client, nil
}

func (c *Client) defaults() {
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.timeout == 0 {
		c.timeout = 3 * time.Minute
	}
	if c.settle == 0 {
		c.settle = time.Second
	}
}

// passing tells the steps before and after a call, if anybody wants to know.
func (c *Client) passing(where, purpose string) {
	if c.step != nil {
		c.step(where + purpose)
	}
}

// NewTransport makes the transport of all calls: proxies from the environment,
// HTTP/2 where it is offered, and else a kept connection for each slot of the
// largest governor. An invoice and its answer fit into the buffers, where the
// 4 KiB of net/http would take several system calls.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.ReadBufferSize, t.WriteBufferSize = 16<<10, 16<<10
	return t
}

// httpClient copies base without a cookie jar and without following redirects:
// a token must not travel to where an answer points.
func httpClient(base *http.Client) *http.Client {
	h := http.Client{}
	if base != nil {
		h = *base
	}
	if h.Transport == nil {
		h.Transport = NewTransport()
	}
	h.Jar = nil
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// Account names the NetSuite account in one way, whatever the letter case it
// was typed in: all integrations into it share one governor.
func (c *Client) Account() string { return c.account }

// sleep waits unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
