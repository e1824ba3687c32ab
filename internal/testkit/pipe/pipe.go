// Package pipe is a network in memory. In a synctest bubble its connections let
// the fake clock run, which those of a real network do not: what takes a time
// takes it whatever the machine has to do besides.
package pipe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Network is where listeners are found by their address. The zero value is ready.
type Network struct {
	mu   sync.Mutex
	at   map[string]*listener
	port int
}

// Listen makes a listener at an address of its own on loopback.
func (n *Network) Listen(string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at == nil {
		n.at = map[string]*listener{}
	}
	n.port++
	l := &listener{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n.port}, conns: make(chan net.Conn), closed: make(chan struct{})}
	n.at[l.addr.String()] = l
	return l, nil
}

// Client reaches the listeners. Close its idle connections in the end.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.dial}}
}

func (n *Network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.at[address]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: connection refused", address)
	}
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: connection refused", address)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct {
	addr   *net.TCPAddr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }
