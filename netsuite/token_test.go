package netsuite

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/secret"
)

// clock is a time that a test turns forward.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time      { return time.Unix(0, c.ns.Load()) }
func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }

func (f *fake) get(c *Client) error {
	_, err := c.do(f.t.Context(), call{method: http.MethodGet, path: recordPath + "/metadata-catalog"})
	return err
}

func TestTokenIsSharedAndRenewedEarly(t *testing.T) {
	t.Parallel()
	for life, early := range map[int]time.Duration{3600: 5 * time.Minute, 6: time.Second} {
		f, ck := newFake(t), newClock()
		f.life, f.now = life, ck.now
		c := f.client(func(o *Options) { o.Now = ck.now })
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := f.get(c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if f.issued != 1 {
			t.Fatalf("%d tokens for ten callers at once", f.issued)
		}
		ck.add(time.Duration(life)*time.Second - early - time.Millisecond)
		if err := f.get(c); err != nil || f.issued != 1 {
			t.Fatal("renewed too early", f.issued, err)
		}
		ck.add(2 * time.Millisecond)
		if err := f.get(c); err != nil || f.issued != 2 {
			t.Fatal("not renewed in time", f.issued, err)
		}
	}
}

// A renewal that fails while the old token lives costs nothing.
func TestFailedRenewalKeepsTheOldToken(t *testing.T) {
	t.Parallel()
	f, ck := newFake(t), newClock()
	c := f.client(func(o *Options) { o.Now = ck.now })
	if err := f.get(c); err != nil {
		t.Fatal(err)
	}
	ck.add(56 * time.Minute)
	f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true })
	if err := f.get(c); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	if err := f.get(c); err != nil {
		t.Fatal(err)
	}
	f.tokens["access-token-1"] = false // revoked
	if err := f.get(c); err != nil || f.issued != 2 {
		t.Fatal(err, f.issued)
	}
}

func TestTokenErrorsAndTheClock(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		status int
		body   string
		class  integration.Class
		cause  string
	}{
		{400, `{"error":"invalid_client","error_description":"invalid_client"}`, integration.ClassAuth, "token_invalid_client"},
		{401, `{"error":"invalid_client"}`, integration.ClassAuth, "token_invalid_client"},
		{400, `{"error":"invalid_grant"}`, integration.ClassAuth, "token_invalid_grant"},
		{400, `{"error":"invalid_scope"}`, integration.ClassAuth, "token_invalid_scope"},
		{400, `{"error":"unauthorized_client"}`, integration.ClassAuth, "token_unauthorized_client"},
		{400, `{"error":"unsupported_grant_type"}`, integration.ClassAuth, "token_unsupported_grant"},
		{400, `{"error":"invalid_request"}`, integration.ClassAuth, "token_invalid_request"},
		{429, `{`, integration.ClassLoad, "concurrency_limit"},
		{400, `{"o:errorDetails":[{"o:errorCode":"CONCURRENCY_LIMIT_EXCEEDED"}]}`, integration.ClassLoad, "concurrency_limit"},
		{500, `{"error":"server_error"}`, integration.ClassTransient, "token_server_error"},
		{502, `<html>bad gateway`, integration.ClassTransient, "token_server_error"},
		{404, ``, integration.ClassAuth, "token_refused"},
		{200, `<html>please log in</html>`, integration.ClassTransient, "token_answer_unreadable"},
		{200, `{"access_token":"x","token_type":"MAC","expires_in":60}`, integration.ClassTransient, "token_answer_unreadable"},
		{200, `{"access_token":"x","token_type":"bearer"}`, integration.ClassTransient, "token_answer_unreadable"},
	} {
		f := newFake(t)
		f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(r.status)
			_, _ = io.WriteString(w, r.body)
			return true
		})
		failure(t, f.get(f.client()), r.class, r.cause)
	}
	for skew, words := range map[time.Duration]string{7 * time.Minute: "ahead of", -7 * time.Minute: "behind"} {
		f := newFake(t)
		f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":"invalid_request"}`)
			return true
		})
		err := f.get(f.client(func(o *Options) { o.Now = func() time.Time { return time.Now().Add(skew) } }))
		if got := failure(t, err, integration.ClassAuth, "clock_skew"); !strings.Contains(got.Message, words) {
			t.Error(got.Message)
		}
	}
}

// Every algorithm of a key that keygen makes: each assertion is what section 1.4
// wants. PS384 and PS512 are those of TestKeysBoundToPSSDeliver.
func TestAssertion(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	now := time.Now()
	for _, alg := range []string{"ES256", "ES384", "ES512", "PS256"} {
		key := secret.New(pkcs8(rsaTest(t, 3072)))
		if alg != "PS256" {
			var err error
			if key, _, err = GenerateKey(alg, 1, "x", now); err != nil {
				t.Fatal(err)
			}
		}
		c, err := New(Credentials{AccountID: "1", ClientID: "me", KeyID: "kid", PrivateKey: key, RESTURL: f.URL}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.tokens.assertion(now)
		if err != nil {
			t.Fatal(err)
		}
		claims := jwt.MapClaims{}
		tok, err := jwt.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return c.tokens.key.key.Public(), nil },
			jwt.WithValidMethods([]string{alg}), jwt.WithAudience(f.URL+tokenPath), jwt.WithIssuer("me"), jwt.WithIssuedAt())
		if err != nil || tok.Header["kid"] != "kid" || tok.Header["typ"] != "JWT" || fmt.Sprint(claims["scope"]) != "[rest_webservices]" {
			t.Error(alg, err, tok.Header, claims)
		}
		iat, _ := claims.GetIssuedAt()
		exp, _ := claims.GetExpirationTime()
		if d := exp.Sub(iat.Time); d >= time.Hour || iat.After(now) {
			t.Error(alg, d, iat)
		}
	}
}

// Nothing secret reaches a run, and a cookie never reaches NetSuite.
func TestExchangesHoldNoSecret(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	jar, _ := cookiejar.New(nil)
	c := f.client(func(o *Options) { o.HTTP = &http.Client{Jar: jar} })
	f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
		http.SetCookie(w, &http.Cookie{Name: "JSESSIONID", Value: "cookie-secret", Path: "/"})
		return false
	})
	var all []integration.Exchange
	big := strings.Repeat("x", keepMax)
	d := doc()
	d.Memo = big
	if _, err := c.Deliver(t.Context(), encode(d), delivery.Before{}, func(x integration.Exchange) { all = append(all, x) }); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", all)
	var purposes []string
	for _, x := range all {
		purposes = append(purposes, x.Purpose)
		text += string(x.ReqBody) + string(x.RespBody)
		if len(x.ReqBody) > keepMax || len(x.RespBody) > keepMax {
			t.Error("a body was not cut")
		}
		if x.Duration <= 0 || x.Start.IsZero() || x.Status == 0 {
			t.Errorf("%+v", x)
		}
	}
	for _, s := range []string{"access-token-1", "Bearer access", "eyJ", "cookie-secret", "PRIVATE KEY"} {
		if strings.Contains(text, s) {
			t.Errorf("%q is in what a run keeps", s)
		}
	}
	if got := strings.Join(purposes, ", "); got != "token, create" {
		t.Error(got)
	}
	if create := all[1]; !create.Cut || create.RespHead["Location"] == "" || create.ReqHead["Content-Type"] != "application/json" {
		t.Errorf("cut %v, %v %v", create.Cut, create.ReqHead, create.RespHead)
	}
}
