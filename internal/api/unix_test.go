package api_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/api"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

func TestListenUnixModes(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	ln, err := api.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := api.ListenUnix(path); !errors.Is(err, api.ErrListening) {
		t.Errorf("a socket that answers was taken over: %v", err)
	}
}

func TestListenUnixReplacesStaleSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close() // as kill -9 leaves it: the file stays
	ln, err := api.ListenUnix(path)
	if err != nil {
		t.Fatalf("a stale socket was not replaced: %v", err)
	}
	_ = ln.Close()
}

func TestListenUnixRefusals(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(socketPath(t))
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := api.ListenUnix(file); err == nil || !strings.Contains(err.Error(), "is not one") {
		t.Errorf("an ordinary file: %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 120))
	if _, err := api.ListenUnix(long); err == nil || !strings.Contains(err.Error(), "shorter data folder") {
		t.Errorf("a path that is too long: %v", err)
	}
}

func TestClientWithoutServer(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	_, err := api.Dial(path, nil).Info(t.Context())
	if !errors.Is(err, api.ErrUnavailable) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want ErrUnavailable that names the socket", err)
	}
}

// TestChangesReconnect ends the server and starts another: the stream goes on,
// and tells that things may have changed meanwhile.
func TestChangesReconnect(t *testing.T) {
	t.Parallel()
	fake, path := servicetest.New(), socketPath(t)
	stop := serve(t, fake, path, api.Options{})
	c := api.Dial(path, fake.Catalog())
	ch, err := c.Changes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fake.Notify("run", "before")
	if got := <-ch; got.ID != "before" {
		t.Fatalf("got %+v", got)
	}
	stop()
	serve(t, fake, path, api.Options{})
	if got := <-ch; got != (service.Change{Kind: service.AnyChange}) {
		t.Fatalf("got %+v, want that anything may have changed first", got)
	}
	fake.Notify("run", "after")
	if got := <-ch; got != (service.Change{Kind: "run", ID: "after"}) {
		t.Errorf("got %+v", got)
	}
}

// TestStreamBroken cuts the answer of Connect before its result: the caller
// must not take that for success.
func TestStreamBroken(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: " +
			"application/x-ndjson\r\n\r\n{\"step\":{\"name\":\"a\",\"state\":\"passed\"}}\n"))
		_ = conn.Close()
	}()
	steps := 0
	err = api.Dial(path, nil).Test(t.Context(), "i", func(service.Step) { steps++ })
	if !errors.Is(err, api.ErrUnavailable) || steps != 1 {
		t.Errorf("%v after %d steps; want ErrUnavailable after 1", err, steps)
	}
}

// TestTrustedRequestsOutliveLimits holds a request of our own user longer than
// every time limit of the server.
func TestTrustedRequestsOutliveLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake, pipe := servicetest.New(), api.NewPipe()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- api.NewServer(fake, api.Options{}).Serve(ctx, pipe) }()
		c := pipe.Dial(fake.Catalog())
		time.AfterFunc(10*time.Minute, fake.Hold("Totals"))
		if _, err := c.Totals(t.Context(), ""); err != nil {
			t.Errorf("after ten minutes: %v", err)
		}
		_ = c.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
