package api

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// Who makes room when all places are taken, and who does not.
func TestWhoMakesRoom(t *testing.T) {
	t.Parallel()
	l := limit(nil, 4).(*limited)
	add := func(s http.ConnState, known bool) *counted {
		l.clock++
		c := &counted{of: l, state: s, since: l.clock, known: known}
		l.conns[c] = true
		return c
	}
	add(http.StateActive, true) // at work for the holder of a key: never
	keyIdle := add(http.StateIdle, true)
	half := add(http.StateActive, false)
	silent := add(http.StateNew, false)
	old, young := add(http.StateIdle, false), add(http.StateIdle, false)
	for i, want := range []*counted{old, young, silent, half, keyIdle, nil} {
		if got := l.least(); got != want {
			t.Fatalf("number %d to make room is %+v, want %+v", i+1, got, want)
		}
		delete(l.conns, want)
	}
}

// A place that is left is given again, once, and closing ends a wait for one.
func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(ln, 2)
	taken := make(chan net.Conn)
	ended := make(chan error)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			x := countedOf(c)
			x.of.mu.Lock()
			x.known, x.state = true, http.StateActive // nobody makes room
			x.of.mu.Unlock()
			taken <- c
		}
	}()
	for range 4 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	first := <-taken
	<-taken
	select {
	case <-taken:
		t.Fatal("a third connection was taken")
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	_ = first.Close() // gives one place back, not two
	<-taken
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("Accept waits on after Close")
	}
}
