// Package readfile reads the files that a person names: a key, a secret, a
// configuration. A name may be mistyped, or come from somebody else, so a file
// is opened only when it is a regular one, and read only when it is small
// enough for what it should hold.
package readfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// How long files of a kind can be.
const (
	Key    = 64 << 10 // a key, a certificate chain, a secret
	Config = 4 << 20  // a configuration
)

// ErrNotRegular says that a name is that of a folder, a pipe or a device.
var ErrNotRegular = errors.New("name a regular file")

// Open opens a regular file of any length, for what is read as a stream. It
// never waits for the other end of a pipe.
func Open(name string) (*os.File, error) {
	// Asked before it is opened: opening a device may do something.
	if info, err := os.Stat(name); err == nil {
		if err := regular(name, info); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	// And again: another file may have taken its place.
	info, err := f.Stat()
	if err == nil {
		err = regular(name, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Read reads a regular file of at most limit bytes.
func Read(name string, limit int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return read(f, info, name, limit)
}

func read(f *os.File, info fs.FileInfo, name string, limit int64) ([]byte, error) {
	if info.Size() > limit {
		return nil, tooLong(name, limit)
	}
	return All(f, name, limit) // it may grow meanwhile
}

// All reads a stream, such as standard input, of at most limit bytes.
func All(r io.Reader, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case int64(len(b)) > limit:
		return nil, tooLong(name, limit)
	}
	return b, nil
}

func tooLong(name string, limit int64) error {
	return fmt.Errorf("%s is longer than the %s that are read here: is it the right file?", name, size(limit))
}

func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

func regular(name string, info fs.FileInfo) error {
	kind := ""
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "no regular file"
	}
	return fmt.Errorf("%s is %s: %w", name, kind, ErrNotRegular)
}
