package app

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"billferry/internal/evidence"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/testkit/pgtest"
)

// monthEnd makes TestAMonthEndsOnEitherStore a measurement, of one store after the other.
var monthEnd = flag.Int("monthend", 30, "Bills of TestAMonthEndsOnEitherStore")

// A month is planned, approved, sent, reconciled and put into a pack of evidence, on a
// file and on PostgreSQL.
func TestAMonthEndsOnEitherStore(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"file", "postgres"} {
		t.Run(name, func(t *testing.T) {
			if *monthEnd <= 100 {
				t.Parallel()
			}
			w := &world{dir: t.TempDir()}
			if name == "postgres" {
				w.database = strings.Replace(pgtest.New(t).URL("postgres", "postgres", ""), "pool_max_conns=4", "pool_max_conns=16", 1)
			}
			w.start(t, sandbox.Options{Bills: 1, Concurrency: 20, Clean: true, Seed: 1})
			w.monthEnds(t, *monthEnd)
		})
	}
}

func (w *world) monthEnds(t *testing.T, n int) {
	values := byPlan()
	values.Set("billferry.maxConcurrency", 16)
	in := w.create(t, "NetSuite US", values)
	w.connect(t, in)
	people, _ := w.people(t, "clerk", "controller")
	began := time.Now()
	took := func(what string) {
		t.Logf("%s: %d Bills in %v", what, n, time.Since(began).Round(time.Millisecond))
		began = time.Now()
	}
	if err := queue(t.Context(), w.app, in.ID, n); err != nil {
		t.Fatal(err)
	}
	w.quiet(t, in.ID)
	took("handed over")
	p, err := people[0].MakePlan(t.Context(), service.PlanRequest{IntegrationID: in.ID}, func(service.Step) {})
	if err != nil || len(p.Bills) != n {
		t.Fatalf("%d Bills are planned: %v", len(p.Bills), err)
	}
	took("planned")
	q := service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if got, err := people[0].ApplyPlan(t.Context(), q, nil); err != nil || got.Refused != 0 {
		t.Fatalf("%d are refused: %v", got.Refused, err)
	}
	took("applied")
	w.until(t, func(ctx context.Context) any {
		totals, err := w.app.Totals(ctx, in.ID)
		if err != nil || totals.ByStatus[integration.Complete] < n {
			return []any{totals.ByStatus, err}
		}
		if p, err = w.app.Plan(ctx, p.ID); err != nil || p.State != plan.Applied {
			return []any{p.State, err}
		}
		return nil
	})
	took("sent")
	of := service.ReconcileRequest{IntegrationID: in.ID, Period: month(), Rows: true}
	r, err := w.app.Reconcile(t.Context(), of, func(reconcile.Progress) {})
	if err != nil || r.Verdict != reconcile.Equal || r.Bills == 0 {
		t.Fatalf("%s with %d Bills: %v, %+v", r.Verdict, r.Bills, err, r.Breaks)
	}
	took("reconciled")
	var pack bytes.Buffer
	of.Rows = false
	told, err := w.app.Evidence(t.Context(), of, &pack, func(reconcile.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	took("reconciled, and packed")
	if found, err := evidence.Verify(bytes.NewReader(pack.Bytes()), int64(pack.Len()), told.Key); err != nil || len(found.Problems) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
