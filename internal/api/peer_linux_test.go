package api_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"billferry/internal/api"
	"billferry/internal/service/servicetest"
)

// TestForeignPeer lets another user connect, which takes root.
func TestForeignPeer(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can become another user to try this")
	}
	path := socketPath(t)
	fake := servicetest.New()
	serve(t, fake, path, api.Options{})
	for _, name := range []string{filepath.Dir(path), path} {
		if err := os.Chmod(name, 0o777); err != nil { // take the first line of defence away
			t.Fatal(err)
		}
	}
	if got := askAs(t, 65534, path); got != "" {
		t.Errorf("another user got an answer: %q", got)
	}
	if got := askAs(t, 0, path); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the same user got %q", got)
	}
}

// askAs sends a request as another user: the effective uid of one thread is
// what the kernel notes when that thread connects.
func askAs(t *testing.T, uid int, path string) string {
	t.Helper()
	answer := make(chan string, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if uid != 0 {
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
				answer <- errno.Error()
				return
			}
		}
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer func() { _ = syscall.Close(fd) }()
		if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
			answer <- err.Error()
			return
		}
		_, _ = syscall.Write(fd, []byte("GET /organizations/-/billferry/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		b := make([]byte, 4096)
		n, _ := syscall.Read(fd, b)
		answer <- string(b[:max(n, 0)])
	}()
	return <-answer
}

// TestListenUnixLeavesBusySocket fills the queue of an owner that accepts
// nothing just now: it cannot answer, but it lives.
func TestListenUnixLeavesBusySocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	waiting, err := net.Dial("unix", path) // takes the only place
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = waiting.Close() }()
	if _, err := api.ListenUnix(path); !errors.Is(err, api.ErrListening) {
		t.Errorf("a busy owner's socket: %v; want ErrListening", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a busy owner's socket was removed: %v", err)
	}
}
