package readfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrPermissions says that other users may read or write a file that should be
// private.
var ErrPermissions = errors.New("the file is open to other users")

// ReadPrivate is Read of a file with a secret, which nobody else may read or write.
func ReadPrivate(name string, limit int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(name, info.Mode()); err != nil {
		return nil, err
	}
	return read(f, info, name, limit)
}

func private(name string, mode fs.FileMode) error {
	// Windows has no such bits; its profile folders are private by ACL.
	if mode.Perm()&0o077 == 0 || runtime.GOOS == "windows" || isCredential(name) {
		return nil
	}
	return fmt.Errorf("%w: %s has mode %04o; run: chmod 600 %s", ErrPermissions, name, mode.Perm(), name)
}

// isCredential tells whether a file is one that systemd gave the service. It lies
// in a folder of the service alone, and has the service's user in an ACL, which
// the mode shows as rights of the group.
func isCredential(name string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	full, err := filepath.Abs(name)
	return dir != "" && err == nil && strings.HasPrefix(full, filepath.Clean(dir)+string(filepath.Separator))
}
