// Package pgtest starts a PostgreSQL for tests.
package pgtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a PostgreSQL that tests start in a temporary folder, reached by a
// socket in it.
type Server struct {
	Dir      string
	settings []string
	n        atomic.Int64
}

// Bin is where the newest PostgreSQL of this machine has its programs.
func Bin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is ours
	if len(found) == 0 {
		return ""
	}
	slices.SortFunc(found, func(a, b string) int { return majorOf(a) - majorOf(b) })
	return filepath.Dir(found[len(found)-1])
}

func majorOf(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what is none
	return n
}

// Start makes a cluster and starts it. PostgreSQL refuses to run as root: it
// runs as nobody then. settings are options of its program, like "-c fsync=on".
func Start(settings ...string) (s *Server, stop func(), err error) {
	dir, err := os.MkdirTemp("", "billferry-pg-")
	if err != nil {
		return nil, nil, err
	}
	s = &Server{Dir: dir, settings: settings}
	stop = func() {
		_, _ = s.run("pg_ctl", "-D", filepath.Join(dir, "data"), "-m", "immediate", "stop")
		_ = os.RemoveAll(dir)
	}
	if os.Geteuid() == 0 {
		if out, err := exec.Command("chown", "nobody", dir).CombinedOutput(); err != nil {
			return nil, stop, fmt.Errorf("%w: %s", err, out)
		}
	}
	data := filepath.Join(dir, "data")
	if out, err := s.run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"); err != nil {
		stop()
		return nil, nil, fmt.Errorf("%w: %s", err, out)
	}
	if err := s.begin(); err != nil {
		stop()
		return nil, nil, err
	}
	return s, stop, nil
}

// begin starts the cluster. It does not sync: these tests end no machine.
func (s *Server) begin() error {
	settings := strings.Join(s.settings, " ")
	options := "-c listen_addresses= -c max_connections=400 -c fsync=off -c full_page_writes=off " + settings + " -k " + s.Dir
	data, log := filepath.Join(s.Dir, "data"), filepath.Join(s.Dir, "log")
	if out, err := s.run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// Restart stops the cluster as pg_ctl's mode says, and starts it again after a while.
func (s *Server) Restart(mode string, away time.Duration) error {
	if out, err := s.run("pg_ctl", "-D", filepath.Join(s.Dir, "data"), "-w", "-m", mode, "stop"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	time.Sleep(away)
	return s.begin()
}

// run runs one of PostgreSQL's programs, as nobody for root.
func (s *Server) run(name string, args ...string) ([]byte, error) {
	args = asNobody(append([]string{filepath.Join(Bin(), name)}, args...)...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.Dir
	var out bytes.Buffer
	if name == "pg_ctl" { // the server would keep a pipe open
		f, err := os.Create(filepath.Join(s.Dir, "pg_ctl.log"))
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		cmd.Stdout, cmd.Stderr = f, f
	} else {
		cmd.Stdout, cmd.Stderr = &out, &out
	}
	err := cmd.Run()
	return out.Bytes(), err
}

// Missing skips a test where there is no PostgreSQL, and fails it where
// TEST_POSTGRES is required.
func Missing(t testing.TB) {
	t.Helper()
	if os.Getenv("TEST_POSTGRES") == "required" {
		t.Fatal("no PostgreSQL under /usr/lib/postgresql, and it is required")
	}
	t.Skip("no PostgreSQL under /usr/lib/postgresql: install it to run this test (apt-get install postgresql)")
}

// Pooler starts a PgBouncer before the server, with these lines in its settings,
// or skips the test. url is that of a schema through it.
func (s *Server) Pooler(t testing.TB, settings string) (url func(schema string) string, stop func()) {
	t.Helper()
	const bin = "/usr/sbin/pgbouncer"
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("TEST_POSTGRES") == "required" {
			t.Fatal(err)
		}
		t.Skip("no PgBouncer: install it to run this test (apt-get install pgbouncer)")
	}
	dir, err := os.MkdirTemp(s.Dir, "pooler")
	if err != nil {
		t.Fatal(err)
	}
	ini, users := filepath.Join(dir, "ini"), filepath.Join(dir, "users")
	text := fmt.Sprintf("[databases]\n* = host=%s\n[pgbouncer]\nlisten_port=6432\nunix_socket_dir=%s\nauth_type=trust\nauth_file=%s\n%s\n",
		s.Dir, dir, users, settings)
	if err := errors.Join(os.WriteFile(ini, []byte(text), 0o644), os.WriteFile(users, []byte("\"postgres\" \"\"\n"), 0o644),
		os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	args := asNobody(bin, ini)
	cmd := exec.Command(args[0], args[1:]...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	t.Cleanup(stop)
	lines := bufio.NewScanner(log)
	for up := false; !up; up = strings.Contains(lines.Text(), "process up") {
		if !lines.Scan() {
			t.Fatal("PgBouncer does not start: ", lines.Text(), lines.Err())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return func(schema string) string {
		return fmt.Sprintf("postgres://postgres@/postgres?host=%s&port=6432&pool_max_conns=4&search_path=%s", dir, schema)
	}, stop
}

// asNobody is a command as root has it run: the programs refuse root.
func asNobody(args ...string) []string {
	if os.Geteuid() == 0 {
		return append([]string{"setpriv", "--reuid=nobody", "--clear-groups"}, args...)
	}
	return args
}

// New starts one for a test, or skips that. settings are those of Start.
func New(t testing.TB, settings ...string) *Server {
	t.Helper()
	if Bin() == "" {
		Missing(t)
	}
	s, stop, err := Start(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s
}

// URL is that of a database, and of a schema in it unless that is empty.
func (s *Server) URL(user, database, schema string) string {
	u := fmt.Sprintf("postgres://%s@/%s?host=%s&pool_max_conns=4", user, database, s.Dir)
	if schema != "" {
		u += "&search_path=" + schema
	}
	return u
}

// Schema is a name that nobody has used.
func (s *Server) Schema() string { return fmt.Sprintf("s%d", s.n.Add(1)) }
