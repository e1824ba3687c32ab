package api

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConns bounds the connections of one TCP listener. Strangers may open as
// many as they like before they show a key, and every one takes a file
// descriptor that deliveries need.
const maxConns = 256

// How long the body of a request may take that shows no key: one that is
// answered, and one that is refused already.
const (
	strangerTime = 5 * time.Second
	refusedTime  = time.Second
)

// unsettled is how long a connection is left alone after anything has happened to it:
// of a client that opens more than there are places at once, the first request of one
// may be on its way, or the next.
const unsettled = 250 * time.Millisecond

// limited keeps a bounded number of connections. When all places are taken, the
// one that is missed least makes room: a connection without a key that is idle,
// that has not sent its first request yet, or that is in the middle of one, in
// this order and the oldest first, and last one with a key that is idle. While
// all are at work for holders of keys, or unsettled, more wait in the kernel.
type limited struct {
	net.Listener
	most int

	mu     sync.Mutex
	freed  *sync.Cond // a place is free, or can be made
	conns  map[*counted]bool
	closed bool
}

func limit(l net.Listener, n int) net.Listener {
	x := &limited{Listener: l, most: n, conns: map[*counted]bool{}}
	x.freed = sync.NewCond(&x.mu)
	return x
}

// Accept waits for a connection, and then for a place for it.
func (l *limited) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	for len(l.conns) >= l.most && !l.closed {
		victim, wait := l.least(time.Now())
		if victim == nil {
			l.await(wait)
			continue
		}
		delete(l.conns, victim)
		_ = victim.Conn.Close() // the server finds out by reading from it
	}
	if l.closed {
		l.mu.Unlock()
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c := &counted{Conn: conn, of: l, state: http.StateNew, since: time.Now()}
	l.conns[c] = true
	l.mu.Unlock()
	return c, nil
}

// least is the connection that is missed least. When there is none, one may be after
// wait; 0: not before something happens.
func (l *limited) least(now time.Time) (worst *counted, wait time.Duration) {
	for c := range l.conns {
		switch left := unsettled - now.Sub(c.since); {
		case c.rank() >= busy:
		case left > 0:
			if wait == 0 || left < wait {
				wait = left
			}
		case worst == nil || c.rank() < worst.rank() || c.rank() == worst.rank() && c.since.Before(worst.since):
			worst = c
		}
	}
	return worst, wait
}

// await waits until something happens, or for so long. l.mu is held.
func (l *limited) await(most time.Duration) {
	if most > 0 {
		defer time.AfterFunc(most, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.freed.Broadcast()
		}).Stop()
	}
	l.freed.Wait()
}

// Close ends an Accept that waits for a place, too.
func (l *limited) Close() error {
	l.mu.Lock()
	l.closed = true
	l.freed.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	of    *limited
	state http.ConnState
	since time.Time // when it came to be in that state
	known bool      // a key was shown on it
}

// busy is the rank of a connection that is left alone.
const busy = 4

func (c *counted) rank() int {
	switch {
	case c.known && c.state == http.StateIdle:
		return 3
	case c.known:
		return busy
	case c.state == http.StateIdle:
		return 0
	case c.state == http.StateNew:
		return 1
	}
	return 2
}

func (c *counted) Close() error {
	err := c.Conn.Close()
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.freed.Broadcast()
	c.of.mu.Unlock()
	return err
}

func countedOf(conn net.Conn) *counted {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, _ := conn.(*counted)
	return c
}

// connState keeps what a limited listener has to know (http.Server.ConnState).
func connState(conn net.Conn, s http.ConnState) {
	c := countedOf(conn)
	if c == nil {
		return
	}
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.state, c.since = s, time.Now()
	c.of.freed.Broadcast()
}

type connKey struct{}

// connContext lets a handler find the connection (http.Server.ConnContext).
func connContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, countedOf(conn))
}

// showsKey notes that the connection of a request is that of a holder of a key.
func showsKey(r *http.Request) {
	if c, _ := r.Context().Value(connKey{}).(*counted); c != nil {
		c.of.mu.Lock()
		c.known = true
		c.of.mu.Unlock()
	}
}

// limitRead bounds how long the rest of a request may take to arrive.
func limitRead(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d)) // a test's recorder has none
}
