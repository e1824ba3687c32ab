package cli

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/outbound"
	"billferry/internal/outbound/echotest"
	"billferry/internal/sandbox"
)

// Wherever m3ter and NetSuite repeat what connecting sent them, the console and
// the files of the data folder show none of it, and say what went wrong.
func TestTheConsoleRepeatsNoSecret(t *testing.T) {
	t.Parallel()
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Bills: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	files, err := sb.WriteCredentials(filepath.Join(t.TempDir(), "creds"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var told bytes.Buffer
	run := func(in string, args ...string) int {
		return Main(append([]string{"--data-dir", dir, "--no-keyring"}, args...), strings.NewReader(in), &told, &told)
	}
	if code := run(`{"entityType":"Bill","destination":"Netsuite","name":"One","configData":{"netsuiteDefaultItemId":"199"}}`,
		"integration", "create", "--file", "-"); code != 0 {
		t.Fatal(told.String())
	}
	var place, form string
	choose := func(*http.Request) (string, string) { return place, form }
	m3ter, ns := echotest.New(t, files.M3ter.BaseURL), echotest.New(t, files.RESTURL)
	m3ter.Choose, ns.Choose = choose, choose
	for place = range maps.Keys(echotest.Places) {
		for _, form = range []string{"plain", "Basic", "query"} {
			source := run("", "source", "connect", "--org-id", files.M3ter.OrgID, "--access-key-id", files.M3ter.AccessKeyID,
				"--api-secret-file", files.M3ter.APISecretFile, "--base-url", m3ter.URL)
			connect := run("", "integration", "connect", "One", "--account-id", files.AccountID, "--client-id", files.ClientID,
				"--key-id", files.KeyID,
				"--private-key-file", files.KeyFile, "--rest-url", ns.URL, "--token-url", ns.URL+"/token", "--json")
			if source == 0 || connect == 0 {
				t.Errorf("%s, %s: connected", place, form)
			}
		}
	}
	key, err := os.ReadFile(files.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if code := run("", "integration", "connect", "One", "--account-id", files.AccountID, "--client-id", string(key), "--key-id", files.KeyID,
		"--private-key-file", files.KeyFile, "--rest-url", ns.URL, "--unverified"); code == 0 {
		t.Error("a private key was taken for a client id")
	}
	all := told.String()
	if !strings.Contains(all, "malformed HTTP") || !strings.Contains(all, "Client Id is a private key") &&
		!strings.Contains(all, "client-id") || strings.Count(all, outbound.Removed) < 20 {
		t.Errorf("the console does not say what went wrong: %s", all)
	}
	if strings.Contains(all, strings.Split(string(key), "\n")[1][:20]) {
		t.Error("the console shows the private key")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil && e.Name() != "seal.key" { // which opens the others; a socket cannot be read
			all += string(b)
		}
	}
	for _, x := range append(m3ter.Told(all), ns.Told(all)...) {
		t.Error(x)
	}
	if m3ter.Seen() < 2 || ns.Seen() < 20 {
		t.Errorf("m3ter saw %d secrets, NetSuite %d", m3ter.Seen(), ns.Seen())
	}
}
