package app

import (
	"fmt"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// A Bill that needs a person is counted once, wherever it is counted: in NEEDS
// YOU, by status, by cause, in money. Nothing of it is left once a retry or a
// newer version took the failed run's place, whatever becomes of that.
func TestABillThatFailedCountsOnce(t *testing.T) {
	t.Parallel()
	w := &world{dir: t.TempDir()}
	w.open(t)
	in := w.create(t, "NetSuite US", defaultItem)
	var ids []string
	bill := func(i, version int) {
		b := fmt.Sprintf(`{"id":"b%d","version":%d,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":10,"lineItems":[]}`, i,
			version)
		runs, err := w.app.Submit(t.Context(), in.ID, []byte(b), "file")
		if err != nil || len(runs) != 1 {
			t.Fatal(err, runs)
		}
		ids = append(ids, runs[0].ID)
	}
	fail := func(id string) { // as the engine would; it is not connected, so nothing is sent
		r, err := w.app.store.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		r.Status, r.Cause, r.Error = integration.PeriodClosed, "period_closed", "July is closed"
		if err := w.app.store.SaveRun(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, failed, all int, money string) {
		t.Helper()
		sum, err := w.app.Integrations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		groups, err := w.app.Groups(t.Context(), integration.RunFilter{IntegrationID: in.ID})
		if err != nil {
			t.Fatal(err)
		}
		grouped := 0
		for _, g := range groups {
			grouped += g.Count
		}
		tot, err := w.app.Totals(t.Context(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		runs := 0
		for _, n := range tot.ByStatus {
			runs += n
		}
		if sum[0].NeedsYou != failed || grouped != failed || tot.ByStatus[integration.PeriodClosed] != failed || runs != all ||
			tot.Money["USD"].In.String() != money {
			t.Errorf("%s: needs you %d, by cause %d, by status %v, money %s; want %d of %d, %s",
				when, sum[0].NeedsYou, grouped, tot.ByStatus, tot.Money["USD"].In, failed, all, money)
		}
	}
	for i := range 3 {
		bill(i, 1)
		fail(ids[i])
	}
	check("after three failed", 3, 3, "30")
	again := service.RetryRequest{Filter: &integration.RunFilter{IntegrationID: in.ID,
		Statuses: []integration.Status{integration.PeriodClosed}}}
	res, err := w.app.Retry(t.Context(), again)
	if err != nil || res.Done != 3 {
		t.Fatalf("%+v, %v", res, err)
	}
	check("while the retry waits", 0, 6, "30")
	fail(res.Runs[0])
	check("after one of the retry failed again", 1, 6, "30")
	again.DryRun = true
	if res, err := w.app.Retry(t.Context(), again); err != nil || res.Eligible != 1 || len(res.Not) != 0 {
		t.Errorf("the next retry would take %+v, %v", res, err)
	}
	fail(res.Runs[1])
	fail(res.Runs[2])
	check("after all of it failed", 3, 6, "30")
	for i := range 2 {
		bill(i, 2)
	}
	check("when two have a newer version", 1, 8, "30")
	if r, err := w.app.Run(t.Context(), ids[0]); err != nil || r.Outcome != integration.Superseded || r.Cause != integration.CauseRetried {
		t.Errorf("the first run is %s/%s (%s), %v", r.Status, r.Outcome, r.Cause, err)
	}
	if res, err := w.app.Retry(t.Context(), service.RetryRequest{RunIDs: ids[:3], DryRun: true}); err != nil ||
		res.Not["retried already"] != 3 {
		t.Errorf("retrying the first runs again: %+v, %v", res, err)
	}
}
