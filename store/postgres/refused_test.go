package postgres_test

import (
	"bytes"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
	"billferry/store/postgres"
)

// refused opens what cannot be opened, and wants one sentence with these parts.
func refused(t *testing.T, url string, parts ...string) {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, store.Options{})
	if err == nil {
		_ = s.Close()
		t.Fatalf("%s was opened", url)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q is not in %q", p, err)
		}
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "dial error") > 1 {
		t.Errorf("not one sentence without a password that says it once: %q", err)
	}
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	s := need(t)
	refused(t, "postgres://me:hunter2@127.0.0.1:1/db?connect_timeout=2", "no answer from PostgreSQL at 127.0.0.1:1/db", "check that it runs")
	refused(t, "http://x:hunter2@y", "URL of the database cannot be read", "postgres://")
	refused(t, s.URL("postgres", "nowhere", ""), "there is no database", "createdb")
	refused(t, s.URL("stranger", "postgres", ""), `role "stranger" does not exist`, "does not let user stranger in")
	refused(t, s.URL("postgres", "postgres", "")+"&search_path=a,b", "name one schema")
	s.admin(t, "postgres", "CREATE ROLE poor LOGIN", "CREATE DATABASE theirs")
	refused(t, s.URL("poor", "theirs", ""), `user poor may not make tables`, `GRANT CONNECT, CREATE ON DATABASE "theirs" TO "poor"`)
	s.admin(t, "postgres", "CREATE DATABASE frozen", "ALTER DATABASE frozen SET default_transaction_read_only = on")
	refused(t, s.URL("postgres", "frozen", ""), "read-only", "name the primary")
}

// A database of a newer billferry is refused and left as it is; one whose tables
// are not billferry's too.
func TestANewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	if err := s.open(t, schema).Close(); err != nil {
		t.Fatal(err)
	}
	s.admin(t, "postgres", "UPDATE "+schema+".schema_version SET version = 99")
	refused(t, s.URL("postgres", "postgres", schema), "of a newer billferry", "version 99", "start the newer one")
	foreign := s.Schema()
	s.admin(t, "postgres", "CREATE SCHEMA "+foreign, "CREATE TABLE "+foreign+".schema_version (name text)")
	refused(t, s.URL("postgres", "postgres", foreign), "is not billferry's", "search_path")
}

// A migration that fails leaves nothing behind.
func TestNothingIsHalfMigrated(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	s.admin(t, "postgres", "CREATE SCHEMA "+schema, "CREATE TABLE "+schema+".tally (x int)")
	refused(t, s.URL("postgres", "postgres", schema), `relation "tally" already exists`)
	s.admin(t, "postgres", "DROP TABLE "+schema+".tally")
	st, err := postgres.Open(t.Context(), s.URL("postgres", "postgres", schema), store.Options{})
	if err != nil {
		t.Fatalf("what the failed migration left is in the way: %v", err)
	}
	_ = st.Close()
}

// A server that is too old is told by its version: here one that says so.
func TestAnOldServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if c, err := l.Accept(); err == nil {
			oldServer(c)
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	refused(t, "postgres://postgres@/db?host="+dir+"", "PostgreSQL 12", "too old", "13 or newer")
}

// oldServer answers as version 12 does, whatever it is asked.
func oldServer(c net.Conn) {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 7, SecretKey: []byte("1234")})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil {
		m, err := b.Receive()
		if err != nil {
			return
		}
		if q, ok := m.(*pgproto3.Query); ok && strings.Contains(q.String, "server_version_num") {
			var columns []pgproto3.FieldDescription
			for _, oid := range []uint32{23, 16, 16, 23} {
				columns = append(columns, pgproto3.FieldDescription{Name: []byte("x"), DataTypeOID: oid, DataTypeSize: -1, TypeModifier: -1})
			}
			b.Send(&pgproto3.RowDescription{Fields: columns})
			b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("12"), []byte("f"), []byte("f"), []byte("7")}})
		}
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}

