package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

func member(t *testing.T, body []byte, name string) string {
	t.Helper()
	var v map[string]json.RawMessage
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return string(v[name])
}

// TestWhatWasSentIsAnswered creates, reads and updates as a provider that
// compares with what it sent.
func TestWhatWasSentIsAnswered(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth, path := "Bearer "+a.token(t, "write"), theirs+"/integrationconfigs"
	const data = `{"netsuiteDefaultItemId":"199","custom":{"n":12345678901234567890,"x":[]}}`
	status, b := a.ask(t, "POST", path, auth,
		`{"entityType":"Bill","destination":"Netsuite","name":"tf","entityId":"e-1","destinationId":"d-1",`+
			`"integrationCredentialsId":"c-1","configData":`+data+`}`)
	if status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	id := object(t, b)["id"].(string)
	same := func(where string, b []byte) {
		t.Helper()
		for name, want := range map[string]string{"configData": data, "entityId": `"e-1"`, "destinationId": `"d-1"`,
			"integrationCredentialsId": `"c-1"`, "sent": ""} {
			if got := member(t, b, name); got != want {
				t.Errorf("%s answers %s %s, want %s", where, name, got, want)
			}
		}
	}
	same("POST", b)
	_, b = a.ask(t, "GET", path+"/"+id, auth, "")
	same("GET", b)
	status, b = a.ask(t, "PUT", path+"/"+id, auth, `{"entityType":"Bill","destination":"Netsuite","version":1}`)
	if status != 200 {
		t.Fatalf("PUT: %d %s", status, b)
	}
	same("PUT of nothing", b)
	for query, want := range map[string]int{"?destinationId=d-1": 1, "?destinationId=other": 0, "": 1} {
		_, b := a.ask(t, "GET", path+query, auth, "")
		if got := len(object(t, b)["data"].([]any)); got != want {
			t.Errorf("list%s: %d, want %d", query, got, want)
		}
	}
	for query, want := range map[string]int{"?entityId=e-1": 200, "?entityId=other": 404} {
		if s, b := a.ask(t, "GET", path+"/entity/Bill"+query, auth, ""); s != want {
			t.Errorf("entity%s: %d %s, want %d", query, s, b, want)
		}
	}
	_, b = a.ask(t, "GET", path+"/"+id+"?defaults=true", auth, "")
	if got := member(t, b, "configData"); got == data || !strings.Contains(got, "12345678901234567890") {
		t.Errorf("defaults=true: %s", got)
	}

	// A person changes a setting at a screen: that one is shown, and nothing else.
	d, err := a.fake.Integration(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	form, _ := a.fake.Catalog().Form("Bill", "Netsuite")
	changed := d.Integration
	changed.ConfigData = form.Fill(changed.ConfigData)
	changed.ConfigData.Set("netsuiteDefaultItemId", "200")
	if _, err := a.fake.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	_, b = a.ask(t, "GET", path+"/"+id, auth, "")
	if got := member(t, b, "configData"); got != `{"custom":{"n":12345678901234567890,"x":[]},"netsuiteDefaultItemId":"200"}` {
		t.Errorf("after a change elsewhere: %s", got)
	}
}

// TestNothingSentShowsNoDefaults: an integration made at a screen has every
// setting; m3ter's surface shows those that are not the default.
func TestNothingSentShowsNoDefaults(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	form, _ := a.fake.Catalog().Form("Bill", "Netsuite")
	in := a.fake.AddIntegration(integration.Integration{EntityType: "Bill", Destination: "Netsuite", Name: "x",
		ConfigData: form.Fill(spec.Values{"netsuiteDefaultItemId": "199"})})
	_, b := a.ask(t, "GET", theirs+"/integrationconfigs/"+in.ID, "Bearer "+a.token(t, "read"), "")
	if got := member(t, b, "configData"); got != `{"netsuiteDefaultItemId":"199"}` {
		t.Errorf("configData %s", got)
	}
	if got := member(t, b, "entityId"); got != "" {
		t.Errorf("entityId %s, which nobody set", got)
	}
}

func TestNameIsOptional(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth, path := "Bearer "+a.token(t, "write"), theirs+"/integrationconfigs"
	for _, want := range []string{"Bill to Netsuite", "Bill to Netsuite 2", "Bill to Netsuite 3"} {
		s, b := a.ask(t, "POST", path, auth, `{"entityType":"Bill","destination":"Netsuite"}`)
		if s != 200 || object(t, b)["name"] != want {
			t.Fatalf("%d %s, want the name %q", s, b, want)
		}
	}
	if s, b := a.ask(t, "POST", path, auth, `{"entityType":"Bil","destination":"Netsuite"}`); s != 400 {
		t.Errorf("an unknown type without a name: %d %s", s, b)
	}
}

// TestDtActionedIsAbsent: strict clients take no null for a date.
func TestDtActionedIsAbsent(t *testing.T) {
	t.Parallel()
	a, ids := seeded(t)
	auth := "Bearer " + a.token(t, "write")
	_, b := a.ask(t, "GET", theirs+"/events/"+ids["event"], auth, "")
	if got := member(t, b, "dtActioned"); got != "" {
		t.Errorf("dtActioned %s", got)
	}
	if _, err := a.fake.ActionEvent(t.Context(), ids["event"], true); err != nil {
		t.Fatal(err)
	}
	_, b = a.ask(t, "GET", theirs+"/events/"+ids["event"], auth, "")
	if got := member(t, b, "dtActioned"); !strings.HasPrefix(got, `"20`) {
		t.Errorf("dtActioned %s of an event that was actioned", got)
	}
}

// TestUnreachableM3ter: reads may be repeated, changes not, and nobody outside
// learns where m3ter lies.
func TestUnreachableM3ter(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	a := newAPI(t, api.Options{Upstream: api.HTTPUpstream{BaseURL: down.URL, OrgID: "o", Client: http.DefaultClient,
		Token: func(context.Context, bool) (string, error) { return "t", nil }}})
	auth := "Bearer " + a.token(t, "write")
	for _, c := range []struct{ method, path, retry string }{{"GET", "/accounts", ""}, {"GET", "/bills/x", ""},
		{"POST", "/bills/approve", "false"}} {
		resp := a.send(t, c.method, theirs+c.path, auth, "application/json", "")
		var b bytes.Buffer
		_, _ = b.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 502 || resp.Header.Get("X-Should-Retry") != c.retry {
			t.Errorf("%s %s: %d, x-should-retry %q, want %q", c.method, c.path, resp.StatusCode, resp.Header.Get("X-Should-Retry"), c.retry)
		}
		if strings.Contains(b.String(), strings.TrimPrefix(down.URL, "http://")) || strings.Contains(b.String(), "127.0.0.1") {
			t.Errorf("%s %s tells the inner address: %s", c.method, c.path, b.String())
		}
	}
}

// TestTokensOutliveTheProcess: two servers one after the other with one key.
func TestTokensOutliveTheProcess(t *testing.T) {
	t.Parallel()
	key := func(b byte) api.Options {
		return api.Options{TokenKey: func(context.Context) ([]byte, error) { return bytes.Repeat([]byte{b}, 32), nil }}
	}
	before, after, foreign := newAPI(t, key(1)), newAPI(t, key(1)), newAPI(t, key(2))
	auth, path := "Bearer "+before.token(t, "read"), theirs+"/events"
	if s, b := after.ask(t, "GET", path, auth, ""); s != 200 {
		t.Errorf("after a restart: %d %s", s, b)
	}
	if s, _ := foreign.ask(t, "GET", path, auth, ""); s != 403 {
		t.Errorf("with another key: %d", s)
	}
	if err := after.ring.DeleteKey(t.Context(), after.ids["read"]); err != nil {
		t.Fatal(err)
	}
	if s, _ := after.ask(t, "GET", path, auth, ""); s != 403 {
		t.Errorf("of a revoked key: %d", s)
	}
	broken := newAPI(t, api.Options{TokenKey: func(context.Context) ([]byte, error) { return nil, fmt.Errorf("sealed with another key") }})
	if s, _ := broken.ask(t, "GET", path, auth, ""); s != 500 {
		t.Errorf("with a key that cannot be read: %d", s)
	}
}
