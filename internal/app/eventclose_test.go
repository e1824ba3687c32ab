package app

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// The event of a closed period is resolved when its Bill is in NetSuite: neither
// before nor by the retry that fails again, which is counted on it.
func TestAnEventIsResolvedWhenItsBillArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	about := func(all bool) (out []integration.Event) {
		t.Helper()
		found, err := w.app.Events(t.Context(), service.EventFilter{IncludeActioned: all})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			if e.Cause == "period_closed" {
				out = append(out, e)
			}
		}
		return out
	}
	shut := integration.RunFilter{Causes: []string{"period_closed"}, Statuses: []integration.Status{integration.PeriodClosed}}
	retry := func() {
		t.Helper()
		if _, err := w.app.Retry(t.Context(), service.RetryRequest{Filter: &shut}); err != nil {
			t.Fatal(err)
		}
		w.settled(t, in.ID)
	}
	retry()
	w.until(t, func(context.Context) any {
		if e := about(false); len(e) != 1 || e[0].Times() != 2 {
			return e
		}
		return nil
	})
	p, err := w.app.Runs(t.Context(), shut, "", 10)
	if err != nil || len(p.Runs) != 1 {
		t.Fatal(p.Runs, err)
	}
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(c.RESTURL+"/sandbox/periods/"+p.Runs[0].PeriodEnd, "application/json", strings.NewReader(`{"state":"open"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	retry()
	w.until(t, func(context.Context) any {
		if e := about(true); len(e) != 1 || !e[0].Resolved || e[0].Actioned.IsZero() {
			return e
		}
		return nil
	})
}
