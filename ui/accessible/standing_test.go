package accessible

import (
	"strings"
	"testing"

	"billferry/internal/integration"
)

// A run is read out as it stands, not by its status alone, and with its proof.
func TestRunsAreReadOutAsTheyStand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		run  integration.Run
		want string
	}{
		{integration.Run{Status: integration.Waiting, Outcome: integration.Held, Cause: "held_by_hand"}, "HELD"},
		{integration.Run{Status: integration.Complete, Outcome: integration.Superseded, Cause: integration.CauseRetried}, "RETRIED"},
		{integration.Run{Status: integration.Complete, Outcome: integration.Superseded, Cause: "newer_version"}, "SUPERSEDED"},
		{integration.Run{Status: integration.Errored, Outcome: integration.Held, Cause: "negative_total"}, "ERROR"},
	} {
		if got := summary(c.run); !strings.HasPrefix(got, c.want+",") || !strings.Contains(got, integration.CauseTitle(c.run.Cause)) {
			t.Errorf("it is read out as %q, want %s", got, c.want)
		}
	}
}
