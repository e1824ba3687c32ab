package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// maxSocketPath is what the kernel's sockaddr_un holds, less the ending NUL:
// 107 bytes on Linux, 103 on macOS.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// ErrListening says that another process answers on the socket.
var ErrListening = errors.New("another process listens on the socket")

// ErrPeer says that the other end of the socket belongs to another user.
var ErrPeer = errors.New("the other end of the socket belongs to another user")

// ListenUnix listens on a unix socket that only this user can use: mode 0600,
// and the kernel is asked for the user of every peer. A socket that a dead
// process left behind is replaced; one that answers is ErrListening.
func ListenUnix(path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("socket path %q is %d bytes long and the system allows %d: choose a shorter data folder", path,
			len(path), maxSocketPath)
	}
	ln, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err = removeStale(path); err != nil {
			return nil, err
		}
		ln, err = net.Listen("unix", path)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("protect the socket: %w", err)
	}
	return &ownListener{Listener: ln}, nil
}

// removeStale removes a socket that nobody answers on. Only a refused
// connection proves that: anything else, a time-out too, may be a busy owner.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // its owner ended just now
	}
	if err != nil {
		return fmt.Errorf("look at the socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is in the way of the socket and is not one: move it elsewhere", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("%w: %s", ErrListening, path)
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w, but could not be asked: %s: %w", ErrListening, path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket a dead process left: %w", err)
	}
	return nil
}

// ownListener accepts peers of the same user only, and marks them.
type ownListener struct{ net.Listener }

// Accept drops a foreign peer and waits for the next: one stranger must not
// end the server's accept loop.
func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if samePeer(conn) == nil {
			return ownConn{conn}, nil
		}
		_ = conn.Close()
	}
}

// ownConn is a connection whose peer was checked. Its address is of a type
// that no other listener can make, so a handler can trust it.
type ownConn struct{ net.Conn }

func (c ownConn) LocalAddr() net.Addr { return ownAddr{c.Conn.LocalAddr()} }

type ownAddr struct{ net.Addr }

// samePeer tells whether the process at the other end is of our user.
func samePeer(conn net.Conn) error {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("%w: not a unix socket", ErrPeer)
	}
	raw, err := unixConn.SyscallConn()
	if err != nil {
		return fmt.Errorf("ask for the peer of the socket: %w", err)
	}
	uid, known := -1, false
	if ctlErr := raw.Control(func(fd uintptr) { uid, known, err = peerUID(int(fd)) }); ctlErr != nil {
		err = ctlErr
	}
	switch {
	case err != nil:
		return fmt.Errorf("ask for the peer of the socket: %w", err)
	case known && uid != os.Getuid():
		return fmt.Errorf("%w: uid %d, and we are %d", ErrPeer, uid, os.Getuid())
	}
	return nil
}

// dialOwn connects to a socket and checks who answers: a private key goes
// through it.
func dialOwn(ctx context.Context, path string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := samePeer(conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
