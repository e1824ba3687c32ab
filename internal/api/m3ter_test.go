package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
)

const theirs = "/organizations/acme"

func basicOf(a *door) string {
	return base64.StdEncoding.EncodeToString([]byte(a.ids["read"] + ":" + a.text["read"]))
}

func object(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// TestConfigRoundTrip does what m3ter's Terraform providers do: read, send the
// whole answer back with a change, and lose a race.
func TestConfigRoundTrip(t *testing.T) {
	t.Parallel()
	a, ids := seeded(t)
	auth, path := "Bearer "+a.token(t, "write"), theirs+"/integrationconfigs/"
	path += ids["integration"]
	_, body := a.ask(t, "GET", path, auth, "")
	got := object(t, body)
	if got["status"] != "COMPLETE" || got["entityId"] != nil || got["externalId"] != "48213" || got["dtStarted"] == nil ||
		got["sent"] != nil || got["url"] != "https://x/48213" || got["configData"] == nil || got["destination"] != "Netsuite" {
		t.Errorf("GET is not the superset: %s", body)
	}
	got["configData"].(map[string]any)["unknownToUs"] = map[string]any{"kept": []any{"x"}}
	sent, _ := json.Marshal(got)
	status, body := a.ask(t, "PUT", path, auth, string(sent))
	put := object(t, body)
	if status != 200 || put["version"] != 2.0 || put["enabled"] != true ||
		fmt.Sprint(put["configData"].(map[string]any)["unknownToUs"]) != "map[kept:[x]]" {
		t.Errorf("PUT of the whole: %d %s", status, body)
	}
	resp := a.send(t, "PUT", path, auth, "application/json", string(sent))
	_ = resp.Body.Close()
	if resp.StatusCode != 409 || resp.Header.Get("X-Should-Retry") != "false" {
		t.Errorf("stale version: %d, x-should-retry %q", resp.StatusCode, resp.Header.Get("X-Should-Retry"))
	}
	for name, body := range map[string]string{
		"no version":         `{"entityType":"Bill","destination":"Netsuite"}`,
		"another entity":     `{"entityType":"Notification","destination":"Netsuite","version":2}`,
		"another system":     `{"entityType":"Bill","destination":"Xero","version":2}`,
		"configData a list":  `{"configData":[],"version":2}`,
		"version not whole":  `{"version":"two"}`,
		"a setting at fault": `{"version":2,"configData":{"netsuiteDefaultItemId":"x"}}`,
	} {
		if s, b := a.ask(t, "PUT", path, auth, body); s != 400 || object(t, b)["message"] == "" {
			t.Errorf("%s: %d %s", name, s, b)
		}
	}
}

func TestInlineCredentials(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	files, err := a.fake.GenerateKey(t.Context(), t.TempDir(), "ES256", 1)
	if err != nil {
		t.Fatal(err)
	}
	create := func(name, key string) map[string]any {
		body, _ := json.Marshal(map[string]any{"entityType": "Bill", "destination": "NETSUITE", "name": name,
			"credentials": map[string]any{"type": "NETSUITE_AUTH", "destination": "NETSUITE", "externalCustomerId": "1", "clientId": "c",
				"keyId": "k", "privateKey": key}})
		status, b := a.ask(t, "POST", theirs+"/integrationconfigs", "Bearer "+a.token(t, "admin"), string(body))
		if status != 200 {
			t.Fatalf("%d %s", status, b)
		}
		return object(t, b)
	}
	if good := create("good", readFile(t, files.KeyFile)); good["authorized"] != true || good["integrationCredentialsId"] == nil ||
		good["credentialsError"] != nil {
		t.Errorf("good: %v", good)
	}
	if bad := create("bad", "junk"); bad["authorized"] != false || bad["credentialsError"] == nil || bad["id"] == nil {
		t.Errorf("bad: %v", bad)
	}
	_, b := a.ask(t, "GET", theirs+"/integrationcredentials", "Bearer "+a.token(t, "read"), "")
	if data := object(t, b)["data"].([]any); len(data) != 1 || data[0].(map[string]any)["type"] != "NETSUITE_AUTH" {
		t.Errorf("credentials: %s", b)
	}
}

// TestPaging walks pages while things come and go: nothing twice, nothing lost.
func TestPaging(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth := "Bearer " + a.token(t, "write")
	for i := range 7 {
		a.fake.AddIntegration(integration.Integration{ID: fmt.Sprint(i), Name: fmt.Sprint(i),
			Created: servicetest.Start.Add(time.Duration(i/2) * time.Second)})
	}
	seen, token := "", ""
	for pages := 0; ; pages++ {
		_, b := a.ask(t, "GET", theirs+"/integrationconfigs?pageSize=2&nextToken="+token, auth, "")
		v := object(t, b)
		for _, x := range v["data"].([]any) {
			seen += x.(map[string]any)["id"].(string)
		}
		if token, _ = v["nextToken"].(string); token == "" {
			break
		}
		if pages == 0 { // a new one, and the last that was seen goes away
			a.fake.AddIntegration(integration.Integration{ID: "9", Name: "9", Created: servicetest.Start.Add(time.Hour)})
			a.ask(t, "DELETE", theirs+"/integrationconfigs/"+seen[1:2], auth, "")
		}
	}
	if seen != "6543210" {
		t.Errorf("walked %q, want 6543210", seen)
	}
	for _, q := range []string{"pageSize=0", "pageSize=201", "pageSize=x", "nextToken=bogus!", "nextToken=Ym9ndXM"} {
		if s, b := a.ask(t, "GET", theirs+"/integrationconfigs?"+q, auth, ""); s != 400 {
			t.Errorf("%s: %d %s", q, s, b)
		}
	}
}

func TestRunRoutes(t *testing.T) {
	t.Parallel()
	a, ids := seeded(t)
	auth := "Bearer " + a.token(t, "read")
	_, b := a.ask(t, "GET", theirs+"/integrationruns/logs/"+ids["run"], auth, "")
	log, err := base64.StdEncoding.DecodeString(object(t, b)["Payload"].(string))
	if err != nil || !strings.Contains(string(log), "create: POST /invoice -> 204") {
		t.Errorf("log %q, %v", log, err)
	}
	for path, want := range map[string]int{
		"/Bill/latest?ids=bill-1&ids=none": 200, "/Bill/latest?ids=none": 404, "/Bill/latest": 400, "/Notification/latest/bill-1": 404,
		"/bill/bill-1": 200, "/Bill/bill-1?status=NONSENSE": 400, "/Bill/bill-1?order=UP": 400, "/Bill/bill-1?startDate=soon": 400,
		"/logs/none": 404,
	} {
		if s, b := a.ask(t, "GET", theirs+"/integrationruns"+path, auth, ""); s != want {
			t.Errorf("%s: %d %s, want %d", path, s, b, want)
		}
	}
	for query, want := range map[string]int{"": 1, "?endDate=2026-08-01": 1, "?endDate=2026-07-31": 0, "?endDate=2026-08-01T12:00:00Z": 1,
		"?startDate=2026-08-02": 0, "?status=ERROR,COMPLETE": 1, "?status=ERROR": 0} {
		_, b := a.ask(t, "GET", theirs+"/integrationruns/Bill/bill-1"+query, auth, "")
		if got := len(object(t, b)["data"].([]any)); got != want {
			t.Errorf("%q: %d runs, want %d", query, got, want)
		}
	}
	if _, b := a.ask(t, "GET", theirs+"/integrationruns/Notification/x", auth, ""); len(object(t, b)["data"].([]any)) != 0 {
		t.Errorf("notifications have runs: %s", b)
	}
}

func TestMissedRoutes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth := "Bearer " + a.token(t, "admin")
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", theirs + "/nothing", 404}, {"DELETE", theirs + "/events", 405}, {"GET", "/", 404}, {"GET", theirs + "/bills", 404}} {
		s, b := a.ask(t, c.method, c.path, auth, "")
		if m, _ := object(t, b)["message"].(string); s != c.want || m == "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, s, b)
		}
	}
}

