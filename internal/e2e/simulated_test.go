package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/integration"
)

// simulated are the simulators beside the program, with a data folder that has an
// integration which is connected to them.
type simulated struct {
	data     string
	netsuite string // its URL
	file     string // of the Bills
	bills    [][]byte
}

// simulators starts them.
func simulators(t *testing.T, args ...string) simulated {
	t.Helper()
	dir := folder(t)
	data, creds, file := filepath.Join(dir, "data"), filepath.Join(dir, "creds"), filepath.Join(dir, "us.yaml")
	cmd := exec.Command(program, append([]string{"sandbox", "--write-credentials", creds}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var told struct{ NetsuiteURL, BillsFile string }
	if err := json.NewDecoder(out).Decode(&told); err != nil { // they serve by now
		t.Fatal(err)
	}
	text := "{entityType: Bill, destination: Netsuite, name: NetSuite US, configData: {netsuiteDefaultItemId: '199'}}"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "--no-keyring", "--data-dir", data, "integration", "create", "--file", file)
	command(t, "--no-keyring", "--data-dir", data, "integration", "connect", "NetSuite US", "--credentials",
		filepath.Join(creds, "credentials.json"))
	b, err := os.ReadFile(told.BillsFile)
	if err != nil {
		t.Fatal(err)
	}
	return simulated{data: data, netsuite: told.NetsuiteURL, file: told.BillsFile, bills: bytes.Split(bytes.TrimSpace(b), []byte("\n"))}
}

// submit hands Bills to the program that has the store.
func (x *simulated) submit(t *testing.T, bills [][]byte) {
	t.Helper()
	c := api.Dial(app.SocketPath(x.data), app.Catalog())
	for _, b := range bills {
		if _, err := c.Submit(t.Context(), "", b, "e2e"); err != nil {
			t.Fatal(err)
		}
	}
}

// makes steers the simulator of NetSuite.
func (x *simulated) makes(t *testing.T, what, body string) {
	t.Helper()
	r, err := http.Post(x.netsuite+"/sandbox/"+what, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if told, _ := io.ReadAll(r.Body); r.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s", r.Status, told)
	}
}

// Who leaves while Bills are under way is told; what has begun is brought to an end,
// what is queued waits until billferry runs again, and each is one document.
func TestLeavingWhileBillsAreUnderWay(t *testing.T) {
	t.Parallel()
	x := simulators(t, "--latency", "500ms", "--bills", "40")
	s := start(t, 100, 30, nil, "--no-keyring", "--data-dir", x.data)
	s.see("NetSuite US", "● CONNECTED")
	x.submit(t, x.bills)
	s.goes("r", "STARTED", "40 runs")
	s.goes("q", "Leave billferry?", "under way to NetSuite. What has begun is brought to", "[  No  ]")
	s.press("enter")
	s.gone("Leave billferry?")
	s.goes("ctrl+c", "Leave billferry?")
	s.press("y")
	if code := s.ends(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}

	s = start(t, 100, 30, nil, "--no-keyring", "--data-dir", x.data)
	s.see("NetSuite US", "● CONNECTED")
	watch(t, x.data, func(c *api.Client) bool {
		sum, err := c.Sum(t.Context(), integration.RunFilter{})
		return err == nil && sum.ByStatus[integration.Complete] == 37
	})
	s.goes("r", "40 runs")
	s.filters("outcome:created", "37 runs") // none was there already: what was begun was finished
}

// What a person changes in NetSuite after a document was proven needs somebody: both
// sides are shown, what is meant to be so is accepted with a reason, and its event acts
// itself off.
func TestWhatPeopleDidIsAccepted(t *testing.T) {
	t.Parallel()
	x := simulators(t, "--bills", "3")
	serve := exec.Command(program, "--no-keyring", "--data-dir", x.data, "serve", "--guard", "300ms")
	out, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it serves
		t.Fatal(err)
	}
	x.submit(t, x.bills)
	var id string
	watch(t, x.data, func(c *api.Client) bool {
		page, err := c.Runs(t.Context(), integration.RunFilter{Proofs: []integration.Proof{integration.Proven}}, "", 1)
		if err != nil || len(page.Runs) == 0 {
			return false
		}
		id = page.Runs[0].ExternalID
		return true
	})
	x.makes(t, "edits", `{"transaction":"`+id+`","set":{"memo":"goodwill, see mail"}}`)
	watch(t, x.data, func(c *api.Client) bool {
		page, err := c.Runs(t.Context(), integration.RunFilter{Proofs: []integration.Proof{integration.Drift}}, "", 1)
		return err == nil && len(page.Runs) == 1
	})
	_ = serve.Process.Kill() // a guard that looks so often has the document in hand when somebody accepts it
	_ = serve.Wait()
	s := start(t, 120, 36, nil, "--no-keyring", "--data-dir", x.data)
	s.see("Needs you", "Changed after it was sent")
	s.goes("1", "[1 Summary]", "DRIFT", "goodwill, see mail")
	s.goes("6", "[6 Difference]", "it is not as it was sent", "≠ memo", "goodwill, see mail", "1 differ")
	s.goes("1", "[1 Summary]", "looked again")
	s.goes("x", "accept as it stands …")
	s.goes("p", "Accept: ", "Its document is meant to be as it stands", "Reason")
	s.press("agreed with the customer")
	s.goes("ctrl+s", "accepted as it stands", "ACCEPTED")
	s.press("esc")
	s.see("NetSuite US")
	s.gone("Changed after it was sent")
}
