package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/destination/destinationtest"
	"billferry/mapping"
)

// Everything a script does with NetSuite it does with a destination that was
// made up for this test and registered in one line.
func TestASecondDestinationOnTheCommandLine(t *testing.T) {
	t.Parallel()
	ledgerly := destinationtest.New()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var out, told bytes.Buffer
	run := func(code int, args ...string) string {
		t.Helper()
		out.Reset()
		told.Reset()
		got := Main(append([]string{"--data-dir", filepath.Join(dir, "data"), "--no-keyring"}, args...), strings.NewReader(""),
			&out, &told, ledgerly)
		if got != code {
			t.Fatalf("%q ended with %d, want %d:\n%s%s", args, got, code, out.String(), told.String())
		}
		return out.String() + told.String()
	}
	shows := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q is not in:\n%s", w, text)
			}
		}
		if strings.Contains(text, "NetSuite") || strings.Contains(text, destinationtest.Token) {
			t.Errorf("NetSuite, or the token, is in:\n%s", text)
		}
	}
	books := file("books.yaml", "entityType: Bill\ndestination: Ledgerly\nname: Books\nconfigData:\n  ledgerlyBook: main\n  "+
		"ledgerlyService: svc-1\n")
	wrong := file("wrong.yaml", "entityType: Bill\ndestination: Ledgerly\nname: Wrong\nconfigData:\n  ledgerlyBook: main\n  "+
		"ledgerlyService: \"101\"\n")
	shows(run(exitFailed, "integration", "create", "--file", wrong), `"101" is not a service of Ledgerly`)
	shows(run(exitOK, "integration", "create", "--file", books), "created Books")

	shows(run(exitUsage, "integration", "connect", "Books"), "--key-id, --private-key-file, or --tenant, --api-token-file, or --credentials")
	shows(run(exitUsage, "integration", "connect", "Books", "--tenant", "acme"), "give --api-token-file, or --credentials")
	token := file("token", destinationtest.Token+"\n")
	shows(run(exitUsage, "integration", "connect", "Books", "--tenant", "acme", "--api-token-file", token, "--client-id", "c"),
		"--client-id is not for Ledgerly")
	shows(run(exitNotConnected, "integration", "connect", "Books", "--tenant", "acme", "--api-token-file", file("old", "tok-1")),
		"Ledgerly does not know this token")
	shows(run(exitOK, "integration", "connect", "Books", "--tenant", "acme", "--api-token-file", token), "Books is CONNECTED (key ")
	shows(run(exitOK, "integration", "show", "Books"), "Tenant", "acme", "Book", "main", "CONNECTED")
	shows(run(exitOK, "integration", "test", "Books"), "Book main")

	bills := file("bill.json", string(mapping.Sample()))
	run(exitOK, "send", "--integration", "Books", "--from", bills)
	var runs []struct{ ID, Status, ExternalRef string }
	if err := json.Unmarshal([]byte(run(exitOK, "runs", "list", "--json")), &runs); err != nil || len(runs) != 1 {
		t.Fatalf("runs %s: %v", out.String(), err)
	}
	r := runs[0]
	if r.Status != "COMPLETE" || ledgerly.Bodies()[r.ExternalRef] == "" {
		t.Errorf("the run is %+v, Ledgerly holds %v", r, ledgerly.Bodies())
	}
	run(exitOK, "runs", "show", r.ID)

	run(exitOK, "mapping", "add", "--m3ter-id", "acc-1", "--system", "Ledgerly", "--table", "Client", "--external-id", "name:Globex")
	shows(run(exitOK, "mapping", "list"), "Ledgerly", "Client", "cl-1")
	shows(run(exitFailed, "mapping", "add", "--m3ter-id", "acc-2", "--system", "Ledgerly", "--table", "Client",
		"--external-id", "name:Nobody"),
		"Ledgerly has no customer name:Nobody")

	exported := file("all.yaml", run(exitOK, "integration", "export"))
	shows(run(exitOK, "integration", "apply", "--file", exported, "--prune"), "1 unchanged")
}
