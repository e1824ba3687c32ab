package storetest

import (
	"fmt"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// A Bill fails, the clock is set, and its retries fail too, until one goes
// through: the last retry stands for the Bill whatever the times in the ids say,
// for who needs a person, for sums of money, and for what is known of the Bill.
func lastRunStands(t *testing.T, place func(*testing.T) Place) {
	for _, step := range []time.Duration{-5 * time.Second, -time.Minute, -400 * 24 * time.Hour, time.Hour} {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			t.Parallel()
			b := newTestbed(t, place(t))
			in := b.integration("one").ID
			want := func(when string, needs int, open string) {
				t.Helper()
				_, got, err := b.Summary24h(t.Context(), in)
				sum, err2 := b.Totals(t.Context(), in)
				if err != nil || err2 != nil || got != needs || !sum.Money["USD"].Open.Equal(decimal.MustParse(open)) {
					t.Errorf("%s: %d need a person, %s is open (%v, %v); want %d and %s", when, got, sum.Money["USD"].Open, err, err2, needs, open)
				}
			}
			fail := func(r integration.Run) integration.Run {
				t.Helper()
				r.Status, r.Cause = integration.PeriodClosed, "period_closed"
				b.save(r, nil)
				return r
			}
			r := fail(b.add(newRun(in, "b1", 1))[0])
			want("it failed", 1, "10.50")
			for n := range 3 {
				b.clock.advance(step)
				again := newRun(in, "b1", 1)
				again.Run.ReplayedFrom = r.ID
				r = fail(b.add(again)[0])
				want(fmt.Sprint("retry ", n+1, " failed"), 1, "10.50")
				known, err := b.AddRuns(t.Context(), []delivery.NewRun{newRun(in, "b1", 1)})
				if err != nil || known[0].Added || known[0].Run.ID != r.ID {
					t.Errorf("the same version is known as run %s, not as the last retry: %v", known[0].Run.ID, err)
				}
			}
			b.clock.advance(step)
			again := newRun(in, "b1", 1)
			again.Run.ReplayedFrom = r.ID
			r = b.add(again)[0]
			r.Status, r.Outcome, r.ExternalID, r.AmountOut = integration.Complete, integration.Created, "77", r.AmountIn
			b.save(r, nil)
			want("a retry went through", 0, "0")
			b.checkClean()
			b.reopen()
			want("after a restart", 0, "0")
		})
	}
}
