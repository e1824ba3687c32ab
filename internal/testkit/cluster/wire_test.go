//go:build unix

package cluster_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// wire is a cable that the test itself carries.
type wire struct {
	dir  string
	mu   sync.RWMutex // locked: it is cut
	real string
}

// newWire listens in a folder in place of a PostgreSQL in another.
func newWire(t *testing.T, real string) *wire {
	t.Helper()
	dir, err := os.MkdirTemp("", "billferry-wire-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	w := &wire{dir: dir, real: filepath.Join(real, socket)}
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.Close()
		_ = os.RemoveAll(dir)
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

func (w *wire) carry(c net.Conn) {
	defer func() { _ = c.Close() }()
	w.pass()
	s, err := net.Dial("unix", w.real)
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	var both sync.WaitGroup
	for _, x := range [][2]net.Conn{{c, s}, {s, c}} {
		both.Go(func() {
			_, _ = io.Copy(held{w, x[0]}, x[1])
			w.pass() // the end of a connection is not told through a cut either
			_ = x[0].Close()
			_ = x[1].Close()
		})
	}
	both.Wait()
}

func (w *wire) url() string { return "postgres://postgres@/postgres?host=" + w.dir }
func (w *wire) cut()        { w.mu.Lock() }
func (w *wire) mend()       { w.mu.Unlock() }

// pass waits while the wire is cut.
func (w *wire) pass() {
	w.mu.RLock()
	defer w.mu.RUnlock()
}

// held writes what the wire lets through.
type held struct {
	w *wire
	io.Writer
}

func (h held) Write(b []byte) (int, error) {
	h.w.pass()
	return h.Writer.Write(b)
}