func TestMappingRefusals(t *testing.T) {
	t.Parallel()
	a, ids := seeded(t)
	auth := "Bearer " + a.token(t, "write")
	body := `{"m3terEntity":"Account","m3terId":"a","externalSystem":"Netsuite","externalTable":"Customer","externalId":"%s"%s}`
	for name, c := range map[string]struct{ id, extra, method, path string }{
		"blank after": {"7 ", "", "POST", ""}, "empty": {"", "", "POST", ""}, "control": {`7\u0007`, "", "POST", ""},
		"no version": {"7", "", "PUT", "/" + ids["mapping"]},
	} {
		if s, b := a.ask(t, c.method, theirs+"/externalmappings"+c.path, auth, fmt.Sprintf(body, c.id, c.extra)); s != 400 {
			t.Errorf("%s: %d %s", name, s, b)
		}
	}
	if s, _ := a.ask(t, "PUT", theirs+"/externalmappings/"+ids["mapping"], auth, fmt.Sprintf(body, "7", `,"version":5`)); s != 409 {
		t.Errorf("stale: %d", s)
	}
}

// TestEventPages walks events by a filter that the service does not know: each
// page is full, nothing comes twice, and an id that is no event is refused.
func TestEventPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth := "Bearer " + a.token(t, "read")
	want := ""
	for i := range 30 {
		e := integration.Event{ID: fmt.Sprintf("e%02d", i), Name: integration.EventPerform, AccountID: fmt.Sprint("a", i%3)}
		a.fake.AddEvent(e)
		if i%3 == 1 {
			want = e.ID + want
		}
	}
	seen, pages := "", 0
	for token := ""; pages == 0 || token != ""; pages++ {
		_, b := a.ask(t, "GET", theirs+"/events?accountId=a1&pageSize=4&nextToken="+token, auth, "")
		v := object(t, b)
		for _, x := range v["data"].([]any) {
			seen += x.(map[string]any)["id"].(string)
		}
		token, _ = v["nextToken"].(string)
	}
	if seen != want || pages != 3 {
		t.Errorf("%d pages: %s, want 3: %s", pages, seen, want)
	}
	if s, b := a.ask(t, "GET", theirs+"/events?nextToken=none", auth, ""); s != 400 {
		t.Errorf("a token that is none: %d %s", s, b)
	}
	if s, b := a.ask(t, "GET", theirs+"/events?pageSize=101", auth, ""); s != 400 {
		t.Errorf("pageSize: %d %s", s, b)
	}
}

