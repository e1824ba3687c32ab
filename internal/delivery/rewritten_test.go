package delivery_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// Two integrations share a document, and the first reads its own back after a
// restart. What the second has replaced is no drift, whatever the clock said; what
// neither of them sent is.
func TestWhatAnotherIntegrationRewroteIsNoDrift(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later   time.Duration // the other run ended after this one, by the clock
		holds   string        // the memo that stands there; the other integration sent "theirs"
		notKept bool          // what the other sent
		older   bool          // the other sent an older version of the Bill
		want    integration.Proof
	}{
		"rewritten":                       {later: time.Second, holds: "theirs", want: integration.Unread},
		"rewritten, the clock was set":    {later: -time.Hour, holds: "theirs", want: integration.Unread},
		"rewritten, and changed since":    {later: time.Second, holds: "by hand", want: integration.Unread}, // the other run tells
		"the newest was changed":          {later: -time.Hour, holds: "by hand", want: integration.Drift},
		"changed, and theirs is not kept": {later: -time.Hour, holds: "by hand", notKept: true, want: integration.Drift},
		"an older one came late":          {later: time.Second, holds: "theirs", older: true, want: integration.Drift},
	} {
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
			other.Outcome, other.Proof, other.Completed = integration.Updated, integration.Proven, other.Completed.Add(c.later)
			if c.older {
				other.BillVersion--
			}
			added, err := b.ledger.AddRuns(t.Context(), []delivery.NewRun{{Run: other, Bill: billOf("b1", "acc", 1, "APPROVED")}})
			if err != nil {
				t.Fatal(err)
			}
			if !c.notKept {
				sent, err := json.Marshal(mapping.Document{ExternalID: "m3b-b1", Memo: "theirs"})
				if err != nil {
					t.Fatal(err)
				}
				b.ledger.Keep(added[0].Run.ID, integration.Attempt{N: 1, Document: sent})
			}
			b.ns.lately(func(n *netsuite) { n.holds = c.holds })
			dead = false
			b.start()
			time.Sleep(10 * time.Minute)
			r := b.wantProof(run.ID, integration.Created, c.want)
			if told := r.ProofNote + r.Error; c.want == integration.Unread && (!strings.Contains(told, added[0].Run.ID) || r.NeedsPerson()) ||
				c.want == integration.Drift && !strings.Contains(told, c.holds) {
				t.Errorf("%s: it says %q", name, told)
			}
			_ = b.end()
		})
	}
}
