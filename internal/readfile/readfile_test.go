//go:build unix

package readfile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no regular file is refused at once, with a sentence: a pipe that
// nobody writes to must not hold the program.
func TestOnlyRegularFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{dir: "is a folder", pipe: "is a pipe", link: "is a pipe", "/dev/zero": "is a device"} {
		if _, err := Read(name, Key); err == nil || !strings.Contains(err.Error(), want+": name a regular file") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := Read(filepath.Join(dir, "none"), Key); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(name, 5); err != nil || string(b) != "12345" {
		t.Errorf("as long as allowed: %q, %v", b, err)
	}
	if _, err := Read(name, 4); err == nil || !strings.Contains(err.Error(), "is longer than") {
		t.Errorf("too long: %v", err)
	}
	if err := os.Truncate(name, 1<<40); err == nil { // sparse: reading it would take all memory
		if _, err := Read(name, Config); err == nil || !strings.Contains(err.Error(), "longer than the 4 MiB") {
			t.Errorf("a terabyte: %v", err)
		}
	}
	if _, err := All(strings.NewReader("12345"), "standard input", 4); err == nil ||
		!strings.Contains(err.Error(), "standard input is longer") {
		t.Errorf("a stream: %v", err)
	}
}
