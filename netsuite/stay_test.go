package netsuite_test

import (
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/spec"
)

// A document stays in its posting period when its Bill is dated anew, into a
// period that is shut: where it stays is what is proven.
func TestAnUpdateStaysInItsPeriodAndIsProven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := deliverTo(t, sandbox.Options{Account: account.Profile{DateOutsidePeriod: account.Allow}},
			spec.Values{"billferry.postingPeriod": "FIRST_OPEN"})
		l.submit("b1")
		time.Sleep(time.Minute)
		day, err := time.Parse(time.DateOnly, today)
		if err != nil {
			t.Fatal(err)
		}
		later := time.Date(day.Year(), day.Month()+2, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if err := l.box.NetSuite().SetPeriod(later, suitetalk.Locked); err != nil {
			t.Fatal(err)
		}
		r := l.submit("b1", `"version":1`, `"version":2`, `"billDate":"`+today, `"billDate":"`+later, `"dueDate":"`+today, `"dueDate":"`+later)
		time.Sleep(time.Minute)
		if r = l.want(r.ID, integration.Complete, integration.Updated); r.Proof != integration.Proven {
			t.Errorf("it is %s: %s%s", r.Proof, r.Error, r.ProofNote)
		}
	})
}
