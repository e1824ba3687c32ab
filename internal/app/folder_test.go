package app

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAFolderThatOthersWriteToIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such bits")
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := makeFolder(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("it was made with %v, %v", info.Mode(), err)
	}
	for mode, fine := range map[os.FileMode]bool{
		0o750: true, 0o755: true, 0o775: false, 0o770: false, 0o777: false, 0o777 | os.ModeSticky: false,
	} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		a, err := Open(Config{DataDir: dir, NoKeyring: true})
		if refused := err != nil && strings.Contains(err.Error(), "chmod 700"); refused == fine {
			t.Errorf("%o: %v", mode, err)
		}
		if err == nil {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such owners")
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := makeFolder(dir); err != nil {
		t.Fatal(err)
	}
	if err := private(dir, os.Geteuid()+1); err == nil || !strings.Contains(err.Error(), dir+" belongs to another user") {
		t.Errorf("somebody else may use it: %v", err)
	}
}
