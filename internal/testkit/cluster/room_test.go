//go:build unix

package cluster_test

import (
	"net"
	"os/exec"
	"testing"
)

// cable is how one process reaches the database. While it is cut nothing goes through,
// either way, and nothing tells so; what was sent arrives once it is mended. The
// process reaches NetSuite all the while.
type cable interface {
	url() string // of the database
	cut()
	mend()
}

// room is a network of its own for one process, with a cable to the database.
type room interface {
	cable
	start(cmd *exec.Cmd) error
	listen(address string) (net.Listener, error)
}

// newRooms makes some, and tells what PostgreSQL needs to be reached from them; nil
// where there are none.
var newRooms func(t *testing.T, n int) (rooms []room, settings []string)

// everywhere listens in all rooms, on one port.
type everywhere struct {
	net.Listener // in the first
	conns        chan net.Conn
	closed       chan struct{}
}

func listenIn(t *testing.T, rooms []room) (net.Listener, error) {
	e := &everywhere{conns: make(chan net.Conn), closed: make(chan struct{})}
	address := "127.0.0.1:0"
	for _, r := range rooms {
		l, err := r.listen(address)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = l.Close() })
		if e.Listener == nil {
			e.Listener, address = l, l.Addr().String()
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				select {
				case e.conns <- c:
				case <-e.closed:
					_ = c.Close()
					return
				}
			}
		}()
	}
	return e, nil
}

func (e *everywhere) Accept() (net.Conn, error) {
	select {
	case c := <-e.conns:
		return c, nil
	case <-e.closed:
		return nil, net.ErrClosed
	}
}

func (e *everywhere) Close() error {
	select {
	case <-e.closed:
	default:
		close(e.closed)
	}
	return e.Listener.Close()
}
