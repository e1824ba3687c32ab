package postgres_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL that the tests start in a temporary folder, reached by a
// socket in it.
type server struct {
	dir string
	n   atomic.Int64
}

var theServer *server

// bin is where the newest PostgreSQL of this machine has its programs.
func bin() string {
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

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("15") // each step is many round trips; the file runs the long form
	}
	code := func() int {
		if bin() == "" {
			return m.Run()
		}
		s, stop, err := startServer()
		if err != nil {
			fmt.Fprintln(os.Stderr, "start PostgreSQL:", err)
			return 1
		}
		defer stop()
		theServer = s
		return m.Run()
	}()
	os.Exit(code)
}

// startServer makes a cluster and starts it. PostgreSQL refuses to run as root: it
// runs as nobody then.
func startServer() (s *server, stop func(), err error) {
	dir, err := os.MkdirTemp("", "billferry-pg-")
	if err != nil {
		return nil, nil, err
	}
	s = &server{dir: dir}
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
	options := "-c listen_addresses= -c max_connections=400 -c fsync=off -c full_page_writes=off -k " + dir
	if out, err := s.run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		stop()
		return nil, nil, fmt.Errorf("%w: %s", err, out)
	}
	return s, stop, nil
}

// run runs one of PostgreSQL's programs, as nobody for root.
func (s *server) run(name string, args ...string) ([]byte, error) {
	args = append([]string{filepath.Join(bin(), name)}, args...)
	if os.Geteuid() == 0 {
		args = append([]string{"setpriv", "--reuid=nobody", "--clear-groups"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.dir
	var out bytes.Buffer
	if name == "pg_ctl" { // the server would keep a pipe open
		f, err := os.Create(filepath.Join(s.dir, "pg_ctl.log"))
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

// need gives the server, or skips the test where there is no PostgreSQL.
func need(t *testing.T) *server {
	t.Helper()
	if theServer == nil && os.Getenv("TEST_POSTGRES") == "required" {
		t.Fatal("no PostgreSQL under /usr/lib/postgresql, and it is required")
	}
	if theServer == nil {
		t.Skip("no PostgreSQL under /usr/lib/postgresql: install it to run this test (apt-get install postgresql)")
	}
	return theServer
}

func (s *server) url(user, database, schema string) string {
	u := fmt.Sprintf("postgres://%s@/%s?host=%s&pool_max_conns=4", user, database, s.dir)
	if schema != "" {
		u += "&search_path=" + schema
	}
	return u
}

// schema is a name that nobody has used.
func (s *server) schema() string { return fmt.Sprintf("s%d", s.n.Add(1)) }

var adminLock sync.Mutex

// admin runs a statement as the owner of everything.
func (s *server) admin(t *testing.T, database string, statements ...string) {
	t.Helper()
	adminLock.Lock()
	defer adminLock.Unlock()
	c, err := pgx.Connect(t.Context(), s.url("postgres", database, "")[:strings.Index(s.url("postgres", database, ""), "&pool")])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	for _, sql := range statements {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
}
