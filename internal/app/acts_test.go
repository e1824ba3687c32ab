package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// unsent submits n Bills to an integration that is not connected: they wait.
func (w *world) unsent(t *testing.T, n int) (integration.Integration, []string) {
	t.Helper()
	in := w.create(t, "NetSuite US", defaultItem)
	var ids []string
	for i := range n {
		bill := fmt.Sprintf(`{"id":"b%d","version":1,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":1.5,"lineItems":[]}`, i)
		runs, err := w.app.Submit(t.Context(), in.ID, []byte(bill), "file")
		if err != nil || len(runs) != 1 {
			t.Fatal(err, runs)
		}
		ids = append(ids, runs[0].ID)
	}
	return in, ids
}

// What a person does to runs is done, and stands in the audit trail.
func TestActsByHandAreAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	_, ids := w.unsent(t, 2)
	held, err := w.app.HoldRuns(t.Context(), append(ids, "no such run"), "credit check")
	if err != nil || held.Done != 2 || held.Not["not found"] != 1 {
		t.Fatalf("%+v, %v", held, err)
	}
	if freed, err := w.app.ReleaseRuns(t.Context(), ids[1:]); err != nil || freed.Done != 1 {
		t.Fatalf("%+v, %v", freed, err)
	}
	if r, err := w.app.SkipRun(t.Context(), ids[0], "written off"); err != nil || r.Outcome != integration.Skipped {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := w.app.MarkSent(t.Context(), ids[1], "4711", "by hand", true); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("a waiting run was marked as sent: %v", err)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range slices.Backward(trail) {
		if strings.Contains(e.What, " run") {
			acts = append(acts, e.What)
		}
	}
	if want := []string{"hold run", "hold run", "release run", "skip run"}; !slices.Equal(acts, want) {
		t.Errorf("the trail says %v, want %v", acts, want)
	}
}

// A retry goes in steps; between two of them it can be stopped, and what was
// re-queued by then stays.
func TestRetryCanBeStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in, ids := w.unsent(t, service.RetryStep+1)
	held, err := w.app.HoldRuns(t.Context(), ids, "first")
	if err != nil || held.Done != len(ids) {
		t.Fatalf("%+v, %v", held, err)
	}
	for _, id := range ids {
		if _, err := w.app.SkipRun(t.Context(), id, "second thoughts"); err != nil { // a skipped run can be retried
			t.Fatal(err)
		}
	}
	all := service.RetryRequest{Filter: &integration.RunFilter{IntegrationID: in.ID}, Name: "July again"}
	var stopped atomic.Bool
	w.app.store.OnChange(func(kind, _ string) {
		if kind == "run" && stopped.CompareAndSwap(false, true) {
			if _, err := w.app.StopBulkRetry(t.Context(), "July again"); err != nil {
				t.Error(err)
			}
		}
	})
	res, err := w.app.Retry(t.Context(), all)
	if err != nil || !res.Stopped || res.Done != service.RetryStep || res.Eligible != len(ids) || res.Name != "July again" {
		t.Fatalf("%+v, %v", res, err)
	}
	list, err := w.app.BulkRetries(t.Context())
	if err != nil || len(list) != 1 || list[0].Ended.IsZero() || list[0].Done != service.RetryStep {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := w.app.StopBulkRetry(t.Context(), "July again"); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("stopped twice: %v", err)
	}
	r, err := w.app.Run(t.Context(), res.Runs[0])
	if err != nil || !slices.Contains(ids, r.ReplayedFrom) {
		t.Errorf("the new run names %q, %v", r.ReplayedFrom, err)
	}
}
