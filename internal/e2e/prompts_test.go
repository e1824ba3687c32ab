package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// By prompts in a terminal a rule is made part by part, of what the account calls its
// fields and values; a key pair is made, and accounts without a customer are walked
// through.
func TestPartsKeysAndAccountsByPrompts(t *testing.T) {
	t.Parallel()
	s := start(t, 160, 60, []string{"ACCESSIBLE=1"}, "demo", "--latency", "0s", "--account", "strict")
	s.see("What do you want to do?", "Number")
	c, in := joined(t, s)
	asks := func(answer string, says ...string) {
		t.Helper()
		s.see(says...)
		s.press(answer, "enter")
	}
	asks("change", "Number (back goes back):")
	asks("1", "Which integration?")
	asks("fields", "Which setting?")
	asks("add", "0 rules.")
	asks("?depart", "Which field does it fill, ? with words finds it by name")
	asks("1", "1. Department, department, REFERENCE")
	asks("sales", "With what, ? with words finds it by name")
	asks("1", "Which of these?", "Sales, ", ", value")
	asks("", "Only for (enter leaves it empty)")
	asks("go on", "Rule 1 fills department, with ", ", which is Sales")
	asks("save", "17. Fields")
	asks("", "Preview another Bill")
	asks("yes", "Save the settings of Strict US?")
	s.see("Saved.")
	d, err := c.Integration(t.Context(), in.ID)
	rules, _ := json.Marshal(d.ConfigData.Get(integration.KeyRules))
	if err != nil || !strings.HasPrefix(string(rules), `[{"to":"department","value":"`) {
		t.Errorf("%s, %v", rules, err)
	}

	asks("connect an", "3. Connect an integration to its destination")
	asks("1", "Which integration?")
	asks("make", "External Customer Id (enter keeps")
	s.see("Made ", "valid until",
		"Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup", "Now the answer to this question.")
	asks("back")
	if made, err := filepath.Glob(filepath.Join(dataOf(t, s), "keys", in.ID, "*", "*.pem")); err != nil || len(made) != 2 {
		t.Errorf("it made %v, %v", made, err)
	}

	asks("external", "9. External mappings")
	asks("1", "Which integration?")
	asks("", "Mappings with which text")
	asks("map acc", "Map accounts without a customer one by one")
	asks("", "Only those with which text")
	s.see("Account ", "What of it?", "Leave it")
	asks("stop")
	s.see("0 accounts mapped.")
	asks("quit")
	if code := s.ends(); code != 0 || strings.Contains(s.written(), "\x1b") {
		t.Errorf("it ended with %d and wrote %q", code, s.written())
	}
}

// dataOf is the data folder of a demo.
func dataOf(t *testing.T, s *terminal) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "billferry-demo-*", "data"))
	if err != nil || len(found) != 1 {
		t.Fatalf("demo's folder: %v, %v", found, err)
	}
	return found[0]
}

// joined makes an integration in a demo that runs, and connects it to its simulator.
func joined(t *testing.T, s *terminal) (*api.Client, integration.Integration) {
	t.Helper()
	c := api.Dial(app.SocketPath(dataOf(t, s)), app.Catalog())
	in, err := c.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "Strict US",
		ConfigData: spec.Values{"netsuiteDefaultItemId": "199"}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, _ := c.Catalog().Form(in.EntityType, in.Destination)
	with := service.Connect{IntegrationID: in.ID, Values: spec.Values{}, Secrets: map[string]secret.Value{}}
	for _, x := range f.Auth {
		v := info.Demo.Connect[x.Key]
		if x.Kind != spec.Key {
			with.Values.Set(x.Key, v)
			continue
		}
		pem, err := os.ReadFile(v)
		if err != nil {
			t.Fatal(err)
		}
		with.Secrets[x.Key] = secret.New(string(pem))
	}
	if _, err := c.Connect(t.Context(), with, nil); err != nil {
		t.Fatal(err)
	}
	return c, in
}
