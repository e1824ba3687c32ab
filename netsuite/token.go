package netsuite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"billferry/internal/flight"
	"billferry/internal/integration"
	"billferry/internal/outbound"
	"billferry/internal/secret"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = 30 * time.Minute // NetSuite allows less than 60
	backdate      = time.Minute      // an assertion from the future is refused
	maxToken      = 16 << 10         // bytes of an answer; a token takes 1 KB
	skewToTell    = 90 * time.Second // a clock further off than this is worth a word
)

// tokens holds the current access token and renews it, one request at a time
// whatever the number of callers.
type tokens struct {
	client   *Client
	url      string
	clientID string
	keyID    string
	key      signingKey
	pem      secret.Value // of key

	flights flight.Group[token]

	mu       sync.Mutex
	current  token
	renewing bool // a request is on its way
}

type token struct {
	text    string
	renewAt time.Time
	expires time.Time
	skew    string // in words, if the clock is off; "" when it is right
}

// get returns a token that is good now. refused names one that NetSuite has
// just refused, so that it is not handed out again; another caller may have
// replaced it already, and then nothing is asked.
func (t *tokens) get(ctx context.Context, refused string, rec Recorder) (string, error) {
	for {
		t.mu.Lock()
		if refused != "" && t.current.text == refused {
			t.current = token{}
		}
		cur, now := t.current, t.client.now()
		alive := cur.text != "" && now.Before(cur.expires)
		if alive && (now.Before(cur.renewAt) || t.renewing) {
			t.mu.Unlock()
			return cur.text, nil
		}
		t.mu.Unlock()
		fresh, err := t.flights.Do(ctx, "", func() (token, error) { return t.renew(ctx, cur, rec) })
		switch {
		case err == nil:
			return fresh.text, nil
		case alive:
			return cur.text, nil
		case ctx.Err() != nil:
			return "", noAnswer(ctx.Err(), false)
		case !t.abandoned(err):
			return "", err
		} // a caller that gave up must not fail those who waited for it: they ask themselves
	}
}

func (t *tokens) abandoned(err error) bool {
	f := (*integration.Failure)(nil)
	return errors.As(err, &f) && f.Cause == causeCancelled
}

// renew asks for a token in the place of cur, unless it was replaced just now.
func (t *tokens) renew(ctx context.Context, cur token, rec Recorder) (token, error) {
	t.mu.Lock()
	if has := t.current; has.text != "" && has.text != cur.text {
		t.mu.Unlock()
		return has, nil
	}
	t.renewing = true
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.renewing = false
		t.mu.Unlock()
	}()
	fresh, err := t.request(ctx, rec)
	if err == nil {
		t.keep(fresh)
	}
	return fresh, err
}

// drop forgets a token if it is the current one.
func (t *tokens) drop(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.text == text {
		t.current = token{}
	}
}

// keep makes a token that was asked for apart the current one.
func (t *tokens) keep(fresh token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = fresh
}

// request asks NetSuite for a token.
func (t *tokens) request(ctx context.Context, rec Recorder) (token, error) {
	ctx, cancel := context.WithTimeout(ctx, t.client.timeout)
	defer cancel()
	now := t.client.now()
	assertion, err := t.assertion(now)
	if err != nil {
		return token{}, &integration.Failure{Class: integration.ClassAuth, Cause: "key_unusable", Err: err,
			Message: "the private key could not sign: " + err.Error(), Advice: "connect again with another key"}
	}
	ctx = outbound.With(outbound.Limit(ctx, maxToken), secret.New(assertion), t.pem)
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(form.Encode()))
	if err != nil {
		return token{}, fmt.Errorf("make the token request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	x := exchange{Purpose: "token", Method: http.MethodPost, URL: t.url, ReqHead: pick(req.Header, requestHeaders)}
	form.Set("client_assertion", removed)
	x.body([]byte(form.Encode()))
	ans, err := t.client.roundTrip(req, x, rec)
	if err != nil {
		return token{}, noAnswer(err, false)
	}
	if !ans.ok() {
		return token{}, t.refusal(ans)
	}
	got, err := parseToken(ans.body, t.client.now())
	got.skew = t.skew(ans)
	return got, err
}

// assertion signs the JWT of facts 1.4. The scope is an array, as in Oracle's
// sample; the issue time lies a minute back, for clocks that run ahead.
func (t *tokens) assertion(now time.Time) (string, error) {
	iat := now.Add(-backdate)
	a := jwt.NewWithClaims(t.key.method, jwt.MapClaims{
		"iss": t.clientID, "scope": []string{"rest_webservices"}, "aud": t.url,
		"iat": iat.Unix(), "exp": iat.Add(assertionLife).Unix(), "jti": uuid.NewString(),
	})
	a.Header["kid"] = t.keyID
	return a.SignedString(t.key.key)
}

// parseToken reads the answer. expires_in may be a number or a string.
func parseToken(body []byte, now time.Time) (token, error) {
	var v struct {
		Token   string         `json:"access_token"`
		Type    string         `json:"token_type"`
		Expires jsontext.Value `json:"expires_in"`
	}
	err := json.Unmarshal(body, &v, jsontext.AllowDuplicateNames(true))
	life, e := time.ParseDuration(strings.Trim(string(v.Expires), `" `) + "s")
	if err != nil || v.Token == "" || !strings.EqualFold(v.Type, "bearer") || e != nil || life <= 0 {
		return token{}, &integration.Failure{Class: integration.ClassTransient, Cause: "token_answer_unreadable",
			Message: "the token endpoint answered with something that is not a token",
			Advice:  "check the account id and, if one is set, the token URL: a proxy or a login page may be answering", Err: err}
	}
	// Five minutes early; a token that lives shorter, at five sixths of its life.
	early := min(5*time.Minute, life/6)
	return token{text: v.Token, renewAt: now.Add(life - early), expires: now.Add(life)}, nil
}

// refusal explains an error of the token endpoint, and tells of a wrong clock.
func (t *tokens) refusal(a answer) error {
	f := classifyToken(a)
	skew := t.skew(a)
	if f.Class == integration.ClassAuth && skew != "" {
		f.Cause = "clock_skew"
		f.Message += "; " + skew
		f.Advice = "set this machine's clock (NTP), then try again: NetSuite refuses a login from another time"
	}
	return f
}

// skew compares our clock with the answer's Date.
func (t *tokens) skew(a answer) string {
	there, err := http.ParseTime(a.head.Get("Date"))
	if err != nil {
		return ""
	}
	d := t.client.now().Sub(there).Round(time.Second)
	switch {
	case d > skewToTell:
		return fmt.Sprintf("this machine's clock is %s ahead of NetSuite's", d)
	case d < -skewToTell:
		return fmt.Sprintf("this machine's clock is %s behind NetSuite's", -d)
	}
	return ""
}

// Token returns an access token that is good now, for tools that speak to
// NetSuite themselves: the conformance suite does. Treat it as a secret.
func (c *Client) Token(ctx context.Context) (string, error) { return c.tokens.get(ctx, "", nil) }
