package delivery_test

import (
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// A change of an earlier version that got no answer may reach the document after
// that of a newer one: the document is read back once it cannot any more, in
// another process too, and what it did is told.
func TestALateChangeOfAnOlderVersionIsSeen(t *testing.T) {
	for name, lands := range map[string]bool{"it lands": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				first := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute)
				if r := b.want(first.ID, integration.Complete, integration.Created); r.Proof != integration.Proven {
					t.Fatalf("the first version is %s", r.Proof)
				}
				b.ns.lately(func(n *netsuite) {
					n.before = func(int, mapping.Document, bool) *integration.Failure {
						return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "timeout",
							Unknown: true, After: time.Hour}
					}
				})
				b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
				time.Sleep(time.Minute)
				b.ns.lately(func(n *netsuite) { n.before, n.reads = nil, 0 })
				third := b.submit("us", billOf("b1", "acc", 3, "APPROVED"))[0]
				time.Sleep(5 * time.Minute)
				if r := b.want(third.ID, integration.Complete, integration.Updated); r.Proof != integration.Pending {
					t.Errorf("while the change of version 2 may still land, version 3 is %s", r.Proof)
				}
				if lands {
					b.ns.lately(func(n *netsuite) { n.drift = []string{"total is 102.50, sent 103.50"} })
				}
				if err := b.end(); err != nil {
					t.Fatal(err)
				}
				b.start()
				time.Sleep(12 * time.Minute)
				want := map[bool]integration.Proof{true: integration.Drift, false: integration.Proven}[lands]
				if r := b.run(third.ID); r.Proof != want || r.Status != integration.Complete {
					t.Errorf("afterwards it is %s/%s: %s", r.Status, r.Proof, r.Error)
				}
				if n := b.events()[integration.EventPerform]; n != map[bool]int{true: 1}[lands] {
					t.Errorf("%d events", n)
				}
			})
		})
	}
}
