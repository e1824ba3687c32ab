package netsuite_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/spec"
)

// A document whose period is closed goes to the first later one that is open; its
// date stays, and the run says so. An account that does not allow dates outside of
// the posting period holds it: it is never dated anew.
func TestTheFirstOpenPeriod(t *testing.T) {
	t.Parallel()
	const firstOpen, byDate = "FIRST_OPEN", "BY_DATE"
	for name, c := range map[string]struct {
		outside account.DateOutside
		posting string
		shut    int // months, from that of the Bill on
		state   suitetalk.PeriodState
		status  integration.Status
		outcome integration.Outcome
		cause   string
	}{
		"allowed":           {account.Allow, firstOpen, 1, suitetalk.Closed, integration.Complete, integration.Created, ""},
		"allowed, locked":   {account.Allow, firstOpen, 1, suitetalk.Locked, integration.Complete, integration.Created, ""},
		"warned of":         {account.Warn, firstOpen, 1, suitetalk.Closed, integration.Complete, integration.Created, ""},
		"the next is shut":  {account.Warn, firstOpen, 2, suitetalk.Closed, integration.Complete, integration.Created, ""},
		"its own is open":   {account.Disallow, firstOpen, 0, suitetalk.Open, integration.Complete, integration.Created, ""},
		"not allowed":       {account.Disallow, firstOpen, 1, suitetalk.Closed, integration.Errored, integration.Held, "period_date_mismatch"},
		"by date, although": {account.Allow, byDate, 1, suitetalk.Closed, integration.PeriodClosed, "", "period_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := deliverTo(t, sandbox.Options{Account: account.Profile{DateOutsidePeriod: c.outside}},
					spec.Values{"billferry.postingPeriod": c.posting})
				day, err := time.Parse(time.DateOnly, today)
				if err != nil {
					t.Fatal(err)
				}
				month := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
				for i := range c.shut {
					if err := l.box.NetSuite().SetPeriod(month.AddDate(0, i, 0).Format(time.DateOnly), c.state); err != nil {
						t.Fatal(err)
					}
				}
				r := l.submit("b1")
				time.Sleep(time.Minute)
				r = l.want(r.ID, c.status, c.outcome)
				if r.Cause != c.cause {
					t.Errorf("the cause is %s: %s", r.Cause, r.Error)
				}
				all := l.box.NetSuite().Invoices()
				if c.cause != "" {
					if len(all) != 0 || l.box.Stats().Creates != 0 {
						t.Errorf("NetSuite holds %v", all)
					}
					return
				}
				if r.Proof != integration.Proven || len(all) != 1 {
					t.Fatalf("%s: %s, %d invoices", r.Proof, r.ProofNote, len(all))
				}
				period := all[0].Get("postingPeriod")
				want := month.AddDate(0, c.shut, 0).Format("Jan 2006")
				if got := period.TextOf("refName"); got != want || all[0].TextOf("tranDate") != today {
					t.Errorf("posted to %s, dated %s; want %s and %s", got, all[0].TextOf("tranDate"), want, today)
				}
				told := slices.ContainsFunc(r.Warnings, func(w string) bool {
					return strings.Contains(w, "posted to "+want) && strings.Contains(w, "its date stays "+today)
				})
				if told != (c.shut > 0) {
					t.Errorf("the run says %q", r.Warnings)
				}
			})
		})
	}
}
