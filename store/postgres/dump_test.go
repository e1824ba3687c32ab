package postgres_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/testkit/pgtest"
	"billferry/store"
	"billferry/store/postgres"
)

// What docs/CLUSTER.md says of backups: pg_dump of the schema while a process
// serves, pg_restore into a new database, and all is there, with the sealing key.
func TestADumpIsABackup(t *testing.T) {
	t.Parallel()
	s := need(t)
	s.admin(t, "postgres", "CREATE DATABASE dumped", "CREATE DATABASE restored")
	o := store.Options{Sealer: sealKey{7}}
	open := func(database string) *postgres.Store {
		t.Helper()
		st, err := postgres.OpenShared(t.Context(), s.URL("postgres", database, ""), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	st := open("dumped")
	in, err := st.CreateIntegration(t.Context(), integration.Integration{Name: "US"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, bill := range []string{"a", "b"} {
		_, err := st.AddRuns(t.Context(), []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{IntegrationID: in.ID, EntityID: bill}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Audit(t.Context(), "anna", "retry", ""); err != nil {
		t.Fatal(err)
	}
	want, err := store.Digest(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dump")
	for _, args := range [][]string{{"pg_dump", "-Fc", "-n", "billferry", "-f", file, "dumped"}, {"pg_restore", "-d", "restored", file}} {
		at := append([]string{"-h", s.Dir, "-U", "postgres"}, args[1:]...)
		cmd := exec.CommandContext(t.Context(), filepath.Join(pgtest.Bin(), args[0]), at...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	back := open("restored")
	got, err := store.Digest(t.Context(), back)
	if err != nil || !bytes.Equal(got.Digest, want.Digest) {
		t.Errorf("%v came back of %v, %v", got.Records, want.Records, err)
	}
	if n, _, err := back.VerifyAudit(t.Context()); err != nil || n != 1 {
		t.Errorf("the trail has %d entries, %v", n, err)
	}
	if rep, err := back.Check(t.Context(), false, nil); err != nil || rep.Found > 0 || rep.Runs != 2 {
		t.Errorf("%+v, %v", rep, err)
	}
}
