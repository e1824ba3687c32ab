package netsuite

import (
	"net/http"
	"net/url"
	"testing"

	"billferry/internal/integration"
)

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
	_, err := f.client().do(t.Context(), call{purpose: "look up", method: http.MethodGet, path: recordPath + "/customer/eid:" +
		url.PathEscape("a/b c|é?"),
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
