package delivery_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// What waits to be approved in the destination is proven and not posted, a state
// of its own, which ends by itself once it is approved; and neither a destination
// that cannot be read nor a newer version of the Bill takes the proof back.
func TestADocumentThatWaitsToBeApproved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		queries bool
		then    func(b *bench)
		want    integration.Proof
		reads   int // by themselves, after the first proof
	}{
		"approved, seen by query":  {queries: true, then: func(b *bench) { b.ns.unposted = false }, want: integration.Proven},
		"approved, seen by itself": {then: func(b *bench) { b.ns.unposted = false }, want: integration.Proven, reads: 3},
		"not approved":             {queries: true, want: integration.NotPosted},
		"changed as it is": {queries: true, then: func(b *bench) {
			b.ns.unposted, b.ns.drift = false, []string{"total is 101.40, was sent as 101.50"}
		},
			want: integration.Drift, reads: 3},
		"it cannot be read": {then: func(b *bench) {
			b.ns.unreadable = func(int) *integration.Failure {
				return &integration.Failure{Class: integration.ClassRefused, Cause: "permission_missing", Message: "no"}
			}
		}, want: integration.NotPosted, reads: 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.ns.queries, b.ns.unposted = c.queries, true
			b.start()
			for i := range 3 {
				b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
			}
			time.Sleep(time.Minute)
			if got := proofs(b); got[integration.NotPosted] != 3 {
				t.Fatalf("%s: %v", name, got)
			}
			if m := b.ledger.All()[0].Figures(); m.Unposted.IsZero() || !m.Unposted.Equal(m.Out) || !m.Unproven.IsZero() {
				t.Errorf("%s: %+v", name, m)
			}
			before := b.ns.reads
			if c.then != nil {
				b.ns.lately(func(*netsuite) { c.then(b) })
			}
			time.Sleep(35 * time.Minute)
			synctest.Wait()
			if got := proofs(b); got[c.want] != 3 || b.ns.reads-before != c.reads || b.ns.calls != 3 {
				t.Errorf("%s: %v, %d read by themselves, %d calls", name, got, b.ns.reads-before, b.ns.calls)
			}
			if c.want == integration.NotPosted {
				b.submit("us", billOf("b0", "acc", 2, "APPROVED"))
				time.Sleep(2 * time.Hour)
				if got := proofs(b); got[integration.Proven] != 1 || got[integration.NotPosted]+got[integration.Unread] != 3 {
					t.Errorf("%s: after a newer version %v", name, got) // the newer run tells what is posted
				}
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Where nothing shows many documents at once, some are read one by one each half
// hour: every one has its turn, whatever else waits, and a new start of the program
// begins with nobody anew.
func TestWhatWaitsToBeApprovedIsLookedAtInTurn(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		const bills = 120
		b.ns.lately(func(n *netsuite) { n.unposted = true })
		for i := range bills {
			b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
		}
		time.Sleep(10 * time.Minute)
		if got := proofs(b); got[integration.NotPosted] != bills {
			t.Fatal(got)
		}
		looked := map[string]int{}
		b.ns.lately(func(n *netsuite) {
			n.read = func(d mapping.Document) { looked[d.ExternalID]++ }
		})
		time.Sleep(30 * time.Minute) // the first half hour ends in it
		if err := b.end(); err != nil || len(looked) != 50 {
			t.Fatalf("%v, %d looked at in half an hour", err, len(looked))
		}
		b.start()
		if err := b.end(); err != nil { // before it has looked at any
			t.Fatal(err)
		}
		b.start() // it looks once when it starts
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if len(looked) != bills {
			t.Errorf("%d of %d documents were looked at in three times", len(looked), bills)
		}
		for id, n := range looked {
			if n != 1 {
				t.Errorf("%s was looked at %d times before others were", id, n)
			}
		}
		b.ns.lately(func(n *netsuite) { n.unposted = false })
		time.Sleep(2 * time.Hour)
		if got := proofs(b); got[integration.Proven] != bills {
			t.Errorf("approved, and %v", got)
		}
	})
}

// A newer version that came to nothing does not say that the document of the one
// before is posted.
func TestANewerVersionThatFailsPostsNothing(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.lately(func(n *netsuite) { n.unposted = true })
		r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			n.before = func(int, mapping.Document, bool) *integration.Failure {
				return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "closed"}
			}
		})
		b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		time.Sleep(time.Hour)
		b.wantProof(r.ID, integration.Created, integration.NotPosted)
		b.ns.lately(func(n *netsuite) { n.unposted = false })
		time.Sleep(time.Hour)
		b.wantProof(r.ID, integration.Created, integration.Proven)
	})
}