// TestBills hands over Bills in every wrapping that they come in.
func TestBills(t *testing.T) {
	t.Parallel()
	const one, two = `{"id":"b1","billTotal":10.00000000000000000001}`, `{"id":"b2"}`
	for name, c := range map[string]struct {
		body           string
		status, bills  int
		runs, failures int
	}{
		"one": {one, 200, 1, 1, 0}, "lines": {one + "\n" + two, 200, 2, 2, 0}, "array": {"[" + one + "," + two + "]", 200, 2, 2, 0},
		"pages": {`{"data":[` + one + `],"nextToken":"x"}{"data":[` + two + `]}`, 200, 2, 2, 0},
	} {
		a := newAPI(t, api.Options{})
		a.fake.AddIntegration(integration.Integration{ID: "i", Name: "i", Enabled: true})
		s, b := a.ask(t, "POST", ours+"/bills", "Bearer "+a.token(t, "write"), c.body)
		v := object(t, b)
		if s != c.status || v["bills"] != float64(c.bills) || len(v["runs"].([]any)) != c.runs {
			t.Errorf("%s: %d %s", name, s, b)
		}
		if !bytes.Contains(b, []byte("10.00000000000000000001")) {
			t.Errorf("%s: the amount lost digits: %s", name, b)
		}
	}
	a := newAPI(t, api.Options{})
	a.fake.AddIntegration(integration.Integration{ID: "i", Name: "i", Enabled: true})
	auth := "Bearer " + a.token(t, "write")
	for _, body := range []string{"", "nonsense", "17", one + "{"} {
		if s, b := a.ask(t, "POST", ours+"/bills", auth, body); s != 400 {
			t.Errorf("%q: %d %s", body, s, b)
		}
	}
	a.fake.Fail("Submit", errors.New("disk full"))
	s, b := a.ask(t, "POST", ours+"/bills", auth, one+two)
	if v := object(t, b); s != 500 || len(v["failed"].([]any)) != 2 || v["message"] != "0 of 2 Bills taken" {
		t.Errorf("not on disk, but %d %s", s, b)
	}
}

