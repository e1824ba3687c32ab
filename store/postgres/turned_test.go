package postgres_test

import (
	"context"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
	"billferry/store/postgres"
)

// A database that becomes read-only while it is served, as at a fail-over, says so in
// one sentence; what was added before is there, and all goes on when it may be written.
func TestADatabaseThatBecomesReadOnlyIsTold(t *testing.T) {
	t.Parallel()
	s := need(t)
	s.admin(t, "postgres", "CREATE DATABASE turning")
	st, err := postgres.OpenShared(t.Context(), s.URL("postgres", "turning", ""), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	add := func(bill string) error {
		n := delivery.NewRun{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: bill}}
		_, err := st.AddRuns(context.Background(), []delivery.NewRun{n})
		return err
	}
	become := func(readOnly string) {
		s.admin(t, "postgres", "ALTER DATABASE turning SET default_transaction_read_only = "+readOnly,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'turning'")
	}
	if err := add("before"); err != nil {
		t.Fatal(err)
	}
	become("on")
	for range 20 { // each connection learns for itself that it has ended
		if err = add("meanwhile"); err != nil && strings.Contains(err.Error(), "read-only") {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "is read-only") || !strings.Contains(err.Error(), "name the primary") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("while it is read-only: %v", err)
	}
	if _, err := st.Runs(t.Context(), integration.RunFilter{}, "", 10); err != nil {
		t.Errorf("it cannot be read: %v", err)
	}
	become("off")
	for range 20 {
		if err = add("after"); err == nil {
			break
		}
	}
	page, read := st.Runs(t.Context(), integration.RunFilter{Oldest: true}, "", 10)
	if err != nil || read != nil || len(page.Runs) != 2 || page.Runs[0].EntityID != "before" || page.Runs[1].EntityID != "after" {
		t.Errorf("afterwards: %v, %v, %+v", err, read, page.Runs)
	}
	if rep, err := st.Check(t.Context(), false, nil); err != nil || rep.Found > 0 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// A user who may open no more connections is told of them, not of the network.
func TestNoConnectionLeftIsTold(t *testing.T) {
	t.Parallel()
	s := need(t)
	s.admin(t, "postgres", "CREATE ROLE crowd LOGIN CONNECTION LIMIT 0")
	refused(t, s.URL("crowd", "postgres", ""), "has no connection left", "raise its max_connections, or lower pool_max_conns")
}
