package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
	"billferry/store/postgres"
)

// One process has the database at a time; when its connection ends it knows that
// another may have it, and one that waits gets it.
func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	st := s.open(t, schema)
	refused(t, at, "another billferry has the database", "stop it first")
	if _, err := postgres.Open(t.Context(), at, store.Options{}); !errors.Is(err, postgres.ErrInUse) {
		t.Error(err)
	}
	if err := st.InPlace(); err != nil {
		t.Error(err)
	}
	s.endLock(t, schema)
	if err := st.InPlace(); !errors.Is(err, store.ErrReplaced) || !strings.Contains(err.Error(), "start again") {
		t.Errorf("a lost lock is told as %v", err)
	}
}

// endLock ends the session that holds the lock of a schema.
func (s *server) endLock(t *testing.T, schema string) {
	t.Helper()
	s.admin(t, "postgres", `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'
		AND (classid::bigint << 32 | objid::bigint) = hashtextextended('billferry `+schema+`', 0)`)
}

// A process whose lock has gone writes nothing more, whether another has the
// database by then or not.
func TestWithoutItsLockNothingIsWritten(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	ctx := t.Context()
	st, err := postgres.Open(ctx, at, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	added, err := st.AddRuns(ctx, []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	before, err := store.Digest(ctx, st)
	if err != nil {
		t.Fatal(err)
	}
	started := added[0].Run
	started.Status = integration.Started
	refusedAll := func(who string) {
		t.Helper()
		for what, write := range map[string]func() error{
			"a run that starts": func() error { return st.SaveRun(ctx, started, &integration.Attempt{N: 1}) },
			"a new Bill": func() error {
				_, err := st.AddRuns(ctx, []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: "c"}}})
				return err
			},
			"an entry of the trail": func() error { return st.Audit(ctx, "anna", "retry", "") },
			"an event":              func() error { return st.AddEvent(ctx, integration.Event{Name: integration.EventDisabled}) },
			"an integration": func() error {
				_, err := st.CreateIntegration(ctx, integration.Integration{Name: "x"}, "")
				return err
			},
			"a cursor": func() error { return st.SetMeta(ctx, "cursor", []byte("1")) },
			"a repair": func() error { _, err := st.Check(ctx, true, nil); return err },
		} {
			if err := write(); !errors.Is(err, store.ErrReplaced) || !strings.Contains(err.Error(), "start again") {
				t.Errorf("%s, %s: %v", who, what, err)
			}
		}
		if after, err := store.Digest(ctx, st); err != nil || !bytes.Equal(after.Digest, before.Digest) {
			t.Errorf("%s: %v, %v; before it was %v", who, after.Records, err, before.Records)
		}
	}
	s.admin(t, "postgres", "DELETE FROM "+schema+".tally") // which a repair would make anew
	s.endLock(t, schema)
	refusedAll("nobody has the lock")
	next, err := postgres.Open(ctx, at, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = next.Close() })
	refusedAll("another has it")
	if err := next.SaveRun(ctx, started, &integration.Attempt{N: 1}); err != nil {
		t.Errorf("the one that has it: %v", err)
	}
}

// Who takes a database over waits for what the process before is committing.
func TestACommitUnderWayEndsFirst(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	committing := s.begin(t, `SELECT pg_advisory_xact_lock_shared(hashtextextended('billferry writers ' || $1, 0))`, schema)
	if _, err := postgres.Open(t.Context(), at, store.Options{}); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("it was taken over: %v", err)
	}
	if err := committing.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.open(t, schema)
}

// Texts that PostgreSQL cannot hold come back as they were, and are found.
func TestAnyTextIsKept(t *testing.T) {
	t.Parallel()
	s := need(t)
	st := s.open(t, s.Schema())
	for i, code := range []string{"a\x00b", "a\xffb", "a\ufffdb"} {
		bill := []byte(`{"id":"x\u0000","id":"twice"}`)
		added, err := st.AddRuns(t.Context(), []delivery.NewRun{{Bill: bill, Run: integration.Run{
			IntegrationID: "in", EntityID: "b" + code, AccountID: "acc", AccountCode: code, BillVersion: 1,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := st.Runs(t.Context(), integration.RunFilter{Account: code, BillID: "b" + code}, "", 10)
		if err != nil || len(p.Runs) != 1 || p.Runs[0].AccountCode != code || p.Runs[0].ID != added[0].Run.ID {
			t.Errorf("%d: %+v, %v", i, p, err)
		}
		if got, err := st.Bill(t.Context(), added[0].Run.ID); err != nil || string(got) != string(bill) {
			t.Errorf("%d: the Bill came back as %q, %v", i, got, err)
		}
	}
	if rep, err := st.Check(t.Context(), false, nil); err != nil || rep.Found != 0 || rep.Runs != 3 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// A trail that somebody was at is told, an end that was cut off too.
func TestATamperedTrailIsTold(t *testing.T) {
	t.Parallel()
	s := need(t)
	for name, sql := range map[string]string{
		"entry 3 is not":       `UPDATE %s.audit SET entry = replace(convert_from(entry, 'UTF8'), 'anna', 'otto')::bytea WHERE seq = 3`,
		"entry 2 is missing":   `DELETE FROM %s.audit WHERE seq = 2`,
		"ends with entry 4":    `DELETE FROM %s.audit WHERE seq = 5`,
		"entry 5 is not":       `UPDATE %s.audit SET hash = '' WHERE seq = 5`,
		"ends with entry 5":    `UPDATE %s.audit_head SET hash = ''`,
		"entry 1 is not what ": `UPDATE %s.audit SET entry = 'x' WHERE seq = 1`,
	} {
		schema := s.Schema()
		st := s.open(t, schema)
		for i := range 5 {
			if err := st.Audit(t.Context(), "anna", "retry", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		s.admin(t, "postgres", fmt.Sprintf(sql, schema))
		if _, _, err := st.VerifyAudit(t.Context()); !errors.Is(err, store.ErrTampered) || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
		_ = st.Close()
	}
}
