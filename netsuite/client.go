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
	"billferry/internal/outbound"
	"billferry/internal/secret"
)

// Options are what a Client needs from its surroundings. The zero value works.
type Options struct {
	HTTP   *http.Client // made an outbound.Client
	Now    func() time.Time
	Logger *slog.Logger
	// Timeout bounds one call; 0 is 3 minutes. Giving up early only makes the
	// outcome unknown, so it is long.
	Timeout time.Duration
	// Settle is how long a write that got no answer is given to show itself
	// before it is looked up again; 0 is one second.
	Settle time.Duration
	// Late is how long after a request that got no answer an absent document may
	// yet appear; 0 is 15 minutes, as long as NetSuite works on one.
	Late time.Duration
	// Worked says that NetSuite has accepted calls with these credentials
	// before: then a 401 with a fresh token may be a refusal for load, and is no
	// proof against them until it has lasted.
	Worked bool
	// Page is how many rows of a query are read at once; 0 is as many as NetSuite
	// shows. Tests have documents that go over its end.
	Page int
	// Step is told "before P" and "after P" around each HTTP call, P being the
	// purpose of its integration.Exchange; nil, in production, tells nobody.
	// Tests end the process there.
	Step func(name string)
}

// Client is one NetSuite account through one set of credentials. It is safe
// for many goroutines; make one per set and keep it, since it holds the token
// and the look-ups.
type Client struct {
	account  string
	origin   *url.URL
	root     string // origin, as a text
	http     *http.Client
	now      func() time.Time
	log      *slog.Logger
	timeout  time.Duration
	settle   time.Duration
	late     time.Duration
	pageRows int
	step     func(name string)
	tokens   *tokens
	logins   logins
	cache    lookups
	batch    batching
	lacks    leftOut
}

var _ delivery.Destination = (*Client)(nil)

// Credentials are NetSuite's OAuth 2.0 client credentials with a certificate.
type Credentials struct {
	AccountID  string // such as 1234567_SB1
	ClientID   string
	KeyID      string // NetSuite's certificate id
	PrivateKey secret.Value
	RESTURL    string // "" is worked out from the account id
	TokenURL   string
}

// CredentialsOf reads what the Connect form took.
func CredentialsOf(c integration.Credentials) Credentials {
	return Credentials{
		AccountID: c.Values.Text(KeyAccount), ClientID: c.Values.Text(KeyClient), KeyID: c.Values.Text(KeyKey),
		PrivateKey: c.Secrets[KeyPrivateKey], RESTURL: c.Values.Text(KeyRESTURL), TokenURL: c.Values.Text(KeyTokenURL),
	}
}

// New makes a client. It does no IO. An error says which credential is wrong.
func New(c Credentials, o Options) (*Client, error) {
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
		account: accountName(c.AccountID),
		origin:  origin, root: origin.String(), http: outbound.Client(o.HTTP), now: o.Now, log: o.Logger, timeout: o.Timeout,
		settle: o.Settle, late: o.Late,
		pageRows: o.Page, step: o.Step,
	}
	client.logins.worked = o.Worked
	client.defaults()
	client.tokens = &tokens{client: client, url: tokenURL, clientID: c.ClientID, keyID: c.KeyID, key: key, pem: c.PrivateKey}
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
	if c.pageRows == 0 {
		c.pageRows = pageSize
	}
	if c.late == 0 {
		c.late = 15 * time.Minute
	}
}

// passing tells the steps before and after a call, if anybody wants to know.
func (c *Client) passing(where, purpose string) {
	if c.step != nil {
		c.step(where + purpose)
	}
}

// accountName is an account id in the one way in which it is told.
func accountName(id string) string { return strings.ToUpper(strings.ReplaceAll(id, "-", "_")) }

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
