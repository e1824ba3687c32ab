//go:build unix

package readfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A secret that other users may read or write is refused, with what to do; one
// that systemd gave the service is taken with the rights that its ACL shows.
func TestReadPrivate(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "secret")
	if err := os.WriteFile(name, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o644: false} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		b, err := ReadPrivate(name, Key)
		switch {
		case fine && (err != nil || string(b) != "s"):
			t.Errorf("%o: %q, %v", mode, b, err)
		case !fine && (!errors.Is(err, ErrPermissions) || !strings.Contains(err.Error(), "chmod 600 "+name)):
			t.Errorf("%o: %v", mode, err)
		}
	}
	if err := os.Chmod(name, 0o440); err != nil {
		t.Fatal(err)
	}
	for folder, fine := range map[string]bool{dir: true, dir + "x": false, "": false} {
		t.Setenv("CREDENTIALS_DIRECTORY", folder)
		if _, err := ReadPrivate(name, Key); (err == nil) != fine {
			t.Errorf("with credentials in %q: %v", folder, err)
		}
	}
}
