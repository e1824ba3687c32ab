package app

import (
	"fmt"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Activity counts the runs of this hour, and what is left to send without what is
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
	r, err := w.app.store.Run(t.Context(), ids[2])
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
