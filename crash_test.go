package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell runs the built program on one data folder against simulators in a
// process of their own.
type shell struct {
	t        *testing.T
	dir      string
	netsuite string
}

type addresses struct {
	NetSuiteURL string `json:"netsuiteUrl"`
	BillsFile   string `json:"billsFile"`
	Credentials struct {
		AccountID, ClientID, KeyID, KeyFile, RESTURL, TokenURL string
	} `json:"credentials"`
}

func newShell(t *testing.T, sandbox ...string) (*shell, addresses) {
	t.Helper()
	s := &shell{t: t, dir: t.TempDir()}
	cmd := exec.Command(binary, append([]string{"sandbox", "--write-credentials", filepath.Join(s.dir, "creds")}, sandbox...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	var a addresses
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		t.Fatal(err)
	}
	s.netsuite = a.NetSuiteURL
	return s, a
}

func (s *shell) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "BILLFERRY_DATA_DIR="+filepath.Join(s.dir, "data"), "BILLFERRY_NO_KEYRING=true")
	return cmd
}

// run runs a command to its end and returns what it printed and its exit code.
func (s *shell) run(args ...string) (string, int) {
	s.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		s.t.Fatal(err)
	}
	code := 0
	if e, ok := err.(*exec.ExitError); ok {
		code = e.ExitCode()
	}
	return string(out), code
}

func (s *shell) must(args ...string) string {
	s.t.Helper()
	out, code := s.run(args...)
	if code != 0 {
		s.t.Fatalf("%s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// connected creates and connects an integration named NS.
func (s *shell) connected(a addresses) {
	s.t.Helper()
	file := filepath.Join(s.dir, "ns.yaml")
	text := "entityType: Bill\ndestination: Netsuite\nname: NS\nconfigData: {netsuiteDefaultItemId: \"199\"}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.must("integration", "create", "--file", file)
	c := a.Credentials
	s.must("integration", "connect", "NS", "--account-id", c.AccountID, "--client-id", c.ClientID, "--key-id", c.KeyID,
		"--private-key-file", c.KeyFile, "--rest-url", c.RESTURL, "--token-url", c.TokenURL)
}

// stats asks the NetSuite simulator what it counted.
func (s *shell) stats() (st struct {
	Creates    int64          `json:"creates"`
	Duplicates int64          `json:"duplicate_creates"`
	ByID       map[string]int `json:"creates_by_external_id"`
}) {
	s.t.Helper()
	resp, err := http.Get(s.netsuite + "/sandbox/stats")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(b, &st)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// kill -9 in the middle of a batch, again and again: each next start looks up
// what was in flight, and in the end every Bill is there once.
func TestKilledSendLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s, a := newShell(t, "--latency", "30ms", "--concurrency", "4", "--seed", "7")
	s.connected(a)
	kills := 0
	for wait := 150 * time.Millisecond; wait < 600*time.Millisecond; wait += 70 * time.Millisecond {
		cmd := s.command("send", "--integration", "NS", "--from", a.BillsFile)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		gun := time.AfterFunc(wait, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		if gun.Stop() {
			break // it was done before
		}
		kills++
	}
	if kills < 3 {
		t.Fatalf("only %d kills: the test shows nothing", kills)
	}
	out, code := s.run("send", "--integration", "NS", "--from", a.BillsFile)
	if code != 3 || !strings.Contains(out, "COMPLETE") || !strings.Contains(out, "40 bills") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	st := s.stats()
	if st.Creates != 37 || len(st.ByID) != 37 || st.Duplicates != 0 {
		t.Fatalf("after %d kills NetSuite made %d documents for %d Bills, %d twice\n%s", kills, st.Creates, len(st.ByID), st.Duplicates, out)
	}
	if out := s.must("store", "check"); !strings.Contains(out, "0 problems") {
		t.Fatal(out)
	}
}

// A second billferry attaches to the first; when the first is stopped dead it
// says who holds the file instead of hanging.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	s, a := newShell(t)
	s.connected(a)
	serve := s.command("serve")
	errs, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = serve.Wait() }()
	defer func() { _ = serve.Process.Kill() }()
	buf := make([]byte, 256)
	if n, err := errs.Read(buf); err != nil || !strings.Contains(string(buf[:n]), "serving") {
		t.Fatalf("%v: %s", err, buf[:n])
	}
	if out := s.must("integration", "list"); !strings.Contains(out, "CONNECTED") {
		t.Fatal(out)
	}
	if out, code := s.run("send", "--integration", "NS", "--from", a.BillsFile); code != 3 || !strings.Contains(out, "37 created") {
		t.Fatalf("attached send: exit %d\n%s", code, out)
	}
	if err := serve.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	out, code := s.run("integration", "list")
	if code != 1 || !strings.Contains(out, "process") || !strings.Contains(out, "does not answer") {
		t.Fatalf("exit %d: %s", code, out)
	}
}
