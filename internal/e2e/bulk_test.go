package e2e

import (
	"path/filepath"
	"regexp"
	"testing"

	"billferry/internal/integration"
)

// A retry of many shows how far it is; esc stops it, and what it has not come to stays as
// it was.
func TestABulkRetryIsStopped(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "data")
	const runs = 5_000
	err := fill(dir, runs, func(i int) integration.Run {
		r := oldRun(i)
		r.Status, r.Outcome, r.ExternalID, r.Cause = integration.PeriodClosed, "", "", "period_closed"
		return r
	})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, 100, 30, nil, "--no-keyring", "--data-dir", dir)
	s.see("NetSuite US")
	s.goes("r", "5,000 runs", "✗ ACCOUNTING_PERIOD_CLOSED")
	s.goes("x", "retry all failed runs that match the filter")
	s.goes("a", "5,000 eligible", "[  No  ]")
	s.press("y")
	progress := regexp.MustCompile(`[\d,]+ of 5,000 .*· esc stops`)
	s.until("how far it is", progress.MatchString)
	s.press("esc")
	stopped := regexp.MustCompile(`stopped: ([\d,]+) of 5,000 runs were queued again`)
	if n := stopped.FindStringSubmatch(s.until("it is stopped", stopped.MatchString))[1]; n == "5,000" {
		t.Error("it was not stopped before its end")
	}
	s.until("no progress is shown any more", func(screen string) bool { return !progress.MatchString(screen) })
}
