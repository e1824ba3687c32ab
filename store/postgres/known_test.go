package postgres_test

import (
	"context"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/store/postgres"
)

// The engine asks no database whether an integration may send, and hears of it
// when another process changes that.
func TestIntegrationsAreRemembered(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	a, b := join(t, at), join(t, at)
	heard := follow(t, b.Store)
	in, err := a.CreateIntegration(t.Context(), integration.Integration{Name: "US", Enabled: true, Authorized: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	change := postgres.Change{Kind: "integration", ID: in.ID, Wakes: true}
	heard.until(t, change)
	may := func(m *member) bool {
		t.Helper()
		ok, err := m.MaySend(t.Context(), in.ID, false)
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	if !may(a) || !may(b) {
		t.Fatal("it may not send")
	}
	hold := s.begin(t, "LOCK TABLE "+schema+".integration")
	for answered := false; !answered && t.Context().Err() == nil; { // while it follows; else it waits for the lock
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		ok, err := b.MaySend(ctx, in.ID, false)
		cancel()
		if answered = err == nil; answered && !ok {
			t.Error("it forgot")
		}
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := b.Integrations(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	all[0].Enabled = false // a copy
	if !may(b) {
		t.Error("who got it changed what is remembered")
	}
	if changed, err := a.SetEnabled(t.Context(), in.ID, false, "by hand"); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if may(a) {
		t.Error("who disabled it sends on")
	}
	for heard.times(change) < 2 {
		<-heard.new
	}
	if may(b) {
		t.Error("another one heard of it and sends on")
	}
}
