package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/store/postgres"
)

var theServer *server

// server is what all tests of the package share.
type server struct{ *pgtest.Server }

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("15") // each step is many round trips; the file runs the long form
	}
	code := func() int {
		if pgtest.Bin() == "" {
			return m.Run()
		}
		s, stop, err := pgtest.Start()
		if err != nil {
			fmt.Fprintln(os.Stderr, "start PostgreSQL:", err)
			return 1
		}
		defer stop()
		theServer = &server{s}
		return m.Run()
	}()
	os.Exit(code)
}

// need gives the server, or skips the test where there is no PostgreSQL.
func need(t *testing.T) *server {
	t.Helper()
	if theServer == nil {
		pgtest.Missing(t)
	}
	return theServer
}

// adminURL is for one connection, not for a pool.
func (s *server) adminURL(database string) string {
	return "postgres://postgres@/" + database + "?host=" + s.Dir
}

var adminLock sync.Mutex

// admin runs a statement as the owner of everything.
func (s *server) admin(t *testing.T, database string, statements ...string) {
	t.Helper()
	adminLock.Lock()
	defer adminLock.Unlock()
	c, err := pgx.Connect(t.Context(), s.adminURL(database))
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

// open opens a schema, which is closed with the test at the latest.
func (s *server) open(t *testing.T, schema string) *postgres.Store {
	t.Helper()
	st, err := postgres.Open(t.Context(), s.URL("postgres", "postgres", schema), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// begin has a statement run in a transaction of somebody else, which ends with the
// test at the latest.
func (s *server) begin(t *testing.T, sql string, args ...any) pgx.Tx {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.adminURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	under, err := c.Begin(t.Context())
	if err == nil {
		_, err = under.Exec(t.Context(), sql, args...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return under
}
