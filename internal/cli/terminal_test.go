//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"billferry/internal/sandbox"
)

// program runs billferry as a process of its own; TestMain makes this test
// binary be it.
func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = append([]string{"billferry"}, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "BILLFERRY_NO_KEYRING=true", "BILLFERRY_DATA_DIR="+filepath.Join(dir, "data"))
	return cmd
}

// connected starts a NetSuite simulator and makes an integration for it.
func connected(t *testing.T, dir string, o sandbox.Options) (bills string) {
	t.Helper()
	sb, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	files, err := sb.WriteCredentials(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if bills, err = writeBills(sb, dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ns.yaml")
	if err := os.WriteFile(file, []byte("{entityType: Bill, destination: Netsuite, name: NS, configData: {netsuiteDefaultItemId: '199'}}"),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"integration", "create", "--file", file},
		{"integration", "connect", "NS", "--account-id", files.AccountID, "--client-id", files.ClientID, "--key-id", files.KeyID,
			"--private-key-file", files.KeyFile, "--rest-url", files.RESTURL, "--token-url", files.TokenURL},
	} {
		if _, code := command(t, append(args, "--no-keyring", "--data-dir", filepath.Join(dir, "data"))...); code != 0 {
			t.Fatalf("%q: exit %d", args, code)
		}
	}
	return bills
}

// On a terminal send draws a bar in place, and Ctrl-C ends it with what is left
// and exit code 3. What was sent is not sent again by the next send.
func TestCtrlCOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bills := connected(t, dir, sandbox.Options{Latency: 150 * time.Millisecond, Concurrency: 2, Clean: true, Bills: 20})
	cmd := program(t, dir, "send", "--integration", "NS", "--from", bills)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 60})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	pressed := false
	under := regexp.MustCompile(`\] [1-9] of 20 bills, `) // which of them the bar shows depends on the machine
	for {
		n, err := tty.Read(buf)
		seen.Write(buf[:n])
		if !pressed && under.Match(seen.Bytes()) {
			pressed = true
			if _, err := tty.Write([]byte{3}); err != nil { // the key itself: the terminal makes the signal of it
				t.Fatal(err)
			}
		}
		if err != nil { // a pty ends with an error when the program does
			break
		}
	}
	_ = cmd.Wait()
	out := seen.String()
	if code := cmd.ProcessState.ExitCode(); code != exitNotDelivered || !pressed {
		t.Fatalf("exit %d, pressed %t\n%s", code, pressed, out)
	}
	for _, want := range []string{"\r\x1b[K[", "left", "stopped: ", "bills are left. They are on disk", "WAITING", "COMPLETE"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%q", want, out)
		}
	}
	for line := range strings.SplitSeq(out, "\r\x1b[K") {
		bar, _, _ := strings.Cut(line, "\r")
		if bar = strings.TrimSuffix(bar, "^C"); strings.HasPrefix(bar, "[") && len(bar) >= 60 { // ^C is the terminal's echo of the key
			t.Errorf("a bar of %d columns on a terminal of 60: %q", len(bar), bar)
		}
	}

	// Elsewhere than on a terminal: plain text, nothing drawn.
	again := program(t, dir, "send", "--integration", "NS", "--from", bills, "--json")
	var o, e bytes.Buffer
	again.Stdout, again.Stderr = &o, &e
	if err := again.Run(); err != nil {
		t.Fatalf("%v\n%s", err, e.String())
	}
	var s summary
	if err := json.Unmarshal(o.Bytes(), &s); err != nil || s.Bills != 20 || s.Left != 0 || s.ByStatus["COMPLETE"].Bills != 20 {
		t.Errorf("%v: %s", err, o.String())
	}
	if strings.Contains(e.String(), "\x1b") || strings.Contains(e.String(), "\r") {
		t.Errorf("drawn where no terminal is: %q", e.String())
	}
}

// Away from a terminal the progress is a line now and then.
func TestBarElsewhere(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	bar := newBar(&b)
	bar.draw(1, 40, time.Second)
	if b.Len() > 0 {
		t.Errorf("a line at once: %q", b.String())
	}
	bar.plain = bar.plain.Add(-5 * time.Second)
	bar.draw(12, 40, 4*time.Second)
	bar.draw(13, 40, 4*time.Second)
	bar.clear()
	if got, want := b.String(), "12 of 40 bills, 3.0/s, 9s left\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
