package netsuite

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"billferry/internal/integration"
)

// A proxy may show the request that it got. Tokens come in many forms, and the
// piece of one that is searched for first may lie anywhere in it.
func TestEchoedSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"tok-1", "eyJraWQiOiJjLjE.eyJzdWIi.aB-_9", strings.Repeat("e", 900), strings.Repeat("e", 900) + "Z", "Z", "JJJJ" + strings.Repeat("\"e", 40),
	} {
		page := "<h1>Bad Gateway</h1>Authorization: Bearer "
		a := answer{body: []byte(page + secret + "; again " + secret), head: http.Header{"X-Echo": {"a", "Bearer " + secret}}}
		a.hide(secret)
		if want := page + removed + "; again " + removed; string(a.body) != want {
			t.Errorf("%.40q: %s", secret, a.body)
		}
		if got := a.head["X-Echo"]; got[0] != "a" || got[1] != "Bearer "+removed {
			t.Errorf("%.40q: %q", secret, got)
		}
	}
	part := answer{body: []byte("only ZQX9 of it")} // a piece of it in common is no secret
	if part.hide("abcZQX9"); string(part.body) != "only ZQX9 of it" {
		t.Errorf("%s", part.body)
	}
}

// A body is read into a buffer that is made for it, and a length that is not
// believed, or none, costs little until bytes come.
func TestBodiesAreReadWithoutWaste(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 40_000)
	for _, r := range []struct {
		name   string
		length int64 // as the answer tells it
		body   io.Reader
		want   int // bytes
		below  int // what the buffer is
	}{
		{"told", 40_000, bytes.NewReader(body), 40_000, 40_000 + 2<<10},
		{"not told", -1, bytes.NewReader(body), 40_000, 100 << 10},
		{"a lie", 15 << 20, strings.NewReader("{}"), 2, 20 << 10},
		{"wrong by a stand-in", 0, strings.NewReader("{}"), 2, 2 << 10},
		{"none", 0, http.NoBody, 0, 1},
	} {
		rc, ok := r.body.(io.ReadCloser)
		if !ok {
			rc = io.NopCloser(r.body)
		}
		got, err := readAll(&http.Response{ContentLength: r.length, Body: rc})
		if err != nil || len(got) != r.want || cap(got) >= r.below {
			t.Errorf("%s: %d bytes in %d, %v", r.name, len(got), cap(got), err)
		}
	}
}

// What goes out is what the exchange says: the path escaped once, the query as
// it is, the headers by name.
func TestTheExchangeIsTheRequest(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var uri string
	var head http.Header
	f.next("GET /customer", func(w http.ResponseWriter, r *http.Request) bool {
		uri, head = r.RequestURI, r.Header.Clone()
		w.WriteHeader(http.StatusNoContent)
		return true
	})
	const want = recordPath + "/customer/eid:a%2Fb%20c%7C%C3%A9%3F?q=x+IS+%22y%22&limit=5"
	var kept integration.Exchange
	_, err := f.client().do(t.Context(), call{purpose: "look up", method: http.MethodGet, path: recordPath + "/customer/eid:" + url.PathEscape("a/b c|é?"),
		query: "q=x+IS+%22y%22&limit=5", head: transient, rec: func(x integration.Exchange) { kept = x }})
	if err != nil || uri != want || kept.URL != f.URL+want {
		t.Errorf("%v\nsent %s\nkept %s", err, uri, kept.URL)
	}
	for name, value := range kept.ReqHead {
		if head.Get(name) != value {
			t.Errorf("%s: kept %q, sent %q", name, value, head.Get(name))
		}
	}
	if len(kept.ReqHead) != 2 || head.Get("Authorization") == "" || head.Get("Content-Type") != "" {
		t.Errorf("kept %v, sent %v", kept.ReqHead, head)
	}
	for _, names := range [][]string{requestHeaders, answerHeaders} {
		for _, n := range names {
			if n != http.CanonicalHeaderKey(n) {
				t.Errorf("%s would never be found", n)
			}
		}
	}
	for _, h := range []http.Header{strict, transient} {
		for n := range h {
			if n != http.CanonicalHeaderKey(n) {
				t.Errorf("%s would be sent otherwise than by Set", n)
			}
		}
	}
}
