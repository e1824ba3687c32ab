package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/netsuite"
	"billferry/ui/run"
)

// widths are those of terminals in use.
var widths = []int{60, 80, 100, 120, 200}

// failedFor is a store with a failed run for every cause there is, and one for
// every other status.
func failedFor(causes []string) *servicetest.Fake {
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		Enabled: true, Authorized: true})
	add := func(i int, r integration.Run) {
		r.ID, r.IntegrationID, r.AccountCode, r.BillRef = fmt.Sprintf("run-%03d", i), "us", "acme_uk", fmt.Sprint("INVOICE-", 100+i)
		r.Currency, r.AmountIn = "USD", decimal.MustParse("1234567.89")
		r.Created = servicetest.Start.Add(-time.Duration(i) * time.Minute)
		r.Modified = r.Created
		f.AddRun(r)
	}
	for i, cause := range causes {
		failed := []integration.Status{integration.Errored, integration.PeriodClosed, integration.AlreadyPaid, integration.TimeoutExceeded}
		add(i, integration.Run{Status: failed[i%len(failed)], Cause: cause, Tries: 3})
	}
	for i, st := range integration.Statuses {
		add(len(causes)+i, integration.Run{Status: st, Tries: 1})
	}
	add(len(causes)+20, integration.Run{Status: integration.Waiting, Outcome: integration.Held, Cause: "held_by_hand", Error: "asked"})
	add(len(causes)+21, integration.Run{Status: integration.Complete, Outcome: integration.Superseded, Cause: integration.CauseRetried})
	add(len(causes)+22, integration.Run{Status: integration.Complete, Outcome: integration.Superseded, Cause: "newer_version"})
	return f
}

// rowsWith are the lines of a frame that have a text.
func rowsWith(frame, text string) (out []string) {
	for l := range strings.Lines(frame) {
		if strings.Contains(l, text) {
			out = append(out, l)
		}
	}
	return out
}

// In the widths of terminals in use no status, no cause and no amount of a row is
// cut: other columns give way.
func TestNoStatusAndNoCauseIsCut(t *testing.T) {
	t.Parallel()
	causes := slices.Sorted(maps.Keys(run.Remedies(netsuite.Form())))
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			drive(t, failedFor(causes), width, 200, onRuns, func(d *driver) {
				rows := rowsWith(d.view(), " USD")
				if len(rows) < len(causes)+len(integration.Statuses) {
					t.Fatalf("%d rows:\n%s", len(rows), d.view())
				}
				for _, l := range rows[1:] { // after the totals
					if strings.Contains(l, "…") {
						t.Errorf("cut: %s", l)
					}
				}
				for _, cause := range causes {
					d.shows(integration.CauseTitle(cause))
				}
				for _, word := range []string{"– HELD", "– RETRIED", "– SUPERSEDED"} {
					d.shows(word)
				}
				d.keys("b")
				for _, l := range rowsWith(d.view(), " USD") {
					if strings.Contains(l, "…") {
						t.Errorf("cut: %s", l)
					}
				}
				for _, cause := range causes {
					d.shows(integration.CauseTitle(cause))
				}
			})
		})
	}
}

// The same on the details page and on home, whatever the last run became.
func TestNoStatusIsCutOnHomeAndDetails(t *testing.T) {
	t.Parallel()
	for _, width := range widths {
		for _, st := range integration.Statuses {
			t.Run(fmt.Sprint(width, st), func(t *testing.T) {
				t.Parallel()
				f := seeded()
				f.AddRun(integration.Run{ID: "zz", IntegrationID: "us", AccountCode: "acme_uk", BillRef: "INVOICE-777", Currency: "USD", Status: st,
					AmountIn: decimal.MustParse("1234567.89"), Created: servicetest.Start, Modified: servicetest.Start})
				drive(t, f, width, 50, onHome, func(d *driver) {
					for _, l := range rowsWith(d.view(), "NetSuite") {
						if strings.Contains(l, "…") {
							t.Errorf("cut: %s", l)
						}
					}
				})
				drive(t, f, width, 50, onUS, func(d *driver) {
					d.shows(string(st) + " ")
					for _, l := range rowsWith(d.view(), "1,234,567.89 USD") {
						if strings.Contains(l, "…") || !strings.Contains(l, string(st)) {
							t.Errorf("cut: %s", l)
						}
					}
				})
			})
		}
	}
}

// A cause is said in words that fit beside everything else, and no two causes in
// the same.
func TestTitlesOfCauses(t *testing.T) {
	t.Parallel()
	by := map[string]string{}
	for cause := range run.Remedies(netsuite.Form()) {
		title := integration.CauseTitle(cause)
		if other, twice := by[title]; twice || len(title) > 28 || strings.ContainsAny(title, "_") {
			t.Errorf("%s is %q (%s)", cause, title, other)
		}
		by[title] = cause
	}
	if got := integration.CauseTitle("netsuite_400_1a2b3c4d"); got != "netsuite_400_1a2b3c4d" {
		t.Errorf("a cause that nobody knows is %q", got)
	}
}
