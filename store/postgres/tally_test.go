package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store/postgres"
)

// monthRun is a new Bill, of one of two months or of none.
func monthRun(id string, i int) delivery.NewRun {
	return delivery.NewRun{Bill: []byte("{}"), Run: integration.Run{IntegrationID: "in", EntityID: id, BillVersion: int64(i), Currency: "USD",
		PeriodStart: []string{"2026-10-01", "2026-11-01", ""}[i%3], AmountIn: decimal.New(int64(i), -2)}}
}

// sumsOf are those of all runs and of each month, as texts. read has each run read.
func sumsOf(t *testing.T, st *postgres.Store, read bool) (out [3]string) {
	t.Helper()
	for i, month := range []string{"", "2026-10", "2026-11"} {
		f := integration.RunFilter{IntegrationID: "in", Period: month}
		if read { // which no sum knows
			f.HasMin, f.MinAmount = true, decimal.New(-1, 0)
		}
		got, err := st.Sum(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		m := got.Money["USD"]
		out[i] = fmt.Sprint(got.ByStatus, m.In, m.Out, m.Open)
	}
	return out
}

// Sums stay right while they are folded, and a check makes them anew.
func TestSumsAreFoldedAndMended(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	st := s.open(t, schema)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 60 {
				added, err := st.AddRuns(t.Context(), []delivery.NewRun{monthRun(fmt.Sprint(w, i%20), i)})
				if err != nil {
					t.Error(err)
					return
				}
				r := added[0].Run
				r.Status, r.Outcome, r.AmountOut = integration.Complete, integration.Created, r.AmountIn
				if err := st.SaveRun(t.Context(), r, &integration.Attempt{N: 1}); err != nil {
					t.Error(err)
				}
				if n, err := st.Totals(t.Context(), "in"); err != nil || n.ByStatus[integration.Complete] < 0 {
					t.Errorf("%+v, %v", n, err)
				}
			}
		})
	}
	wg.Wait()
	if rep, err := st.Check(t.Context(), false, nil); err != nil || rep.Found != 0 || rep.Runs != 480 {
		t.Errorf("%+v, %v", rep, err)
	}
	want := sumsOf(t, st, true)
	same := func(when string) {
		if got := sumsOf(t, st, false); got != want {
			t.Errorf("%s the sums are %q, want %q", when, got, want)
		}
	}
	same("as they came")
	for range 2 { // the second takes up what the first has left
		if err := postgres.Fold(context.WithoutCancel(t.Context()), st); err != nil {
			t.Fatal(err)
		}
		same("folded")
		r := mustAdd(t, st, monthRun("more", 1))
		r.Status, r.Cause = integration.Errored, "x"
		if err := st.SaveRun(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		want = sumsOf(t, st, true)
		same("folded, and changed since")
	}
	s.admin(t, "postgres", "DELETE FROM "+schema+".tally", "DELETE FROM "+schema+".tally_month WHERE month = '2026-11'",
		"UPDATE "+schema+".tally_count SET n = n + 1")
	rep, err := st.Check(t.Context(), true, nil)
	if err != nil || rep.Found != 2 || rep.Repaired != 2 {
		t.Errorf("%+v, %v", rep, err)
	}
	if rep, err = st.Check(t.Context(), false, nil); err != nil || rep.Found != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	same("mended")
}

func mustAdd(t *testing.T, st *postgres.Store, n delivery.NewRun) integration.Run {
	t.Helper()
	added, err := st.AddRuns(t.Context(), []delivery.NewRun{n})
	if err != nil {
		t.Fatal(err)
	}
	return added[0].Run
}

// A database whose tables know no months gets their sums as it is opened.
func TestAnOlderDatabaseGetsItsMonths(t *testing.T) {
	t.Parallel()
	s := need(t)
	schema := s.Schema()
	st := s.open(t, schema)
	for i := range 9 {
		mustAdd(t, st, monthRun(fmt.Sprint(i), i))
	}
	want := sumsOf(t, st, true)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s.admin(t, "postgres", "ALTER TABLE "+schema+".tally DROP COLUMN month", "DROP TABLE "+schema+".tally_month",
		"CREATE INDEX account_node ON "+schema+".account (node)", "UPDATE "+schema+".schema_version SET version = 2")
	st = s.open(t, schema)
	if got := sumsOf(t, st, false); got != want {
		t.Errorf("the sums are %q, want %q", got, want)
	}
	mustAdd(t, st, monthRun("new", 1))
	if got, want := sumsOf(t, st, false), sumsOf(t, st, true); got != want {
		t.Errorf("with one more the sums are %q, want %q", got, want)
	}
	if rep, err := st.Check(t.Context(), false, nil); err != nil || rep.Found > 0 {
		t.Errorf("%+v, %v", rep, err)
	}
}