// upstream answers like m3ter and remembers what it was asked.
type upstream struct{ asked []string }

func (u *upstream) Do(_ context.Context, r api.UpstreamRequest) (*http.Response, error) {
	u.asked = append(u.asked, r.Method+" "+r.Path+"?"+r.Query.Encode()+" "+string(r.Body))
	status, body := 200, `{"id":"b7","billTotal":1.10}`
	if strings.HasSuffix(r.Path, "/gone") {
		status, body = 404, `{"message":"no such thing"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {"x"}},
		Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	u := &upstream{}
	a := newAPI(t, api.Options{Upstream: u})
	a.fake.AddIntegration(integration.Integration{ID: "i", Name: "i", Enabled: true})
	auth := "Bearer " + a.token(t, "write")
	for _, c := range []struct {
		method, path, body string
		status             int
		asked              string
	}{
		{"GET", "/bills?pageSize=5&ids=a,b", "", 200, "GET /bills?ids=a%2Cb&pageSize=5 "},
		{"GET", "/bills/b%2F7/lineitems", "", 200, "GET /bills/b%2F7/lineitems? "},
		{"GET", "/accounts/gone", "", 404, "GET /accounts/gone? "},
		{"POST", "/bills/approve", `{"billIds":["b7"]}`, 200, `POST /bills/approve? {"billIds":["b7"]}`},
		{"GET", "/bills/%2e%2e/integrationconfigs", "", 400, ""},
		{"DELETE", "/bills/b7", "", 405, ""},
		{"POST", "/billferry/nudge", `{"billId":"b7"}`, 200, "GET /bills/b7? "},
		{"POST", "/billferry/nudge", `{"billId":"gone"}`, 404, "GET /bills/gone? "},
	} {
		u.asked = nil
		resp := a.send(t, c.method, theirs+c.path, auth, "application/json", c.body)
		_ = resp.Body.Close()
		if got := strings.Join(u.asked, "; "); resp.StatusCode != c.status || got != c.asked || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: %d, asked %q; want %d, %q", c.method, c.path, resp.StatusCode, got, c.status, c.asked)
		}
	}
	if page, err := a.fake.Runs(t.Context(), integration.RunFilter{BillID: "b7"}, "", 10); err != nil || len(page.Runs) != 1 ||
		page.Runs[0].Trigger != "nudge" {
		t.Errorf("nudge left %+v, %v", page, err)
	}
}

// TestHTTPUpstream refuses the first token, as m3ter does with one that ended.
func TestHTTPUpstream(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	up := api.HTTPUpstream{BaseURL: a.url + "/", OrgID: "acme", Client: http.DefaultClient,
		Token: func(_ context.Context, fresh bool) (string, error) {
			if !fresh {
				return "stale", nil
			}
			return a.token(t, "read"), nil
		}}
	resp, err := up.Do(t.Context(), api.UpstreamRequest{Method: "GET", Path: "/events/types"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
}
