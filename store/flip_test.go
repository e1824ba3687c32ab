package store

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
	"billferry/internal/secret"
)

var flips = flag.Int("store.flips", 60, "bits that TestAFlippedBitIsFound flips")

// shown is all that readers show of a store, and what they say when they cannot.
func shown(t *testing.T, s *Store) (all string, err error) {
	t.Helper()
	ctx := t.Context()
	var b strings.Builder
	add := func(v any, e error) {
		fmt.Fprintf(&b, "%+v\n", v)
		err = errors.Join(err, e)
	}
	ins, e := s.Integrations(ctx)
	add(ins, e)
	for _, in := range ins {
		add(s.CredentialsInfo(ctx, in.ID))
		add(s.Totals(ctx, in.ID))
		runs, needs, e := s.Summary24h(ctx, in.ID)
		add(fmt.Sprint(runs, needs), e)
	}
	add(s.Source(ctx))
	add(s.Mappings(ctx))
	id, linked, ok, e := s.LookupMapping(ctx, "", "Netsuite", "Customer", "Account", "acc-1")
	add(fmt.Sprint(id, linked, ok), e)
	add(s.Drafts(ctx))
	add(s.Events(ctx, "", "", true, 1000))
	add(s.Events(ctx, "", "", false, 1000))
	add(s.AuditTrail(ctx, 1000))
	add(s.Groups(ctx, integration.RunFilter{}))
	add(s.Due(ctx, s.now(), 1000))
	for n, f := range []integration.RunFilter{{}, {Account: "acc-1"}, {Statuses: []integration.Status{integration.Errored}}, {BillID: "b7"}} {
		page, e := s.Runs(ctx, f, "", 1000)
		add(page, e)
		for _, r := range page.Runs {
			if n > 0 {
				break
			}
			one, e := s.Run(ctx, r.ID)
			add(one, e)
			bill, e := s.Bill(ctx, r.ID)
			add(string(bill), e)
			add(s.Attempts(ctx, r.ID))
		}
	}
	return b.String(), err
}

// A bit that flips in any page in use is found by a check if it changes
// anything that is shown, and is never shown without an error.
func TestAFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	if err := b.PutCredentials(t.Context(), in, integration.Credentials{
		Secrets:  map[string]secret.Value{"privateKey": secret.New("k")},
		Name:     "x",
		Verified: true,
	}); err != nil {
		t.Fatal(err)
	}
	for i := range 150 {
		r := b.add(newRun(in, fmt.Sprint("b", i), 1))[0]
		done, a := finish(i%7*50, r)
		b.save(done, a)
	}
	for i := range 20 {
		m := integration.ExternalMapping{M3terEntity: "Account", M3terID: fmt.Sprint("acc-", i), ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: fmt.Sprint(i)}
		if _, err := b.PutMapping(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		if err := errors.Join(
			b.AddEvent(t.Context(), integration.Event{Name: integration.EventDisabled, IntegrationID: in, Message: fmt.Sprint(i)}),
			b.Audit(t.Context(), "anna", "did", fmt.Sprint(i)),
		); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.SaveDraft(t.Context(), integration.Draft{})
	if err := errors.Join(err, b.PutSource(t.Context(), integration.Source{OrgID: "org", APISecret: secret.New("s")}), b.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(b.path())
	if err != nil {
		t.Fatal(err)
	}
	live := livePages(t, b.path())
	first := b.openAt(b.path())
	want, err := shown(t, first)
	_ = first.Close()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	path, page := filepath.Join(t.TempDir(), "x.db"), os.Getpagesize()
	found, changed, silent := 0, 0, 0
	for range *flips {
		at := live[random.IntN(len(live))]*page + random.IntN(page)
		bit := byte(1) << random.IntN(8)
		raw := append([]byte(nil), whole...)
		raw[at] ^= bit
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		where := fmt.Sprintf("page %d, byte %d, bit %02x", at/page, at%page, bit)
		s, err := Open(path, Options{Sealer: b.seal, Now: b.clock.now, noSync: true})
		if err != nil {
			found, changed = found+1, changed+1
			continue
		}
		got, told := shown(t, s)
		rep, err := s.Check(t.Context(), false, nil)
		_ = s.Close()
		if err != nil || rep.Found > 0 {
			found++
		} else if got != want || told != nil {
			t.Errorf("%s: the check finds nothing, and what is shown changed (%v)", where, told)
		}
		if got != want || told != nil {
			changed++
		}
		if got != want && told == nil {
			silent++
			t.Errorf("%s: what is shown changed without an error (check: %+v, %v)", where, rep, err)
		}
	}
	t.Logf("%d flips in %d pages: %d change what is shown, %d of them silently; the check finds %d", *flips, len(live), changed, silent, found)
}

func (b *testbed) openAt(path string) *Store {
	b.t.Helper()
	s, err := Open(path, Options{Sealer: b.seal, Now: b.clock.now})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

// livePages are the numbers of the pages of a file that are in use.
func livePages(t *testing.T, path string) (ids []int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.View(func(x *bbolt.Tx) error {
		for id := 0; ; id++ {
			p, err := x.Page(id)
			if p == nil || err != nil {
				return err
			}
			if p.Type == "free" {
				continue
			}
			for range p.OverflowCount + 1 {
				ids = append(ids, id)
				id++
			}
			id--
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
