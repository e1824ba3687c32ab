package netsuite

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// An error page may show the request it got: a run keeps the page, so neither
// the assertion nor the access token may stay in it.
func TestAnAnswerThatRepeatsASecret(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	echo := func(w http.ResponseWriter, r *http.Request) bool {
		got := r.Header.Get("Authorization") + r.FormValue("client_assertion")
		w.Header().Set("Www-Authenticate", got)
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>your request: "+got+"</html>")
		return true
	}
	f.next("POST /auth", echo)
	c := f.client()
	var all []integration.Exchange
	rec := func(x integration.Exchange) { all = append(all, x) }
	refused := c.Verify(t.Context(), nil)
	f.next("POST /auth", echo)
	if _, err := c.Deliver(t.Context(), encode(doc()), delivery.Before{}, rec); err == nil {
		t.Fatal("delivered without a token")
	}
	f.next("POST /invoice", echo)
	got, err := c.Deliver(t.Context(), encode(doc()), delivery.Before{}, rec)
	if refused == nil || err != nil {
		t.Fatalf("refused %v, then %v", refused, err)
	}
	text := fmt.Sprintf("%v %+v", refused, got)
	repeated := 0
	for _, x := range all {
		text += fmt.Sprintf("%s %+v\n", x.RespBody, x.RespHead)
		repeated += strings.Count(string(x.RespBody), "your request:")
	}
	if repeated != 2 || !strings.Contains(text, "Bearer "+removed) {
		t.Errorf("the pages were not kept: %s", text)
	}
	for _, s := range []string{"eyJ", "access-token-1"} {
		if strings.Contains(text, s) {
			t.Errorf("%q is in what a run keeps: %s", s, text)
		}
	}
}

// A token with an escaped quote in it is taken out whole.
func TestRedactKnowsEscapes(t *testing.T) {
	t.Parallel()
	if got := string(redact([]byte(`{"access_token" : "a\"bc", "x":1}`))); strings.Contains(got, "bc") ||
		!strings.HasSuffix(got, `", "x":1}`) {
		t.Error(got)
	}
}

// Whatever an error answer holds, what a run and a list show of it is short,
// and reading it is quick.
func TestHostileErrorAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A", 1<<20)
	for _, body := range []string{
		strings.Repeat("<script>", 1<<17), // never closed: the square of its length, if all were read
		`{"o:errorDetails":[{"detail":"` + long + `","o:errorCode":"` + long + `","o:errorPath":"` + long + `"}]}`,
		strings.Repeat(`[`, 1<<20),
		long,
	} {
		f := classify(answer{status: 400, head: http.Header{"Retry-After": {"9223372036854775807"}}, body: []byte(body)}, true)
		if len(f.Message) > 1200 || len(f.Cause) > 100 || f.After < 0 || f.After > time.Hour {
			t.Errorf("%.40s: message of %d bytes, cause %.60q, after %s", body, len(f.Message), f.Cause, f.After)
		}
	}
}

// A small answer that unpacks into a huge one is given up at the bound.
func TestGzipBomb(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.next("POST /invoice", func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 2 * maxBody >> 20 {
			if _, err := z.Write(zeros); err != nil {
				return true // the client has had enough
			}
		}
		_ = z.Close()
		return true
	})
	var kept int
	got, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{},
		func(x integration.Exchange) { kept = max(kept, len(x.RespBody)) })
	if err != nil || got.Outcome != integration.Created || kept > keepMax {
		t.Errorf("%+v, %v; kept %d bytes", got, err, kept)
	}
}

// A redirect is an answer that proves nothing, and no reason to take the token
// or an invoice anywhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	f := newFake(t)
	for _, code := range []int{302, 307, 308} {
		f.next("POST /invoice", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL, code)
			return true
		})
	}
	_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil)
	if f := new(integration.Failure); !errors.As(err, &f) || f.Class != integration.ClassTransient {
		t.Errorf("%v", err)
	}
}
