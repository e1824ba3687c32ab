package cluster_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { newRooms = namespaces }

// namespace is a network namespace in which one process runs. A link leads from it to
// PostgreSQL; NetSuite is inside.
type namespace struct {
	t       *testing.T
	handle  *os.File
	link    string // its end outside
	address string // of that, where PostgreSQL listens
}

// namespaces makes some, and tells what PostgreSQL needs to be reached from them. It
// skips the test where that is not allowed.
func namespaces(t *testing.T, n int) (rooms []room, settings []string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("-cluster.netns: only root makes network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("-cluster.netns: there is no ip (apt-get install iproute2)")
	}
	id := os.Getpid()
	var addresses []string
	for i := range n {
		name := fmt.Sprintf("billferry-%d-%d", id, i)
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Skipf("-cluster.netns: this machine allows no network namespaces: %v: %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
		base := fmt.Sprintf("10.%d.%d.", 200+id/256%50, id%256)
		s := &namespace{t: t, link: fmt.Sprintf("bf%dh%d", id, i), address: fmt.Sprint(base, 4*i+1)}
		s.ip("link", "add", s.link, "type", "veth", "peer", "name", "db", "netns", name)
		t.Cleanup(func() { _ = exec.Command("ip", "link", "del", s.link).Run() })
		s.ip("addr", "add", s.address+"/30", "dev", s.link)
		s.ip("-n", name, "addr", "add", fmt.Sprint(base, 4*i+2, "/30"), "dev", "db")
		s.ip("-n", name, "link", "set", "lo", "up")
		s.ip("-n", name, "link", "set", "db", "up")
		s.mend()
		var err error
		if s.handle, err = os.Open(filepath.Join("/run/netns", name)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.handle.Close() })
		rooms, addresses = append(rooms, s), append(addresses, s.address)
	}
	dir, err := os.MkdirTemp("", "billferry-hba-")
	if err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755) // PostgreSQL runs as nobody
	}
	hba := filepath.Join(dir, "pg_hba.conf")
	if err == nil {
		err = os.WriteFile(hba, []byte("local all all trust\nhost all all 10.0.0.0/8 trust\n"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rooms, []string{"-c listen_addresses=" + strings.Join(addresses, ","), "-c hba_file=" + hba}
}

func (s *namespace) ip(args ...string) {
	s.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (s *namespace) cut()  { s.ip("link", "set", s.link, "down") }
func (s *namespace) mend() { s.ip("link", "set", s.link, "up") }

func (s *namespace) url() string {
	return "postgres://postgres@" + s.address + "/postgres?sslmode=disable"
}

// within runs f on a thread of the namespace, which ends with it.
func (s *namespace) within(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(int(s.handle.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

func (s *namespace) start(cmd *exec.Cmd) error { return s.within(cmd.Start) }

func (s *namespace) listen(address string) (l net.Listener, err error) {
	err = s.within(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	return l, err
}
