package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/sandbox"
)

var clock = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// caller speaks to both simulators as a client would: over HTTP.
type caller struct {
	t     testing.TB
	box   *sandbox.Sandbox
	cred  sandbox.Credentials
	http  *http.Client
	ns    string // bearer tokens
	m3ter string
}

func start(t testing.TB, o sandbox.Options) *caller {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return clock }
	}
	box, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	c := &caller{t: t, box: box, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}}
	t.Cleanup(c.http.CloseIdleConnections)
	if c.cred, err = box.Credentials(); err != nil {
		t.Fatal(err)
	}
	return c
}

type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// at reads a value by its path: "item.items.0.amount".
func (a answer) at(path string) any {
	var v any
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	for _, key := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	if v := a.at(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

func (a answer) detail() string { return a.text("o:errorDetails.0.detail") }

func (a answer) code() string { return a.text("o:errorDetails.0.o:errorCode") }

// id is the last segment of Location.
func (a answer) id() string {
	loc := a.header.Get("Location")
	return loc[strings.LastIndexByte(loc, '/')+1:]
}

func (c *caller) send(method, address, body string, header ...string) answer {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b, err}
}

func (c *caller) claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": c.cred.ClientID, "scope": []string{"rest_webservices"}, "aud": c.box.TokenURL(),
		"iat": clock.Add(-30 * time.Second).Unix(), "exp": clock.Add(20 * time.Minute).Unix(),
	}
}

func (c *caller) assertion(method jwt.SigningMethod, kid string, claims jwt.MapClaims) string {
	c.t.Helper()
	key, err := jwt.ParseECPrivateKeyFromPEM([]byte(c.cred.PrivateKey.Reveal()))
	if err != nil {
		c.t.Fatal(err)
	}
	tok := jwt.NewWithClaims(method, claims)
	tok.Header["kid"] = kid
	text, err := tok.SignedString(key)
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

func (c *caller) tokenRequest(assertion string) answer {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
	return c.send("POST", c.box.TokenURL(), form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (c *caller) login() *caller {
	c.t.Helper()
	a := c.tokenRequest(c.assertion(jwt.SigningMethodES256, c.cred.KeyID, c.claims()))
	if a.status != 200 || a.text("token_type") != "Bearer" {
		c.t.Fatalf("token: %d %s %v", a.status, a.body, a.err)
	}
	c.ns = a.text("access_token")
	return c
}

// call is a request to the NetSuite simulator.
func (c *caller) call(method, path, body string, header ...string) answer {
	return c.send(method, c.box.NetSuiteURL()+"/services/rest"+path, body, append(header, "Authorization", "Bearer "+c.ns)...)
}

func (c *caller) post(body string) answer { return c.call("POST", "/record/v1/invoice", body) }

func (c *caller) get(id string) answer {
	return c.call("GET", "/record/v1/invoice/"+id+"?expandSubResources=true", "")
}

// meter is a request to the m3ter simulator.
func (c *caller) meter(method, path, body string) answer {
	c.t.Helper()
	if c.m3ter == "" {
		src := c.box.Source()
		req, err := http.NewRequest("POST", src.BaseURL+"/oauth/token", strings.NewReader(`{"grant_type":"client_credentials"}`))
		if err != nil {
			c.t.Fatal(err)
		}
		req.SetBasicAuth(src.AccessKey, src.APISecret.Reveal())
		req.Header.Set("Content-Type", "application/json")
		res, err := c.http.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if c.m3ter = (answer{body: b}).text("access_token"); c.m3ter == "" {
			c.t.Fatalf("m3ter token: %d %s %v", res.StatusCode, b, err)
		}
	}
	return c.send(method, c.box.M3terURL()+"/organizations/"+c.box.OrgID()+path, body, "Authorization", "Bearer "+c.m3ter)
}

// expect fails unless the answer has the status, and the text in its body.
func (a answer) expect(t *testing.T, status int, text string) answer {
	t.Helper()
	if a.err != nil || a.status != status || !bytes.Contains(a.body, []byte(text)) {
		t.Fatalf("got %d %s %v, want %d with %q", a.status, a.body, a.err, status, text)
	}
	return a
}

// invoice is a body for the first customer, who pays in dollars.
func invoice(ext, amount string) string {
	return fmt.Sprintf(`{"externalId":%q,"entity":{"id":"601"},"tranDate":"2026-11-01","item":{"items":[{"item":{"id":"101"},"amount":%s,`+
		`"price":{"id":"-1"}}]}}`, ext, amount)
}
