package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// A destination that does not answer is told as that, with since when, how many
// wait and the next try, until it answers; the authorisation stays.
func TestADestinationThatDoesNotAnswerIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		down := &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer",
			Message: "netsuite gave no answer: connection refused"}
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure { return down }
		began := time.Now()
		b.start()
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		u, err := b.engine.Unreachable(t.Context(), "us", 1)
		if err != nil || u == nil || u.Why != down.Message || u.Since.Sub(began) > time.Second || u.Waiting != 1 || u.Next.IsZero() {
			t.Errorf("it is told as %+v, %v", u, err)
		}
		if u, err := b.engine.Unreachable(t.Context(), "us", 0); u != nil || err != nil {
			t.Errorf("nobody waits, and it is told as %+v, %v", u, err)
		}
		if ok, err := b.ledger.MaySend(t.Context(), "us", false); !ok || err != nil {
			t.Errorf("may it send: %v, %v", ok, err)
		}
		b.ns.lately(func(n *netsuite) { n.before = nil })
		time.Sleep(time.Hour)
		b.want(r.ID, integration.Complete, integration.Created)
		if u, err := b.engine.Unreachable(t.Context(), "us", 1); u != nil || err != nil {
			t.Errorf("it answers, and is told as %+v, %v", u, err)
		}
		_ = b.end()
	})
}
