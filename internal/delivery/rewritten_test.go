package delivery_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// Two integrations share a document. The second has replaced what the first sent
// when that is read back, after a restart: it is no drift, whatever the clock said.
func TestWhatAnotherIntegrationRewroteIsNoDrift(t *testing.T) {
	t.Parallel()
	for _, later := range []time.Duration{time.Second, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, connected("us"), connected("eu"))
			dead := true
			b.ledger.OnSave = func(r integration.Run, _ *integration.Attempt) error {
				if dead && r.Status == integration.Complete && r.Proof != integration.Pending {
					return errKilled
				}
				return nil
			}
			b.start()
			run := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
			time.Sleep(time.Minute)
			if err := b.end(); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			other := b.wantProof(run.ID, integration.Created, integration.Pending)
			other.ID, other.IntegrationID, other.PayloadHash = "", "eu", "another"
			other.Outcome, other.Proof, other.Completed = integration.Updated, integration.Proven, other.Completed.Add(later)
			added, err := b.ledger.AddRuns(t.Context(), []delivery.NewRun{{Run: other, Bill: billOf("b1", "acc", 1, "APPROVED")}})
			if err != nil {
				t.Fatal(err)
			}
			b.ns.lately(func(n *netsuite) { n.drift = []string{"line 1 item: sent 199, NetSuite holds 101"} })
			dead = false
			b.start()
			time.Sleep(10 * time.Minute)
			r := b.wantProof(run.ID, integration.Created, integration.Unread)
			if !strings.Contains(r.ProofNote, added[0].Run.ID) || r.NeedsPerson() {
				t.Errorf("%s later: it says %q", later, r.ProofNote)
			}
			_ = b.end()
		})
	}
}
