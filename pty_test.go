package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A terminal that never answers a colour query must not hold up the first
// frame. Bubble Tea v1 left to itself waits five seconds (internal/earlyterm);
// less than that is told from it on a busy machine as well.
func TestFirstFrameOnAMuteTerminal(t *testing.T) {
	t.Parallel()
	const heldUp = 4 * time.Second
	best := time.Hour
	for try := 0; try < 3 && best > heldUp; try++ {
		took, raw := firstFrame(t)
		for _, question := range []string{"\x1b]10;?", "\x1b]11;?", "\x1b[6n", "\x1b[c"} {
			if bytes.Contains(raw, []byte(question)) {
				t.Fatalf("the terminal was asked %q before the first frame:\n%q", question, raw)
			}
		}
		best = min(best, took)
	}
	if best > heldUp {
		t.Fatalf("the first frame took %s", best)
	}
}

// firstFrame starts the program in a pty that answers nothing and returns the
// time until the home screen's name stood on it, with all bytes up to then.
func firstFrame(t *testing.T) (time.Duration, []byte) {
	t.Helper()
	cmd := exec.Command(binary, "--no-keyring", "--data-dir", t.TempDir())
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=", "NO_COLOR=", "BILLFERRY_THEME=", "COLORTERM=truecolor")
	start := time.Now()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer func() {
		stop.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = tty.Close()
	}()
	var seen []byte
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		seen = append(seen, buf[:n]...)
		if bytes.Contains(seen, []byte("Integrations")) {
			return time.Since(start), seen
		}
		if err != nil {
			t.Fatalf("no first frame: %v\n%q", err, seen)
		}
	}
}

// --version-like calls must not talk to the terminal at all.
func TestPlainCommandsAskTheTerminalNothing(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "version")
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	var out bytes.Buffer
	_, _ = out.ReadFrom(tty) // a pty ends with an error when the program does
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "billferry dev\r\n" {
		t.Fatalf("printed %q", got)
	}
}
