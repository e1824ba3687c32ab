package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/rsapss/rsapsstest"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
)

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	with := func(name string, v any) jwt.MapClaims {
		m := c.claims()
		m[name] = v
		if v == nil {
			delete(m, name)
		}
		return m
	}
	es256 := func(m jwt.MapClaims) string { return c.assertion(jwt.SigningMethodES256, c.cred.KeyID, m) }
	good := es256(c.claims())
	hs, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c.claims()).SignedString([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	other := start(t, sandbox.Options{})
	for name, tc := range map[string]struct {
		assertion string
		status    int
		code      string
		reason    string
	}{
		"unknown key id":    {c.assertion(jwt.SigningMethodES256, "nobody", c.claims()), 400, "invalid_client", "MissingKey"},
		"no key id":         {c.assertion(jwt.SigningMethodES256, "", c.claims()), 400, "invalid_request", "MissingKeyId"},
		"another's key":     {other.assertion(jwt.SigningMethodES256, c.cred.KeyID, c.claims()), 400, "invalid_client", "InvalidSignature"},
		"client id":         {es256(with("iss", "me")), 400, "invalid_client", "InvalidIssuer"},
		"audience":          {es256(with("aud", "https://evil.example"+suitetalk.TokenPath)), 400, "invalid_grant", "InvalidAudience"},
		"scope":             {es256(with("scope", "restlets")), 400, "invalid_scope", "InvalidScope"},
		"expired":           {es256(with("exp", clock.Add(-time.Second).Unix())), 400, "invalid_grant", "TokenExpired"},
		"issued to come":    {es256(with("iat", clock.Add(2*time.Minute).Unix())), 400, "invalid_grant", "TokenNotAcceptable"},
		"lives too long":    {es256(with("exp", clock.Add(2*time.Hour).Unix())), 400, "invalid_grant", "TokenValidityTooBroad"},
		"no times":          {es256(with("exp", nil)), 400, "invalid_request", "MissingTimes"},
		"not an algorithm":  {hs, 500, "server_error", "UnsupportedAlgo"},
		"not a JWT":         {"abc", 400, "invalid_request", "MalformedAssertion"},
		"signature damaged": {good[:len(good)-4] + "AAAA", 400, "invalid_client", "InvalidSignature"},
	} {
		before := c.box.Stats().TokenRefusals[tc.reason]
		if a := c.tokenRequest(tc.assertion); a.status != tc.status || a.text("error") != tc.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.body, tc.status, tc.code)
		}
		if c.box.Stats().TokenRefusals[tc.reason] != before+1 {
			t.Errorf("%s: the audit trail does not say %s: %v", name, tc.reason, c.box.Stats().TokenRefusals)
		}
	}
	form := url.Values{"grant_type": {"password"}, "client_assertion": {good}}
	c.send("POST", c.box.TokenURL(), form.Encode(), "Content-Type", "application/x-www-form-urlencoded").expect(t, 400,
		"unsupported_grant_type")
	c.send("POST", c.box.TokenURL(), form.Encode(), "Content-Type", "application/json").expect(t, 400, "invalid_request")
	for _, scope := range []any{"rest_webservices", "restlets,rest_webservices", "restlets rest_webservices",
		[]string{"restlets", "rest_webservices"}} {
		c.tokenRequest(es256(with("scope", scope))).expect(t, 200, `"expires_in":3600`)
	}
	c.tokenRequest(es256(with("aud", "https://tstdrv1234567.restlets.api.netsuite.com"+suitetalk.TokenPath))).expect(t, 200, "access_token")
	c.box.NetSuite().Revoke(c.cred.KeyID)
	c.tokenRequest(good).expect(t, 400, "invalid_client")
}

// keyed registers a key of any kind and logs in with it.
func keyed(t *testing.T, c *caller, key any, public any, method jwt.SigningMethod) error {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: clock, NotAfter: clock.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return loggedIn(t, c, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, method)
}

// loggedIn uploads a certificate and logs in with its key.
func loggedIn(t *testing.T, c *caller, cert []byte, key any, method jwt.SigningMethod) error {
	t.Helper()
	id, err := c.box.NetSuite().Register(c.cred.ClientID, cert)
	if err != nil {
		return err
	}
	defer c.box.NetSuite().Revoke(id) // an integration record has room for five
	tok := jwt.NewWithClaims(method, c.claims())
	tok.Header["kid"] = id
	text, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	c.tokenRequest(text).expect(t, 200, "access_token")
	return nil
}

func TestAlgorithmsAndKeys(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for _, tc := range []struct {
		curve  elliptic.Curve
		method jwt.SigningMethod
	}{{elliptic.P256(), jwt.SigningMethodES256}, {elliptic.P384(), jwt.SigningMethodES384}, {elliptic.P521(), jwt.SigningMethodES512}} {
		key, err := ecdsa.GenerateKey(tc.curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := keyed(t, c, key, &key.PublicKey, tc.method); err != nil {
			t.Errorf("%s: %v", tc.method.Alg(), err)
		}
	}
	big, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512} {
		if err := keyed(t, c, big, &big.PublicKey, m); err != nil {
			t.Errorf("%s: %v", m.Alg(), err)
		}
	}
	// Bound to RSASSA-PSS, and one of them to SHA-512: taken alike.
	for _, parameters := range [][]byte{rsapsstest.Unlimited, rsapsstest.Limits(crypto.SHA512, crypto.SHA512, 64)} {
		cert := rsapsstest.Certificate(big, parameters, clock, clock.AddDate(1, 0, 0))
		for _, m := range []jwt.SigningMethod{jwt.SigningMethodPS256, jwt.SigningMethodPS512} {
			if err := loggedIn(t, c, cert, big, m); err != nil {
				t.Errorf("%s, PSS only: %v", m.Alg(), err)
			}
		}
	}
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	bound := rsapsstest.Certificate(small, rsapsstest.Unlimited, clock, clock.AddDate(1, 0, 0))
	if err := loggedIn(t, c, bound, small, jwt.SigningMethodPS256); !errors.Is(err, suitetalk.ErrCertificate) {
		t.Errorf("RSA 2048, PSS only, was taken: %v", err)
	}
	if err := keyed(t, c, small, &small.PublicKey, jwt.SigningMethodPS256); !errors.Is(err, suitetalk.ErrCertificate) {
		t.Errorf("RSA 2048 was taken: %v", err)
	}
}

func TestTokensExpireAndCookiesDoNotHelp(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	now := func() time.Time { return clock.Add(time.Duration(later.Load())) }
	c := start(t, sandbox.Options{Now: now, TokenLife: 5 * time.Second}).login()
	c.get("eid:x").expect(t, 404, "")
	later.Store(int64(5 * time.Second))
	a := c.get("eid:x").expect(t, 401, "INVALID_LOGIN")
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer realm="TSTDRV1234567", error="invalid_token",`+
		` error_description="Invalid login attempt."` {
		t.Errorf("WWW-Authenticate: %s", got)
	}
	c.login()
	c.call("GET", "/record/v1/invoice/eid:x", "", "Cookie", "JSESSIONID=1").expect(t, 401, "INVALID_LOGIN")
	c.box.NetSuite().ExpireTokens()
	c.get("eid:x").expect(t, 401, "INVALID_LOGIN")
	c.send("GET", c.box.NetSuiteURL()+"/services/rest/record/v1/invoice/1", "", "Authorization", "Token x").expect(t, 400, "malformed syntax")
	c.send("OPTIONS", c.box.NetSuiteURL()+"/services/rest/", "").expect(t, 204, "")
}
