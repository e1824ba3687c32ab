package kv

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
// that is not there: reading beyond the end of a mapped file ends a process. It
// answers how many of the two meta pages are whole. A file that is missing is
// about to be made.
func inspect(path string) (metas int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 2, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open the store %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("open the store %s: %w", path, err)
	}
	if info.Size() == 0 {
		// bbolt would begin a new one in it, and the loss would not be seen.
		return 0, damaged(path, "it is empty (if there never was anything in it, remove it)")
	}
	page, need, whole := lastMeta(f)
	switch {
	case whole == 0:
		return 0, damaged(path, "it does not begin as a store does")
	case info.Size() < need*page:
		return 0, damaged(path, "it was cut short: it has %d bytes of %d", info.Size(), need*page)
	}
	return whole, nil
}

// lastMeta reads the newer of the two meta pages that are whole: how long a page
// is, how many pages are in use, and how many of the two are whole.
func lastMeta(f io.ReaderAt) (page, pages int64, whole int) {
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
		if id := binary.NativeEndian.Uint64(b[48:]); whole == 0 || id > txid {
			page, pages, txid = size, int64(binary.NativeEndian.Uint64(b[40:])), id
		}
		whole++
	}
	return page, pages, whole
}

// guard runs what reads pages of the file at path. bbolt panics on a page that
// is not what it should be, a reference into nowhere is a fault, and a record
// that is not as it was written is a Broken: all are the file's, and
// become ErrDamaged, with the place for whom it is reported to. Any other panic
// is a fault of the program, and goes on as what it is.
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if err = damageOf(path, p); err == nil {
				panic(p)
			}
		}
	}()
	return f()
}

// damageOf tells what a panic that is being recovered says about the file; nil
// when it is about the program. A nil pointer or an index out of range in our
// own code, or in what it called, is the program's. The fault of a nil pointer
// has no address.
func damageOf(path string, p any) error {
	if r, ok := p.(Broken); ok {
		return damaged(path, "%v", r)
	}
	at := raisedIn()
	if _, fault := p.(interface{ Addr() uintptr }); fault || strings.HasPrefix(at, bboltPath) {
		return damaged(path, "%v, in %s", p, at)
	}
	return nil
}

// ownFault is a panic of the program in the writer, on its way to whom the
// change belongs to. The file is as it was before the change.
type ownFault struct {
	value any
	stack []byte
}

func (f *ownFault) Error() string {
	return fmt.Sprintf("a fault of billferry itself, not of the file: %v\n\n%s", f.value, f.stack)
}

// ownOrDamaged runs f like guard, but gives a panic of the program as an
// *ownFault, too: one change that panics must not end the writer of all.
func ownOrDamaged(path string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &ownFault{p, debug.Stack()}
		}
	}()
	return guard(path, f)
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
