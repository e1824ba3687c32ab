package app

import (
	"fmt"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Activity counts the Bills of this hour, and what is left to send without what is
// held.
func TestActivity(t *testing.T) {
	t.Parallel()
	w := &world{dir: t.TempDir()}
	w.open(t)
	in := w.create(t, "NetSuite US", defaultItem)
	var ids []string
	for i := range 3 {
		runs, err := w.app.Submit(t.Context(), in.ID,
			fmt.Appendf(nil, `{"id":"b%d","version":1,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":10,"lineItems":[]}`, i),
			"file")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, runs[0].ID)
	}
	if _, err := w.app.HoldRuns(t.Context(), ids[:1], "wait for the controller"); err != nil {
		t.Fatal(err)
	}
	a, err := w.app.Activity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := a.Hours[service.ActivityHours-1] + a.Hours[service.ActivityHours-2] // the hour may just have turned
	if last != 3 || a.Days[service.ActivityDays-1] != 3 || len(a.Hours) != service.ActivityHours || len(a.Days) != service.ActivityDays {
		t.Errorf("3 runs are %+v", a)
	}
	if n, err := w.app.left(t.Context(), in.ID); err != nil || n != 2 {
		t.Errorf("%d are left, %v", n, err)
	}
	// A Bill that is retried is still one Bill.
	r, err := w.app.store.Run(t.Context(), ids[1])
	if err != nil {
		t.Fatal(err)
	}
	r.Status, r.Cause = integration.Errored, "value_refused"
	if err := w.app.store.SaveRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := w.app.Retry(t.Context(), service.RetryRequest{RunIDs: ids[1:2]}); err != nil || got.Eligible != 1 {
		t.Fatalf("retried: %+v, %v", got, err)
	}
	all, err := w.app.Integrations(t.Context())
	if err != nil || all[0].Bills24h != 3 {
		t.Errorf("%d Bills in 24 hours, %v", all[0].Bills24h, err)
	}
	if a, err = w.app.Activity(t.Context()); err != nil || a.Days[service.ActivityDays-1] != 3 {
		t.Errorf("3 Bills, one of them retried, are %v, %v", a.Days, err)
	}
	if r, err = w.app.store.Run(t.Context(), ids[1]); err != nil || r.Outcome != integration.Superseded {
		t.Fatalf("the retried run is %s %s, %v", r.Status, r.Outcome, err)
	}
	if t0, err := w.app.Totals(t.Context(), in.ID); err != nil || t0.Superseded != 1 || t0.Done() != 0 {
		t.Errorf("%d superseded and %d done, %v", t0.Superseded, t0.Done(), err)
	}
	r, err = w.app.store.Run(t.Context(), ids[2])
	if err != nil {
		t.Fatal(err)
	}
	r.Status, r.Cause = integration.PeriodClosed, "period_closed"
	if err := w.app.store.SaveRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	sum, err := w.app.Totals(t.Context(), in.ID)
	if err != nil || sum.Blocked["USD"].String() != "10" {
		t.Errorf("in the way is %v, %v", sum.Blocked, err)
	}
}
