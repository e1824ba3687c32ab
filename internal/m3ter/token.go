package m3ter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

// earliest is how long before its end a token is renewed; a short-lived one
// at 5/6 of its life.
const earliest = 5 * time.Minute

// longestLife is how many seconds of a token's life are believed: more would
// only overflow, and then every request would ask for a token of its own.
const longestLife = 30 * 24 * 3600

// maxToken bounds an answer with a token; one takes 1 KB.
const maxToken = 16 << 10

type token struct {
	value secret.Value
	renew time.Time
}

// bearer gives a token that is good for a while. Many that ask at once wait
// for one request; who gives up waits no longer.
func (c *Client) bearer(ctx context.Context) (string, error) {
	for {
		if t, ok := c.goodToken(); ok {
			return t.value.Reveal(), nil
		}
		t, err := c.renewal.Do(ctx, "", func() (token, error) {
			if t, ok := c.goodToken(); ok { // it was renewed just now
				return t, nil
			}
			t, err := c.fetchToken(ctx)
			if err == nil {
				c.tokenMu.Lock()
				c.token = t
				c.tokenMu.Unlock()
			}
			return t, err
		})
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.Canceled) {
			return t.value.Reveal(), err
		} // the one who asked has given up: ask again
	}
}

func (c *Client) goodToken() (token, bool) {
	c.tokenMu.Lock()
	defer c.tokenMu.Unlock()
	return c.token, !c.token.value.Empty() && c.now().Before(c.token.renew)
}

// dropToken forgets a token that was refused, unless it was replaced already.
func (c *Client) dropToken(refused string) {
	c.tokenMu.Lock()
	defer c.tokenMu.Unlock()
	if c.token.value.Reveal() == refused {
		c.token = token{}
	}
}

func (c *Client) fetchToken(ctx context.Context) (token, error) {
	if err := c.checkBase(); err != nil {
		return token{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/oauth/token",
		strings.NewReader(`{"grant_type":"client_credentials"}`))
	if err != nil {
		return token{}, err
	}
	req.SetBasicAuth(c.src.AccessKey, c.src.APISecret.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	asked := c.now()
	status, head, body, err := c.send(req, maxToken)
	if err != nil {
		return token{}, err
	}
	if status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden {
		return token{}, &integration.Failure{
			Class: integration.ClassAuth, Cause: "source_credentials_refused",
			Message: strings.TrimSuffix("m3ter does not take the access key and API secret: "+message(body), ": "),
			Advice:  "check both in m3ter (Settings, Access, Service Users), then run 'billferry source connect' again",
		}
	}
	if status != http.StatusOK {
		return token{}, refusal(status, head, body, c.now())
	}
	var t struct {
		AccessToken secret.Value `json:"access_token"`
		ExpiresIn   int64        `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(body, &t); err != nil || !usable(t.AccessToken.Reveal()) {
		return token{}, &integration.Failure{
			Class: integration.ClassTransient, Cause: "source_garbled", Err: err,
			Message: "m3ter answered the request for a token with something else",
			Advice:  "check the base URL; a proxy may stand between",
		}
	}
	life := time.Duration(min(max(t.ExpiresIn, 1), longestLife)) * time.Second
	return token{value: t.AccessToken, renew: asked.Add(early(life))}, nil
}

// usable tells whether a token can stand in a header.
func usable(token string) bool {
	return token != "" && strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// early is how much of its life a token is used.
func early(life time.Duration) time.Duration {
	if life > 6*earliest {
		return life - earliest
	}
	return life * 5 / 6
}

// Token gives the access token, for requests that are passed through. fresh
// says that m3ter refused the last one.
func (c *Client) Token(ctx context.Context, fresh bool) (string, error) {
	if fresh {
		c.tokenMu.Lock()
		c.token = token{}
		c.tokenMu.Unlock()
	}
	return c.bearer(ctx)
}