// Who lacks rights is told which, and by what statement they are given.
func TestWithoutRightsItSaysWhich(t *testing.T) {
	t.Parallel()
	s := need(t)
	s.admin(t, "postgres", "CREATE ROLE clerk LOGIN", "CREATE DATABASE locked", "REVOKE CONNECT ON DATABASE locked FROM PUBLIC")
	refused(t, s.URL("clerk", "locked", ""), `GRANT CONNECT, CREATE ON DATABASE "locked" TO "clerk"`)

	schema := s.Schema()
	s.admin(t, "postgres", "CREATE SCHEMA "+schema)
	refused(t, s.URL("clerk", "postgres", schema), "permission denied for schema "+schema,
		`GRANT USAGE, CREATE ON SCHEMA "`+schema+`" TO "clerk"`)
	s.admin(t, "postgres", "GRANT USAGE, CREATE ON SCHEMA "+schema+" TO clerk")
	st, err := postgres.Open(t.Context(), s.URL("clerk", "postgres", schema), store.Options{})
	if err != nil {
		t.Fatalf("what it said does not help: %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	s.admin(t, "postgres", "ALTER TABLE "+schema+".note OWNER TO postgres")
	if err := st.SetMeta(t.Context(), "x", []byte("1")); err == nil ||
		!strings.Contains(err.Error(), "user clerk may not use what billferry made") ||
		!strings.Contains(err.Error(), "open it as the user that made it") {
		t.Errorf("a right that was taken is told as %v", err)
	}

	other := s.Schema()
	_ = s.open(t, other).Close()
	s.admin(t, "postgres", "GRANT USAGE, CREATE ON SCHEMA "+other+" TO clerk")
	refused(t, s.URL("clerk", "postgres", other), "permission denied for table schema_version", "open it as the user that made it")
}

// Of many processes that start at once on an empty database one makes the tables,
// and one sealing key is the database's.
func TestOneSealingKeyIsTheDatabases(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	const each = 6
	errs := make(chan error, 2*each)
	var kept atomic.Int64
	for i := range cap(errs) {
		key := newKey{sealKey{byte(i % 2)}, &kept}
		go func() {
			st, err := postgres.OpenShared(t.Context(), at, store.Options{Sealer: key})
			if err == nil {
				err = st.Close()
			}
			errs <- err
		}()
	}
	failed := 0
	for range cap(errs) {
		if err := <-errs; err != nil {
			failed++
			if !strings.Contains(err.Error(), "sealed with another sealing key: give this machine the key") {
				t.Error(err)
			}
		}
	}
	if failed != each {
		t.Errorf("%d of %d were refused: half have another key", failed, cap(errs))
	}
	if n := kept.Load(); n != 1 {
		t.Errorf("%d keys were kept: one is the database's", n)
	}
}

// A copy has secrets that no new key has sealed; the key of the file that was copied
// is given to the machine that serves it.
func TestANewKeyIsNoneOfACopy(t *testing.T) {
	t.Parallel()
	s := need(t)
	at := s.URL("postgres", "postgres", s.Schema())
	copied, err := postgres.Open(t.Context(), at, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = copied.CreateIntegration(t.Context(), integration.Integration{Name: "US"}, "")
	if err = errors.Join(err, copied.Close()); err != nil {
		t.Fatal(err)
	}
	var kept atomic.Int64
	open := func(key store.Sealer) error {
		st, err := postgres.OpenShared(t.Context(), at, store.Options{Sealer: key})
		if err == nil {
			err = st.Close()
		}
		return err
	}
	err = open(newKey{sealKey{1}, &kept})
	if err == nil || !strings.Contains(err.Error(), "sealed with another sealing key") || kept.Load() > 0 {
		t.Errorf("a new key: %v, kept %d times", err, kept.Load())
	}
	if err := open(sealKey{2}); err != nil {
		t.Errorf("a key that was there: %v", err)
	}
}

// newKey is a key that was made just now.
type newKey struct {
	sealKey
	kept *atomic.Int64
}

func (newKey) New() bool { return true }

func (k newKey) Keep() error {
	k.kept.Add(1)
	return nil
}

// sealKey is a key that only tells its own from others.
type sealKey [1]byte

func (k sealKey) Seal(plain []byte) ([]byte, error) { return append(k[:], plain...), nil }

func (k sealKey) Open(sealed []byte) ([]byte, error) {
	if plain, ok := bytes.CutPrefix(sealed, k[:]); ok {
		return plain, nil
	}
	return nil, errors.New("another key")
}

// The tables are not changed under a process that serves with the older ones, nor
// does one join with older tables in mind.
func TestTablesAreNotChangedUnderAServer(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	m := join(t, at)
	version := func(to string) { s.admin(t, "postgres", "UPDATE "+schema+".schema_version SET version = version "+to) }
	version("- 1")
	if _, err := postgres.OpenShared(t.Context(), at, store.Options{}); !errors.Is(err, postgres.ErrInUse) ||
		!strings.Contains(err.Error(), "1 processes serve the database") {
		t.Errorf("%v", err)
	}
	version("+ 2")
	if _, err := m.Store.Join(t.Context()); !errors.Is(err, store.ErrVersion) || !strings.Contains(err.Error(), "start the newer one") {
		t.Errorf("%v", err)
	}
}

// A process waits for another that changes the tables, and says so when it takes long.
func TestAMigrationUnderWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("PostgreSQL waits 10 s for a lock")
	}
	s := need(t)
	schema := s.Schema()
	s.begin(t, `SELECT pg_advisory_xact_lock(hashtextextended('billferry migrate ' || $1, 0))`, schema)
	refused(t, s.URL("postgres", "postgres", schema), "another billferry is changing the tables", "wait until it ends")
}

// A pooler that gives each transaction another session is told; one that keeps
// sessions is as good as the server, and is missed when it goes.
func TestAPoolerIsTold(t *testing.T) {
	t.Parallel()
	s := need(t)
	for _, how := range []string{"pool_mode=transaction", "pool_mode=transaction\nserver_round_robin=1", "pool_mode=statement"} {
		at, _ := s.Pooler(t, how)
		refused(t, at(s.Schema()), "gives each transaction another session", "name PostgreSQL itself, or a pool in session mode")
		if _, err := postgres.OpenShared(t.Context(), at(s.Schema()), store.Options{}); err == nil {
			t.Errorf("%s: it was shared", how)
		}
	}
	at, stop := s.Pooler(t, "pool_mode=session")
	st, err := postgres.OpenShared(t.Context(), at(s.Schema()), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	add := func() error {
		_, err := st.AddRuns(t.Context(), []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: "b"}}})
		return err
	}
	if err := errors.Join(add(), st.InPlace()); err != nil {
		t.Error(err)
	}
	stop()
	for range 2 { // the first may only learn that its connection has ended
		err = add()
	}
	if err := errors.Join(err, st.InPlace()); err == nil || !strings.Contains(err.Error(), "no answer from PostgreSQL") {
		t.Errorf("when it is gone: %v", err)
	}
}
