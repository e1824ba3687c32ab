package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// ErrDamaged is returned, wrapped, for a file that is not as it was written:
// cut short, written over, or not a store at all. What it says ends with what
// to do.
var ErrDamaged = errors.New("the file is damaged")

const damageAdvice = "stop billferry, put the last backup in its place (docs/OPERATING.md, Backup) and run 'billferry store check'"

func damaged(path, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s; to do: %s", path, ErrDamaged, fmt.Sprintf(format, args...), damageAdvice)
}

// bbolt's meta page, as it lies on disk behind the 16 bytes of the page header.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaBytes   = 64
	metaSummed  = 56 // those that the checksum is over
	pageHeader  = 16
)

// inspect tells whether the file at path can be opened without touching a page
// that is not there: reading beyond the end of a mapped file ends a process. A
// file that is missing is about to be made.
func inspect(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the store %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open the store %s: %w", path, err)
	}
	if info.Size() == 0 {
		// bbolt would begin a new one in it, and the loss would not be seen.
		return damaged(path, "it is empty (if there never was anything in it, remove it)")
	}
	page, need, ok := lastMeta(f)
	switch {
	case !ok:
		return damaged(path, "it does not begin as a store does")
	case info.Size() < need*page:
		return damaged(path, "it was cut short: it has %d bytes of %d", info.Size(), need*page)
	}
	return nil
}

// lastMeta reads the newer of the two meta pages that are whole: how long a page
// is, and how many pages are in use.
func lastMeta(f io.ReaderAt) (page, pages int64, ok bool) {
	var txid uint64
	// The second lies a page behind the first, whose length the first tells; if
	// that one is broken, any length a system may have had is tried.
	for _, at := range []int64{0, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10} {
		b := make([]byte, metaBytes)
		if _, err := f.ReadAt(b, at+pageHeader); err != nil {
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write(b[:metaSummed]) // a hash takes everything
		size := int64(binary.NativeEndian.Uint32(b[8:]))
		if binary.NativeEndian.Uint32(b) != metaMagic || binary.NativeEndian.Uint32(b[4:]) != metaVersion ||
			binary.NativeEndian.Uint64(b[metaSummed:]) != h.Sum64() || at != 0 && at != size {
			continue
		}
		if id := binary.NativeEndian.Uint64(b[48:]); !ok || id > txid {
			page, pages, txid, ok = size, int64(binary.NativeEndian.Uint64(b[40:])), id, true
		}
	}
	return page, pages, ok
}

// guard runs what reads pages of the file at path. bbolt panics on a page that
// is not what it should be, a reference into nowhere is a fault, and a key of
// another length than was written breaks what reads it: all are the file's, and
// become ErrDamaged, with the place for whom it is reported to. Any other panic
// is the program's, and goes on.
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		at := raisedIn()
		_, fault := p.(interface{ Addr() uintptr })
		_, reading := p.(runtime.Error)
		if !fault && !strings.HasPrefix(at, bboltPath) && !(reading && strings.HasPrefix(at, storePath)) {
			panic(p)
		}
		err = damaged(path, "%v, in %s", p, at)
	}()
	return f()
}

const bboltPath, storePath = "go.etcd.io/bbolt", "billferry/"

// raisedIn names the function of bbolt or of ours that raised the panic which
// is being recovered, itself or by what it called of Go's own.
func raisedIn() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(1, pc)])
	for raised := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			raised = true
		case raised && (strings.HasPrefix(f.Function, bboltPath) || strings.HasPrefix(f.Function, storePath)):
			return f.Function
		}
		if !more {
			return ""
		}
	}
}
