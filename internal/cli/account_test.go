package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/sandbox"
)

// shop is a store with one connected integration, One, into a simulated account.
type shop struct {
	t   *testing.T
	box *sandbox.Sandbox
	dir string
}

// openShop sets one up; config is the integration's configData in JSON, without
// braces.
func openShop(t *testing.T, account, config string) *shop {
	t.Helper()
	p, err := sandbox.OpenAccount(account)
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.Start(t.Context(), sandbox.Options{Account: p, Clean: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	dir := t.TempDir()
	if _, err := box.WriteCredentials(filepath.Join(dir, "creds")); err != nil {
		t.Fatal(err)
	}
	s := &shop{t, box, dir}
	if config != "" {
		config = "," + config
	}
	s.in(exitOK, `{"entityType":"Bill","destination":"Netsuite","name":"One","configData":{"netsuiteDefaultItemId":"199"`+config+`}}`,
		"integration", "create", "--file", "-")
	s.run(exitOK, "integration", "connect", "One", "--credentials", filepath.Join(dir, "creds", sandbox.IndexFileName))
	return s
}

// run runs a command and returns what it printed.
func (s *shop) run(code int, args ...string) string {
	s.t.Helper()
	return s.in(code, "", args...)
}

// in is run with something on standard input.
func (s *shop) in(code int, stdin string, args ...string) string {
	s.t.Helper()
	var out, told bytes.Buffer
	got := Main(append([]string{"--data-dir", filepath.Join(s.dir, "data"), "--no-keyring"}, args...), strings.NewReader(stdin), &out, &told)
	if got != code {
		s.t.Fatalf("%q ended with %d, want %d:\n%s%s", args, got, code, out.String(), told.String())
	}
	return out.String()
}

// The fields of the account and their values are found without a screen.
func TestFieldsCommand(t *testing.T) {
	t.Parallel()
	s := openShop(t, "strict", "")
	all := s.run(exitOK, "integration", "fields", "One")
	for _, want := range []string{"line.department", "Billing Source", "cseg_channel", "reference  mandatory", "line.custcol_service_start"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "amountRemaining") {
		t.Errorf("what NetSuite only shows is listed:\n%s", all)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--query", "remaining", "--all"); !strings.Contains(got, "cannot be filled: NetSuite only shows it") {
		t.Errorf("%s", got)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--options", "line.class"); !strings.Contains(got, "12  EMEA") {
		t.Errorf("%s", got)
	}
	if got := s.run(exitOK, "integration", "fields", "One", "--options", "cseg_channel", "--json"); !strings.Contains(got, `"name": "Direct"`) {
		t.Errorf("%s", got)
	}
	s.run(exitFailed, "integration", "fields", "One", "--options", "nothing")
}
