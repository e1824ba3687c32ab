package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/secret"
	"billferry/internal/secret/seal"
	"billferry/store"
	"billferry/store/postgres"
)

// fill puts something of every kind into a file.
func fill(t *testing.T, f *store.Store) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in, err := f.CreateIntegration(ctx, integration.Integration{Name: "US", Enabled: true}, "")
	must(err)
	must(f.PutCredentials(ctx, in.ID, integration.Credentials{
		Secrets: map[string]secret.Value{"privateKey": secret.New("k")}, Verified: true}))
	must(f.PutSource(ctx, integration.Source{OrgID: "org", APISecret: secret.New("s")}))
	_, err = f.SaveDraft(ctx, integration.Draft{Title: "half"})
	must(err)
	_, err = f.PutMapping(ctx, integration.ExternalMapping{
		ExternalSystem: "S", ExternalTable: "T", M3terEntity: "A", M3terID: "1", ExternalID: "7"})
	must(err)
	must(f.SetMeta(ctx, "cursor/x", []byte{0, 1, 2}))
	must(f.SaveReport(ctx, reconcile.Report{ID: "rep", IntegrationID: in.ID, Bills: 3}))
	must(f.Resolve(ctx, reconcile.Resolution{Break: "b", As: "explained"}))
	for i := range 3 {
		must(f.Audit(ctx, "anna", "retry", fmt.Sprint(i)))
	}
	for range 3 {
		must(f.AddEvent(ctx, integration.Event{Name: integration.EventDisabled, IntegrationID: in.ID, Group: "g"}))
	}
	must(f.AddEvent(ctx, integration.Event{Name: integration.EventDisabled, IntegrationID: in.ID}))
	var news []delivery.NewRun
	for i := range 2500 {
		news = append(news, delivery.NewRun{Bill: fmt.Appendf(nil, `{"id":"b%d"}`, i), Run: integration.Run{
			IntegrationID: in.ID, EntityID: fmt.Sprint("b", i%2400), BillVersion: int64(1 + i/2400), Currency: "USD",
			AmountIn: decimal.New(int64(i), -2), AccountID: "acc\x00", AccountCode: "code",
		}})
	}
	added, err := f.AddRuns(ctx, news)
	must(err)
	for i, a := range added[100:140] {
		r := a.Run
		r.Status, r.Cause = integration.Errored, "item_missing"
		if i%2 == 0 {
			r.Status, r.Outcome, r.Cause, r.AmountOut = integration.Complete, integration.Created, "", r.AmountIn
		}
		must(f.SaveRun(ctx, r, &integration.Attempt{N: 1, Document: []byte("{}")}))
	}
}

// A copy to a database and back is the same records, sums and trail; each side
// goes on from it.
func TestACopyThereAndBackIsTheSame(t *testing.T) {
	t.Parallel()
	s := need(t)
	ctx, dir := t.Context(), t.TempDir()
	sealer, err := seal.Open(dir, seal.Options{NoKeyring: true})
	if err != nil {
		t.Fatal(err)
	}
	o := store.Options{Sealer: sealer}
	file := func(name string) *store.Store {
		f, err := store.Open(filepath.Join(dir, name, "x.db"), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	from := file("from")
	fill(t, from)
	db, err := postgres.Open(ctx, s.URL("postgres", "postgres", s.Schema()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	broken := errors.New("the line is cut")
	err = db.Import(ctx, func(yield func(store.Record, error) bool) {
		n := 0
		for r, err := range store.All(ctx, from) {
			if n++; n == 1500 {
				err = broken
			}
			if !yield(r, err) {
				return
			}
		}
	})
	if left, err2 := store.Digest(ctx, db); !errors.Is(err, broken) || err2 != nil || len(left.Records) != 0 {
		t.Errorf("a copy that was cut off left %v, %v, %v", left.Records, err, err2)
	}
	if err := db.Import(ctx, store.All(ctx, from)); err != nil {
		t.Fatal(err)
	}
	back := file("back")
	if err := back.Import(ctx, store.All(ctx, db)); err != nil {
		t.Fatal(err)
	}
	if err := db.Import(ctx, store.All(ctx, from)); !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), "something already") {
		t.Errorf("a second copy on top: %v", err)
	}
	want, err := store.Digest(ctx, from)
	if err != nil || len(want.Records) != len(store.Kinds) {
		t.Fatalf("not every kind is in the file: %v, %v", want.Records, err)
	}
	sums, err := from.Totals(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]interface {
		store.Exporter
		delivery.Ledger
		Totals(_ context.Context, id string) (integration.Totals, error)
		VerifyAudit(_ context.Context) (int, []byte, error)
		Credentials(_ context.Context, id string) (integration.Credentials, error)
		Check(_ context.Context, repair bool, tell func(string, int)) (store.Report, error)
	}{"database": db, "file": back} {
		got, err := store.Digest(ctx, to)
		if err != nil || !bytes.Equal(got.Digest, want.Digest) {
			t.Errorf("%s: %v, want %v, %v", name, got.Records, want.Records, err)
		}
		if n, _, err := to.VerifyAudit(ctx); err != nil || n != 3 {
			t.Errorf("%s: %d entries, %v", name, n, err)
		}
		if tot, err := to.Totals(ctx, ""); err != nil || fmt.Sprint(tot.ByStatus) != fmt.Sprint(sums.ByStatus) ||
			!tot.Money["USD"].Plus(sums.Money["USD"].Neg()).IsZero() {
			t.Errorf("%s: %v, want %v, %v", name, tot, sums, err)
		}
		if rep, err := to.Check(ctx, false, nil); err != nil || rep.Found != 0 {
			t.Errorf("%s: %+v, %v", name, rep, err)
		}
		ins, err := to.Integrations(ctx)
		if err != nil || len(ins) != 1 {
			t.Fatal(ins, err)
		}
		if c, err := to.Credentials(ctx, ins[0].ID); err != nil || c.Secrets["privateKey"].Reveal() != "k" {
			t.Errorf("%s: the secret is not the same, %v", name, err)
		}
		// It goes on: the open event of the group grows, a version supersedes, new ids come last.
		if err := to.AddEvent(ctx, integration.Event{Name: integration.EventDisabled, IntegrationID: ins[0].ID, Group: "g"}); err != nil {
			t.Fatal(err)
		}
		if open, err := to.OpenEvents(ctx, ins[0].ID); err != nil || len(open) != 1 || open[0].Times() != 4 {
			t.Errorf("%s: %+v, %v", name, open, err)
		}
		added, err := to.AddRuns(ctx, []delivery.NewRun{{Bill: []byte("{}"), Run: integration.Run{
			IntegrationID: ins[0].ID, EntityID: "b5", BillVersion: 9, Created: time.Now().Add(-time.Hour)}}})
		if err != nil || added[0].Run.Status != integration.Waiting {
			t.Fatal(added, err)
		}
		page, err := to.Runs(ctx, integration.RunFilter{BillID: "b5"}, "", 10)
		if err != nil || len(page.Runs) != 3 {
			t.Fatal(page, err)
		}
		for _, r := range page.Runs {
			if r.ID != added[0].Run.ID && (r.Outcome != integration.Superseded || r.Seq >= added[0].Run.Seq) {
				t.Errorf("%s: run %s is %s, number %d of %d", name, r.ID, r.Outcome, r.Seq, added[0].Run.Seq)
			}
		}
	}
}
