package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
)

const ours = "/organizations/acme/billferry"

func TestToken(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.ids[api.ScopeRead]+":"+a.text[api.ScopeRead]))
	wrong := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.ids[api.ScopeRead]+":"+a.text[api.ScopeWrite]))
	nobody := "Basic " + base64.StdEncoding.EncodeToString([]byte("nobody:x"))
	const form, js = "application/x-www-form-urlencoded", "application/json"
	for name, c := range map[string]struct {
		auth, kind, body string
		want             int
	}{
		"JSON":        {basic, js, `{"grant_type":"client_credentials"}`, 200},
		"form":        {basic, form, "grant_type=client_credentials", 200},
		"other grant": {basic, js, `{"grant_type":"password"}`, 400},
		"no grant":    {basic, form, "", 400},
		"broken JSON": {basic, js, `{`, 400},
		"no auth":     {"", js, `{"grant_type":"client_credentials"}`, 403},
		"wrong":       {wrong, js, `{"grant_type":"client_credentials"}`, 403},
		"nobody":      {nobody, js, `{"grant_type":"client_credentials"}`, 403},
	} {
		resp := a.send(t, "POST", "/oauth/token", c.auth, c.kind, c.body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, c.want)
		}
	}
}

func TestTokenEnds(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{TokenLife: time.Minute})
	auth := "Bearer " + a.token(t, api.ScopeRead)
	get := func() int { s, _ := a.ask(t, "GET", ours+"/info", auth, ""); return s }
	if s := get(); s != 200 {
		t.Fatalf("fresh: %d", s)
	}
	a.pass(time.Minute)
	if s := get(); s != 403 {
		t.Errorf("ended: %d, want 403", s)
	}
	auth = "Bearer " + a.token(t, api.ScopeRead)
	if err := a.ring.DeleteKey(t.Context(), a.ids[api.ScopeRead]); err != nil {
		t.Fatal(err)
	}
	if s := get(); s != 403 {
		t.Errorf("revoked: %d, want 403", s)
	}
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	a, other := newAPI(t, api.Options{}), newAPI(t, api.Options{})
	good := a.token(t, api.ScopeRead)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // any one byte of it
		raw[i] ^= 1
		if s, _ := a.ask(t, "GET", ours+"/info", "Bearer "+base64.RawURLEncoding.EncodeToString(raw), ""); s != 403 {
			t.Errorf("byte %d changed: %d", i, s)
		}
		raw[i] ^= 1
	}
	for name, auth := range map[string]string{"none": "", "empty": "Bearer ", "junk": "Bearer xyz", "basic": "Basic eDp4",
		"of another server": "Bearer " + other.token(t, api.ScopeRead)} {
		if s, b := a.ask(t, "GET", ours+"/info", auth, ""); s != 403 || !strings.Contains(string(b), `"message"`) {
			t.Errorf("%s: %d %s", name, s, b)
		}
	}
}

// TestScopes tries routes of each scope with each key; there is no Hold or
// state, so what is let in may fail for other reasons, but not with 403.
func TestScopes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	rank := map[api.Scope]int{"read": 0, "write": 1, "admin": 2}
	for _, c := range []struct {
		method, path string
		need         api.Scope
	}{
		{"GET", "/organizations/acme/integrationconfigs", "read"}, {"GET", ours + "/runs", "read"}, {"POST", ours + "/preview", "read"},
		{"POST", "/organizations/acme/integrationconfigs", "write"}, {"POST", ours + "/bills", "write"},
		{"DELETE", "/organizations/acme/externalmappings/x", "write"},
		{"POST", ours + "/integrations/x/connect", "admin"}, {"PUT", ours + "/source", "admin"}, {"GET", ours + "/apikeys", "admin"},
		{"POST", "/organizations/acme/integrationcredentials", "admin"},
	} {
		for _, scope := range api.Scopes {
			s, b := a.ask(t, c.method, c.path, "Bearer "+a.token(t, scope), "{}")
			if let := s != 403; let != (rank[scope] >= rank[c.need]) {
				t.Errorf("%s %s with %s: %d %s", c.method, c.path, scope, s, b)
			}
		}
	}
	inline := `{"entityType":"Bill","destination":"Netsuite","name":"n","credentials":{"type":"NETSUITE_AUTH","privateKey":"k"}}`
	if s, _ := a.ask(t, "POST", "/organizations/acme/integrationconfigs", "Bearer "+a.token(t, "write"), inline); s != 403 {
		t.Errorf("inline credentials with the scope write: %d, want 403", s)
	}
	if s, _ := a.ask(t, "POST", ours+"/keys/generate", "Bearer "+a.token(t, "admin"), `{"dir":"/tmp"}`); s != 403 {
		t.Errorf("a file was written for a caller on TCP: %d", s)
	}
	if s, _ := a.ask(t, "GET", "/organizations/other/billferry/info", "Bearer "+a.token(t, "admin"), ""); s != 403 {
		t.Errorf("unknown organisation: %d, want 403", s)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{Rate: 2})
	auth := "Bearer " + a.token(t, "read")
	for i, want := range []int{200, 200, 200, 200, 429} { // twice the rate at once
		if s, _ := a.ask(t, "GET", ours+"/info", auth, ""); s != want {
			t.Errorf("request %d: %d, want %d", i+1, s, want)
		}
	}
	if s, _ := a.ask(t, "GET", ours+"/info", "Bearer "+a.token(t, "write"), ""); s != 200 {
		t.Errorf("another key pays for the first: %d", s)
	}
	a.pass(time.Second)
	if s, _ := a.ask(t, "GET", ours+"/info", auth, ""); s != 200 {
		t.Errorf("after a second: %d", s)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	auth := "Bearer " + a.token(t, "write")
	big := `{"name":"` + strings.Repeat("x", 2<<20) + `"}`
	if s, b := a.ask(t, "POST", ours+"/integrations", auth, big); s != 413 || !strings.Contains(string(b), "1048576") {
		t.Errorf("%d %s", s, b)
	}
	resp := a.send(t, "POST", ours+"/integrations", auth, "text/plain", "{}")
	_ = resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("text/plain: %d, want 400", resp.StatusCode)
	}
}

