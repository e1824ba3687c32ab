package cli

import (
	"bytes"
	"strings"
	"testing"

	"billferry/internal/integration"
)

// A list says of a run that a person holds, or whose place another took, that it
// is so; its status alone says that it waits, or is complete.
func TestListsSayHowRunsStand(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	listRuns(&b, []integration.Run{
		{ID: "r1", Status: integration.Waiting, Outcome: integration.Held, Cause: "held_by_hand"},
		{ID: "r2", Status: integration.Complete, Outcome: integration.Superseded, Cause: integration.CauseRetried},
		{ID: "r3", Status: integration.Complete, Outcome: integration.Superseded, Cause: "newer_version"},
		{ID: "r4", Status: integration.Complete, Outcome: integration.Created, ExternalID: "7", Proof: integration.NotPosted},
		{ID: "r5", Status: integration.Errored, Outcome: integration.Held, Cause: "negative_total"}, // by a setting: it failed
	})
	for i, want := range []string{"HELD", "RETRIED", "SUPERSEDED", "COMPLETE", "ERROR"} {
		if got := strings.Fields(strings.Split(b.String(), "\n")[i+1])[1]; got != want {
			t.Errorf("run %d is %s, want %s", i+1, got, want)
		}
	}
	if !strings.Contains(b.String(), "not posted") {
		t.Errorf("a document that no ledger has is not told:\n%s", b.String())
	}
}
