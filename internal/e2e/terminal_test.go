package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"billferry/internal/api"
	"billferry/internal/app"
)

// screenTimeout is how long a text may take to appear. Nothing waits that long
// unless it never comes: the machine may be busy.
const screenTimeout = 40 * time.Second

// program is the built binary; TestMain makes it.
var program string

func TestMain(m *testing.M) {
	code, err := withProgram(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withProgram(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "billferry-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "billferry")
	if out, err := exec.Command("go", "build", "-o", program, "billferry").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("go build: %w\n%s", err, out)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // they wait more than they work
		return 1, err
	}
	return m.Run(), nil
}

// terminal is a screen with the program on it.
type terminal struct {
	t    testing.TB
	tty  *os.File
	cmd  *exec.Cmd
	dir  string // TMPDIR of the program
	done chan struct{}

	mu      sync.Mutex
	screen  vt10x.Terminal
	raw     []byte        // all that the program wrote
	changed chan struct{} // closed when it writes more
}

// start runs the program in a terminal. env adds to a plain environment.
func start(t testing.TB, cols, rows int, env []string, args ...string) *terminal {
	t.Helper()
	return startProgram(t, program, cols, rows, env, args...)
}

func startProgram(t testing.TB, path string, cols, rows int, env []string, args ...string) *terminal {
	t.Helper()
	// Not t.TempDir: below it the path of a unix socket would be too long.
	dir, err := os.MkdirTemp("", "bf")
	if err != nil {
		t.Fatal(err)
	}
	s := &terminal{
		t: t, dir: dir, done: make(chan struct{}), changed: make(chan struct{}),
		screen: vt10x.New(vt10x.WithSize(cols, rows)),
	}
	s.cmd = exec.Command(path, args...)
	s.cmd.Env = append([]string{"TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC", "HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH")},
		env...)
	s.tty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)})
	if err != nil {
		t.Fatal(err)
	}
	go s.read()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.done
		_ = s.tty.Close()
		_ = os.RemoveAll(dir)
	})
	return s
}

// folder is an empty one with a path so short that a socket fits below it, as none
// below t.TempDir does.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// command runs the program without a screen and returns what it writes.
func command(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("billferry %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// demo starts the whole product with quick simulators.
func demo(t *testing.T, cols, rows int, env ...string) *terminal {
	t.Helper()
	return start(t, cols, rows, env, "demo", "--latency", "5ms")
}

func (s *terminal) read() {
	defer close(s.done)
	buf := make([]byte, 32<<10)
	var text []byte // that the screen has not had yet: a letter may come in two reads
	for {
		n, err := s.tty.Read(buf)
		text = append(text, buf[:n]...)
		whole := wholeLetters(text)
		s.mu.Lock()
		_, _ = s.screen.Write(text[:whole])
		text = append(text[:0], text[whole:]...)
		s.raw = append(s.raw, buf[:n]...)
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil { // the program is gone
			_ = s.cmd.Wait()
			return
		}
	}
}

// wholeLetters is how much of a text ends with a whole letter of UTF-8.
func wholeLetters(text []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if at := len(text) - i; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return at
			}
			break
		}
	}
	return len(text)
}

// written is all that the program wrote so far.
func (s *terminal) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.raw)
}

// text is what stands on the screen, and a channel that is closed once that
// may have changed.
func (s *terminal) text() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(s.screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"), s.changed
}

// until waits for a screen that holds is satisfied with.
func (s *terminal) until(what string, holds func(screen string) bool) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), screenTimeout)
	defer cancel()
	over := false
	for {
		text, changed := s.text()
		if holds(text) {
			return text
		}
		if over {
			s.t.Fatalf("%s: not so when the program ended:\n%s", what, text)
		}
		select {
		case <-changed:
		case <-s.done:
			over = true // one more look
		case <-ctx.Done():
			s.t.Fatalf("%s: not so after %s:\n%s", what, screenTimeout, text)
		}
	}
}

// see waits for a screen with every text on it, and returns it.
func (s *terminal) see(texts ...string) string {
	s.t.Helper()
	return s.until(fmt.Sprintf("see %q", texts), func(screen string) bool {
		for _, x := range texts {
			if !strings.Contains(screen, x) {
				return false
			}
		}
		return true
	})
}

// gone waits for a screen with none of the texts on it.
func (s *terminal) gone(texts ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("no more of %q", texts), func(screen string) bool {
		for _, x := range texts {
			if strings.Contains(screen, x) {
				return false
			}
		}
		return true
	})
}

// keys that have a name.
var keys = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "space": " ",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f9": "\x1b[20~", "f10": "\x1b[21~", "f11": "\x1b[23~",
	"ctrl+b": "\x02", "ctrl+c": "\x03", "ctrl+d": "\x04", "ctrl+f": "\x06", "ctrl+k": "\x0b", "ctrl+l": "\x0c", "ctrl+o": "\x0f",
	"ctrl+p": "\x10", "ctrl+s": "\x13", "ctrl+t": "\x14", "ctrl+n": "\x0e", "ctrl+u": "\x15", "ctrl+z": "\x1a",
}

// press sends keys by name; what has no name is sent as it is.
func (s *terminal) press(names ...string) {
	s.t.Helper()
	for _, n := range names {
		if k, ok := keys[n]; ok {
			n = k
		} else if strings.HasPrefix(n, "ctrl+") {
			s.t.Fatalf("%s has no name here", n)
		}
		if _, err := s.tty.WriteString(n); err != nil {
			s.t.Fatalf("press %q: %v", n, err)
		}
	}
}

// goes presses a key and waits for what it leads to.
func (s *terminal) goes(key string, to ...string) {
	s.t.Helper()
	s.press(key)
	s.see(to...)
}

// filters types a filter into a list, and waits for how much it finds.
func (s *terminal) filters(line, found string) {
	s.t.Helper()
	s.press("/", line, "enter")
	s.see("/ "+line, found)
}

func (s *terminal) resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.screen.Resize(cols, rows)
	s.mu.Unlock()
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the program to end and returns its exit code.
func (s *terminal) ends() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(screenTimeout):
		text, _ := s.text()
		s.t.Fatalf("the program does not end:\n%s", text)
	}
	return s.cmd.ProcessState.ExitCode()
}

// kill ends the program as a crash would.
func (s *terminal) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	<-s.done
}

// watch asks a running program over its socket, after each change it tells of,
// until done holds.
func watch(t *testing.T, dataDir string, done func(*api.Client) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), screenTimeout)
	defer cancel()
	c := api.Dial(app.SocketPath(dataDir), app.Catalog())
	changes, err := c.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for !done(c) {
		select {
		case _, open := <-changes:
			if !open {
				t.Fatal("the program ended, or no longer tells of changes")
			}
		case <-ctx.Done():
			t.Fatalf("it did not come about in %s", screenTimeout)
		}
	}
}
