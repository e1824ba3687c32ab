package store

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
)

// asVersion1 makes the file, which is closed, one that knows nothing of months.
func asVersion1(t *testing.T, path string) {
	t.Helper()
	raw(t, path, func(tx *bbolt.Tx) error {
		for _, b := range []string{"run.month", "months"} {
			if err := tx.DeleteBucket([]byte(b)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte("file")).Put([]byte("version"), []byte("1"))
	})
}

// sameMonths holds the sums of months, kept or not, beside the runs.
func sameMonths(t *testing.T, s *Store) {
	t.Helper()
	for _, f := range []integration.RunFilter{
		{Period: "2026-10"}, {Period: "2026-11"}, {Period: "2026-11", Statuses: []integration.Status{integration.Errored}},
	} {
		want := integration.NewTotals()
		err := s.scan(t.Context(), f, func(_ key, r *integration.Run) { want.Add(*r, 1, r.Figures()) })
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Sum(t.Context(), f)
		if err != nil || !reflect.DeepEqual(got.ByStatus, want.ByStatus) {
			t.Fatalf("%+v sums to %v, want %v (%v)", f, got.ByStatus, want.ByStatus, err)
		}
		for c, m := range want.Money {
			if !got.Money[c].Plus(m.Neg()).IsZero() {
				t.Errorf("%+v sums to %v, want %v", f, got.Money, want.Money)
			}
		}
	}
}

// A file of version 1 gets its months while it is worked with, and a process that
// dies on the way goes on where it was.
func TestAnOlderFileGetsItsMonths(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	var runs []integration.Run
	for i := range 200 {
		n := newRun(in, newUUID(), 1)
		n.Run.PeriodStart, n.Run.PeriodEnd = []string{"2026-10-01", "2026-11-01"}[i%2], "2026-12-01"
		runs = append(runs, b.add(n)...)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	asVersion1(t, b.path())

	// The first process dies as soon as some runs are in.
	path := filepath.Join(t.TempDir(), "killed.db")
	o := Options{Now: b.clock.now, fill: 3, noSync: true}
	commits := 0
	first := o
	first.Commit = func(commit func() error) error {
		err := commit()
		if commits++; commits == 20 {
			file, _ := os.ReadFile(b.path())
			err = os.WriteFile(path, file, 0o600)
		}
		return err
	}
	s, err := Open(b.path(), first)
	if err != nil {
		t.Fatal(err)
	}
	sameMonths(t, s)
	if err := s.awaitMonths(t.Context()); err != nil || commits < 20 {
		t.Fatalf("%d commits, %v", commits, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	if s, err = Open(path, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i, r := range runs { // while the rest comes in
		if i%3 == 0 {
			r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, "77", r.AmountIn
		} else {
			r.Status, r.Cause = integration.Errored, "item_missing"
		}
		if err := s.SaveRun(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			sameMonths(t, s)
		}
	}
	if _, err := s.Purge(t.Context(), runs[40].Created.Add(time.Nanosecond), 0); err != nil {
		t.Fatal(err)
	}
	sameMonths(t, s)
	if err := s.awaitMonths(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameMonths(t, s)
	rep, err := s.Check(t.Context(), false, nil)
	if err != nil || rep.Found > 0 {
		t.Errorf("check found %v, %v", rep.Problems, err)
	}
	if err := s.view(t.Context(), func(tx *tx) error {
		if !tx.monthsKnown() {
			t.Error("the months are not known after all runs are in")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
