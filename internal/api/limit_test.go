package api

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who makes room when all places are taken, and who does not.
func TestWhoMakesRoom(t *testing.T) {
	t.Parallel()
	l, now := limit(nil, 4).(*limited), time.Now()
	add := func(s http.ConnState, known bool) *counted {
		c := &counted{of: l, state: s, since: now.Add(-time.Hour + time.Duration(len(l.conns))), known: known}
		l.conns[c] = true
		return c
	}
	add(http.StateActive, true) // at work for the holder of a key: never
	keyIdle := add(http.StateIdle, true)
	half := add(http.StateActive, false)
	silent := add(http.StateNew, false)
	old, young := add(http.StateIdle, false), add(http.StateIdle, false)
	recent := add(http.StateNew, false) // its request may be on its way
	recent.since = now.Add(-unsettled / 2)
	for i, want := range []*counted{old, young, silent, half, keyIdle, nil} {
		got, wait := l.least(now)
		if got != want || wait != unsettled/2 {
			t.Fatalf("number %d to make room is %+v, want %+v; the next after %s", i+1, got, want, wait)
		}
		delete(l.conns, want)
	}
	if got, _ := l.least(now.Add(unsettled)); got != recent {
		t.Errorf("in the end %+v makes room", got)
	}
}

// A client with a key that calls over more connections at once than there are places
// gets an answer to each call.
func TestOneClientMayBeACrowd(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { showsKey(r) })
	srv := &http.Server{ConnState: connState, ConnContext: connContext, Handler: handler}
	go func() { _ = srv.Serve(limit(ln, 16)) }()
	defer func() { _ = srv.Close() }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				r, err := client.Post("http://"+ln.Addr().String(), "text/plain", strings.NewReader("x")) // which is not sent twice
				if err != nil {
					t.Error(err)
					return
				}
				_ = r.Body.Close()
			}
		})
	}
	all.Wait()
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
