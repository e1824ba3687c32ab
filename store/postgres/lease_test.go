package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
	"billferry/store/postgres"
)

// member is one of several processes that share a database.
type member struct {
	*postgres.Store
	*postgres.Node
}

func join(t *testing.T, url string) *member {
	t.Helper()
	s, err := postgres.OpenShared(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	n, err := s.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &member{s, n}
}

// takes is what a member gets of some accounts, by name.
func (m *member) takes(t *testing.T, most int, accounts ...string) map[string]postgres.Lease {
	t.Helper()
	got, err := m.Take(t.Context(), accounts, most)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]postgres.Lease{}
	for _, l := range got {
		out[l.Account] = l
	}
	return out
}

// expire ends all leases there are, by the clock of the database.
func (s *server) expire(t *testing.T, schema string) {
	t.Helper()
	s.admin(t, "postgres", "UPDATE "+schema+".node SET expires_at = clock_timestamp() - interval '1 millisecond'")
}

func one(t *testing.T, s *postgres.Store) integration.Run {
	t.Helper()
	added, err := s.AddRuns(t.Context(), []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	return added[0].Run
}

func TestAnAccountIsOneProcesssAtATime(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	a, b := join(t, at), join(t, at)
	had := a.takes(t, 2, "x", "y", "z")
	if len(had) != 2 {
		t.Fatalf("it took %v, and 2 was the most", had)
	}
	now, err := a.Shared(t.Context())
	if err != nil || now.Nodes != 2 || now.Accounts != 2 || now.Expires <= 0 || now.Expires > postgres.Term {
		t.Fatalf("%+v, %v", now, err)
	}
	rest := b.takes(t, 5, "x", "y", "z")
	if len(rest) != 1 {
		t.Fatalf("the other took %v", rest)
	}
	for name := range rest {
		if _, both := had[name]; both {
			t.Errorf("both have %s", name)
		}
	}
	for _, l := range had {
		if err := a.GiveBack(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.takes(t, 5, "x", "y", "z"); len(got) != 2 {
		t.Errorf("of what was given back it took %v", got)
	}
	if err := b.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.takes(t, 5, "x", "y", "z"); len(got) != 3 {
		t.Errorf("when the other had left it took %v", got)
	}
	if err := b.Renew(t.Context(), ""); !errors.Is(err, postgres.ErrLapsed) {
		t.Errorf("one that left renews: %v", err)
	}
}

// A lease that has ended is not revived, its accounts go to another, and a write
// under it is refused: also by a process that has the account again.
func TestAWriteWithAnOldEpochIsRefused(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	ctx := t.Context()
	a := join(t, at)
	old := a.takes(t, 1, "x")["x"]
	r := one(t, a.Store)
	r.Status, r.InFlight, r.Account = integration.Started, true, "x"
	if err := a.SaveRun(old.With(ctx), r, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Renew(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if left := a.Left(); left <= 0 || left > postgres.Term-postgres.Margin {
		t.Errorf("just renewed, it has %v left", left)
	}
	s.expire(t, schema)
	done := r
	done.Status, done.Outcome = integration.Complete, integration.Created
	if err := a.SaveRun(old.With(ctx), r, nil); err != nil {
		t.Errorf("what was answered is kept as long as nobody has taken over: %v", err)
	}
	if err := a.Renew(ctx, ""); !errors.Is(err, postgres.ErrLapsed) {
		t.Errorf("a lease that had ended was renewed: %v", err)
	}
	if _, err := a.Take(ctx, []string{"z"}, 1); !errors.Is(err, postgres.ErrLapsed) {
		t.Errorf("it takes accounts without a lease: %v", err)
	}
	again := join(t, at)
	taken := again.takes(t, 1, "x")["x"]
	if taken == (postgres.Lease{}) {
		t.Fatal("the account was not taken over")
	}
	before, err := store.Digest(ctx, a.Store)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(context.Context) error{
		"a result":    func(ctx context.Context) error { return a.SaveRun(ctx, done, &integration.Attempt{N: 1}) },
		"soon":        func(ctx context.Context) error { return a.SaveRunSoon(ctx, done, &integration.Attempt{N: 1}) },
		"with proven": func(ctx context.Context) error { return a.SaveProven(ctx, done, nil, []integration.Doc{{}}) },
	} {
		if err := write(old.With(ctx)); !errors.Is(err, postgres.ErrLapsed) {
			t.Errorf("%s was kept under a lease that another has: %v", name, err)
		}
	}
	if err := again.GiveBack(ctx, taken); err != nil {
		t.Fatal(err)
	}
	third := join(t, at).takes(t, 1, "x")["x"]
	if err := a.SaveRun(taken.With(ctx), done, nil); !errors.Is(err, postgres.ErrLapsed) {
		t.Errorf("kept under a lease that was given back: %v", err)
	}
	if after, err := store.Digest(ctx, a.Store); err != nil || !bytes.Equal(after.Digest, before.Digest) {
		t.Errorf("%v, %v; before it was %v", after.Records, err, before.Records)
	}
	if err := a.SaveRun(third.With(ctx), done, nil); err != nil {
		t.Errorf("under the lease that holds: %v", err)
	}
}

// What another process has changed meanwhile is not written over.
func TestProcessesDoNotWriteOverEachOther(t *testing.T) {
	t.Parallel()
	s := need(t)
	at := s.URL("postgres", "postgres", s.Schema())
	ctx := t.Context()
	a, b := join(t, at), join(t, at)
	lease := a.takes(t, 1, "x")["x"]
	r := one(t, a.Store)
	conflict := func(what string, m *member, ctx context.Context, r integration.Run, why string) {
		t.Helper()
		if err := m.SaveRun(ctx, r, nil); !errors.Is(err, integration.ErrConflict) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", what, err)
		}
	}
	held := r
	held.Outcome, held.Error = integration.Held, "wait"
	if err := b.SaveRun(ctx, held, nil); err != nil {
		t.Fatal(err)
	}
	started := r
	started.Status, started.InFlight = integration.Started, true
	conflict("a run that was held meanwhile is sent", a, lease.With(ctx), started, "may not be sent")
	conflict("a change of what was read before another", b, ctx, r, "has changed")
	conflict("a run that is sent without a lease", b, ctx, started, "on its way")
	fresh, err := b.Run(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	fresh.Outcome = ""
	if err := b.SaveRun(ctx, fresh, nil); err != nil {
		t.Errorf("a change of what was read last: %v", err)
	}
	if err := a.SaveRun(lease.With(ctx), started, nil); err != nil {
		t.Fatal(err)
	}
	if fresh, err = b.Run(ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	fresh.Status = integration.Waiting
	conflict("a run that is on its way", b, ctx, fresh, "on its way")
}

// A renewal or a write that is under way keeps others off.
func TestATakeOverWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	at := s.URL("postgres", "postgres", schema)
	for name, sql := range map[string]string{
		"a renewal": `UPDATE ` + schema + `.node SET expires_at = expires_at WHERE expires_at <= clock_timestamp()`,
		"a write":   `SELECT FROM ` + schema + `.account FOR SHARE`,
	} {
		a := join(t, at)
		a.takes(t, 1, name)
		s.expire(t, schema)
		under := s.begin(t, sql)
		b := join(t, at)
		if got := b.takes(t, 1, name); len(got) > 0 {
			t.Errorf("%s was under way, and the account was taken over", name)
		}
		if err := under.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := b.takes(t, 1, name); len(got) != 1 {
			t.Errorf("%s has ended, and the account was not taken over", name)
		}
		if err := b.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Who has a database alone shares it with nobody, and the other way round.
func TestASharedDatabaseIsNotTakenAlone(t *testing.T) {
	t.Parallel()
	s := need(t)
	at := s.URL("postgres", "postgres", s.Schema())
	a := join(t, at)
	refused(t, at, "1 processes serve the database", "stop them first")
	if err := a.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	alone, err := postgres.Open(t.Context(), at, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = alone.Close() })
	if _, err := postgres.OpenShared(t.Context(), at, store.Options{}); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("it is shared: %v", err)
	}
	if _, err := a.Join(t.Context()); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("one joined: %v", err)
	}
}

// Many processes that start at once make the tables once, and share all accounts
// out without one being had twice.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	s := need(t)
	at := s.URL("postgres", "postgres", s.Schema())
	accounts := strings.Split("a b c d e f g h i j k l m n o p q r s t", " ")
	const processes = 5
	type got struct {
		leases []postgres.Lease
		err    error
	}
	all := make(chan got, processes)
	for range processes {
		go func() {
			var g got
			defer func() { all <- g }()
			st, err := postgres.OpenShared(t.Context(), at, store.Options{})
			if g.err = err; err != nil {
				return
			}
			defer func() { _ = st.Close() }()
			n, err := st.Join(t.Context())
			if g.err = err; err != nil {
				return
			}
			for len(g.leases) < len(accounts)/processes && g.err == nil && t.Context().Err() == nil {
				var more []postgres.Lease
				more, g.err = n.Take(t.Context(), accounts, len(accounts)/processes-len(g.leases))
				g.leases = append(g.leases, more...)
			}
		}()
	}
	var names []string
	for range processes {
		g := <-all
		if g.err != nil {
			t.Fatal(g.err)
		}
		for _, l := range g.leases {
			names = append(names, l.Account)
		}
	}
	if slices.Sort(names); !slices.Equal(names, accounts) {
		t.Errorf("the accounts are had as %v", names)
	}
}
