package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"billferry/internal/api"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
)

// FuzzBodies sends any body to every route that reads one: no panic, no 5xx
// (the fake refuses only what a caller got wrong), and JSON in every answer.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{"", "{}", "[]", "null", "{", `{"version":1}`, `{"data":[null,{"id":"b"}]}`,
		`{"entityType":"Bill","destination":"Netsuite","name":"n","configData":{"a":1e999}}`,
		`{"credentials":{"privateKey":"x"},"version":1}`, `{"runIds":["r"]}`, `{"enabled":true}`, `{"privateKey":"[secret]"}`,
		`{"type":"NETSUITE_AUTH","integrationConfigId":"i","privateKey":"k"}`,
		`{"m3terEntity":"A","m3terId":"a","externalSystem":"N","externalTable":"C","externalId":"7","version":-1}`,
		`{"filter":{"minAmount":1.10,"hasMin":true,"since":"2026-01-01T00:00:00Z"},"dryRun":true}`,
		strings.Repeat("[", 20000), "{}{}", "\xff", `{"billId":"x"}`, `{"dir":"x","days":-1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fake := servicetest.New()
		fake.AddIntegration(integration.Integration{ID: "i", Name: "One", Enabled: true})
		fake.Fail("GenerateKey", errors.New("not in a test"))
		fake.Fail("PullMappings", &integration.Failure{Class: integration.ClassData, Message: "not in a test"})
		srv := api.NewServer(fake, api.Options{})
		for _, b := range srv.Bodies() {
			path := strings.NewReplacer("{orgId}", "acme", "{id}", "i").Replace(b[1])
			r := api.Trust(httptest.NewRequest(b[0], path, bytes.NewReader(body)))
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			// Submit of the fake has no class for a Bill that it cannot read.
			if w.Code >= 500 && !strings.Contains(path, "/bills") {
				t.Errorf("%s %s: %d %s", b[0], path, w.Code, w.Body)
			}
			for line := range bytes.Lines(w.Body.Bytes()) {
				if !json.Valid(line) {
					t.Errorf("%s %s: the answer is not JSON: %.200s", b[0], path, line)
				}
			}
		}
	})
}

// FuzzRequestLine sends any path and query: no panic, no 5xx.
func FuzzRequestLine(f *testing.F) {
	for _, seed := range []string{"/organizations/acme/integrationconfigs?pageSize=1&nextToken=MjAyNi0wOC0wMVQxMjowMDowMFog",
		"/organizations/-/billferry/runs?status=error&minAmount=1e3&since=2026-01-01",
		"/organizations/acme/integrationruns/Bill/latest?ids=,", "//organizations/../x", "/organizations/%2e/billferry/info",
		"/organizations/acme/events?ids=a&includeActioned=maybe"} {
		f.Add(seed)
	}
	srv := api.NewServer(servicetest.New(), api.Options{})
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || strings.HasSuffix(u.Path, "/changes") {
			return
		}
		r := api.Trust(httptest.NewRequest("GET", "/", nil))
		r.URL, r.RequestURI = u, target
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	})
}

// TestFilterRoundTrip: any filter comes out of the query as it went in, by parameters
// that the API's description has.
func TestFilterRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, moment := rapid.String(), rapid.Custom(func(t *rapid.T) time.Time {
			return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		})
		want := integration.RunFilter{
			IntegrationID: text.Draw(t, "integration"), BillID: text.Draw(t, "bill"), Account: text.Draw(t, "account"),
			Currency: text.Draw(t, "currency"), Text: text.Draw(t, "text"), Oldest: rapid.Bool().Draw(t, "oldest"),
			Since: moment.Draw(t, "since"), Until: moment.Draw(t, "until"),
			Statuses: rapid.SliceOfN(rapid.SampledFrom(integration.Statuses), 1, 3).Draw(t, "statuses"),
			Outcomes: []integration.Outcome{rapid.SampledFrom([]integration.Outcome{integration.Created, integration.Updated}).Draw(t, "outcome")},
			Proofs:   []integration.Proof{rapid.SampledFrom(integration.Proofs).Draw(t, "proof")},
			Payments: []integration.Payment{rapid.SampledFrom(integration.Payments).Draw(t, "payment")},
			Causes:   rapid.SliceOfN(text, 1, 3).Draw(t, "causes"),
			Period:   text.Draw(t, "period"), DatedBefore: text.Draw(t, "dated before"),
		}
		if want.HasMin = rapid.Bool().Draw(t, "min"); want.HasMin {
			want.MinAmount = decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-20, 20).Draw(t, "exponent"))
		}
		q, err := url.ParseQuery(api.EncodeFilter(want).Encode())
		if err != nil {
			t.Fatal(err)
		}
		for name := range q {
			if !slices.Contains(api.FilterNames(), name) {
				t.Fatalf("the description of the API has no parameter %s", name)
			}
		}
		got, err := api.DecodeFilter(q)
		if err != nil {
			t.Fatal(err)
		}
		if !got.MinAmount.Equal(want.MinAmount) {
			t.Fatalf("amount %s, want %s", got.MinAmount, want.MinAmount)
		}
		got.MinAmount = want.MinAmount // equal, though perhaps written otherwise
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		if !bytes.Equal(g, w) {
			t.Fatalf("got %s, want %s", g, w)
		}
	})
}