// TestNoSecretComesBack walks every GET after secrets went in.
func TestNoSecretComesBack(t *testing.T) {
	t.Parallel()
	var audit []string
	a := newAPI(t, api.Options{Audit: func(r api.AuditRecord) { audit = append(audit, fmt.Sprintf("%+v", r)) }})
	auth := "Bearer " + a.token(t, "admin")
	in := a.fake.AddIntegration(integration.Integration{Name: "One"})
	dir := t.TempDir()
	files, err := a.fake.GenerateKey(t.Context(), dir, "ES256", 1)
	if err != nil {
		t.Fatal(err)
	}
	pem := strings.TrimSpace(readFile(t, files.KeyFile))
	body, _ := json.Marshal(map[string]map[string]string{"values": {"externalCustomerId": "1", "clientId": "c", "keyId": "k"},
		"secrets": {"privateKey": pem}})
	_, out := a.ask(t, "POST", ours+"/integrations/"+in.ID+"/connect", auth, string(body))
	if !strings.Contains(string(out), `"result"`) {
		t.Fatalf("connect: %s", out)
	}
	heart := strings.Split(pem, "\n")[1]
	_, made := a.ask(t, "POST", ours+"/apikeys", auth, `{"name":"new","scope":"read"}`)
	all := string(out)
	for _, p := range []string{"/apikeys", "/integrations", "/integrations/" + in.ID, "/source", "/info"} {
		_, b := a.ask(t, "GET", ours+p, auth, "")
		all += string(b)
	}
	for _, p := range []string{"integrationcredentials", "integrationconfigs", "integrationconfigs/" + in.ID} {
		_, b := a.ask(t, "GET", "/organizations/acme/"+p, auth, "")
		all += string(b)
	}
	all += strings.Join(audit, "\n")
	for _, s := range []string{heart, "argon2id", a.text["admin"], `"hash"`} {
		if strings.Contains(all, s) || strings.Contains(string(made), "argon2id") {
			t.Errorf("%q came back", s)
		}
	}
	if len(audit) != 2 || !strings.Contains(audit[0], a.ids["admin"]) {
		t.Errorf("audit %q, want the two writes", audit)
	}
	if _, b := a.ask(t, "POST", ours+"/keys/inspect", auth, `{"privateKey":"[secret]"}`); !strings.Contains(string(b), "hidden secret") {
		t.Errorf("the mark of a secret was taken for one: %s", b)
	}
}

func TestAPIKeysThroughClient(t *testing.T) {
	t.Parallel()
	ring := &keyRing{keys: map[string]api.Key{}}
	c := attach(t, servicetest.New(), api.Options{Keys: ring})
	k, text, err := c.CreateAPIKey(t.Context(), "ci", api.ScopeWrite)
	if err != nil || k.Hash != "" {
		t.Fatalf("%+v, %v", k, err)
	}
	if good, err := api.CheckSecret(ring.keys[k.ID].Hash, text.Reveal()); !good || err != nil {
		t.Errorf("the secret does not fit the stored hash: %v", err)
	}
	if bad, _ := api.CheckSecret(ring.keys[k.ID].Hash, text.Reveal()+"x"); bad {
		t.Error("another secret fits the stored hash")
	}
	if keys, err := c.APIKeys(t.Context()); err != nil || len(keys) != 1 || keys[0].Name != "ci" {
		t.Errorf("%+v, %v", keys, err)
	}
	if err := c.RevokeAPIKey(t.Context(), k.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := c.CreateAPIKey(t.Context(), "x", "root"); err == nil || !strings.Contains(err.Error(), "read write admin") {
		t.Errorf("unknown scope: %v", err)
	}
}

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "[::1]:8080": true, "localhost:0": true, "127.9.9.9:1": true,
		"0.0.0.0:8080": false, ":8080": false, "192.168.1.4:80": false, "example.com:80": false, "8080": false, "[::]:1": false,
		"localhost.evil.example:1": false,
	} {
		if err := api.CheckListen(api.TCP{Addr: addr}); (err == nil) != want {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, c := range []api.TCP{{Addr: ":1", Insecure: true}, {Addr: ":1", CertFile: "c", KeyFile: "k"}} {
		if err := api.CheckListen(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := api.CheckListen(api.TCP{Addr: "127.0.0.1:1", CertFile: "c"}); err == nil {
		t.Error("a certificate without a key was taken")
	}
}

// TestStrangersAreTimed holds a request over TCP: it ends, where one of our own
// user would go on.
func TestStrangersAreTimed(t *testing.T) {
	t.Parallel()
	key := testKeysOnce()[0]
	synctest.Test(t, func(t *testing.T) {
		fake, ask, stop := strangers(t, &keyRing{keys: map[string]api.Key{key.ID: key.Key}}, key)
		defer stop()
		defer fake.Hold("Totals")()
		began := time.Now()
		resp := ask("GET", ours+"/totals")
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusGatewayTimeout || time.Since(began) > time.Minute {
			t.Errorf("status %d after %s, want 504 within a minute", resp.StatusCode, time.Since(began))
		}
	})
}
