package m3ter_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/secret"
)

type roundTrip func(*http.Request) (int, string)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"9223372036854775807"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// A life that overflows a duration must not make every request ask for a token.
func TestATokenThatLivesForEver(t *testing.T) {
	t.Parallel()
	tokens := 0
	c := m3ter.New(integration.Source{OrgID: "o", AccessKey: "k", APISecret: secret.New("s")},
		m3ter.Options{Rate: fast, HTTP: &http.Client{Transport: roundTrip(
			func(r *http.Request) (int, string) {
				if r.URL.Path == "/oauth/token" {
					tokens++
					return 200, `{"access_token":"t","expires_in":9223372036854775807}`
				}
				return 200, `{"data":[]}`
			})}})
	for range 3 {
		if _, _, err := c.Accounts(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if tokens != 1 {
		t.Errorf("%d tokens for 3 requests", tokens)
	}
}

// Hours of m3ter being down, or a Retry-After of centuries: a call gives up in
// minutes after a handful of requests, and says how long to wait at most.
func TestDownForHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := m3ter.New(integration.Source{OrgID: "o", AccessKey: "k", APISecret: secret.New("s")},
			m3ter.Options{HTTP: &http.Client{Transport: roundTrip(
				func(*http.Request) (int, string) { asked++; return 503, strings.Repeat("x", 1<<20) })}})
		began := time.Now()
		_, err := c.Account(t.Context(), "a")
		f := new(integration.Failure)
		if !errors.As(err, &f) || f.After != time.Hour || len(err.Error()) > 1000 {
			t.Errorf("%.200v", err)
		}
		if took := time.Since(began); asked > 5 || took > 10*time.Minute {
			t.Errorf("%d requests in %s", asked, took)
		}
	})
}
