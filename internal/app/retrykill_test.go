package app

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
)

const (
	retryKillEnv = "BILLFERRY_TEST_RETRY_KILL"
	killedRuns   = 5 * service.RetryStep
)

// failedRuns fills a data folder with runs that failed.
func failedRuns(t *testing.T, dir string) {
	t.Helper()
	a := idleApp(t, dir)
	in := (&world{app: a}).create(t, "NetSuite US", defaultItem)
	if _, err := a.SetEnabled(t.Context(), in.ID, false); err != nil {
		t.Fatal(err)
	}
	var bills [][]byte
	for i := range killedRuns {
		bills = append(bills, fmt.Appendf(nil,
			`{"id":"b%d","version":1,"accountId":"a","currency":"USD","status":"APPROVED","billTotal":1,"lineItems":[]}`, i))
	}
	if _, err := a.engine.SubmitBatch(t.Context(), in.ID, bills, "file"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetEnabled(t.Context(), in.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func idleApp(t *testing.T, dir string) *App {
	t.Helper()
	a, err := Open(Config{DataDir: dir, NoKeyring: true, Idle: true, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var july = service.RetryRequest{Name: "July", Filter: &integration.RunFilter{Statuses: []integration.Status{integration.Disabled}}}

// retryUntilKilled begins a retry and kills this process right after its third
// step is on disk, before that was noted.
func retryUntilKilled(t *testing.T, dir string) {
	a := idleApp(t, dir)
	seen := 0
	a.store.OnChange(func(kind, _ string) {
		if kind == "run" {
			seen++
		}
		if seen > 2*2*service.RetryStep { // each run that is retried changes, and so does the new one
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
		}
	})
	res, err := a.Retry(t.Context(), july)
	t.Fatalf("it was not killed: %+v, %v", res, err)
}

// A retry whose process was killed is still listed after that; it can be gone
// on with or stopped, and no run is retried twice.
func TestKilledRetry(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(retryKillEnv); dir != "" {
		retryUntilKilled(t, dir)
	}
	dir, other := t.TempDir(), t.TempDir()
	failedRuns(t, dir)
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledRetry$")
	cmd.Env = append(os.Environ(), retryKillEnv+"="+dir)
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	t.Run("continued", func(t *testing.T) { t.Parallel(); continued(t, dir) })
	t.Run("stopped", func(t *testing.T) { t.Parallel(); stopped(t, other) })
}

// listedOnce reads the one retry that is listed.
func listedOnce(t *testing.T, a *App) service.BulkRetry {
	t.Helper()
	all, err := a.BulkRetries(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "July" {
		t.Fatalf("listed are %+v, %v", all, err)
	}
	return all[0]
}

func continued(t *testing.T, dir string) {
	a := idleApp(t, dir)
	defer func() { _ = a.Close() }()
	if r := listedOnce(t, a); !r.Interrupted || r.Total != killedRuns || r.Done != 2*service.RetryStep {
		t.Errorf("after the kill it is %+v", r)
	}
	if _, err := a.Retry(t.Context(), july); !errors.Is(err, integration.ErrExists) {
		t.Errorf("another of its name: %v", err)
	}
	goOn := service.RetryRequest{Name: "July", Continue: true}
	res, err := a.Retry(t.Context(), goOn)
	if err != nil || res.Eligible != 2*service.RetryStep || res.Done != killedRuns || res.Stopped {
		t.Errorf("going on gave %+v, %v", res, err)
	}
	if r := listedOnce(t, a); r.Interrupted || r.Done != killedRuns || r.Total != killedRuns || r.Ended.IsZero() {
		t.Errorf("in the end it is %+v", r)
	}
	if _, err := a.Retry(t.Context(), goOn); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("going on with what is done: %v", err)
	}
	retried := map[string]int{}
	tot, err := a.Totals(t.Context(), "")
	if err != nil || tot.ByStatus[integration.Waiting] != killedRuns || tot.ByStatus[integration.Complete] != killedRuns {
		t.Errorf("by status %v, %v", tot.ByStatus, err)
	}
	if err := a.selected(t.Context(), service.RetryRequest{Filter: &integration.RunFilter{}}, func(r integration.Run) error {
		retried[r.ReplayedFrom]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for id, n := range retried {
		if id != "" && n != 1 {
			t.Errorf("run %s was retried %d times", id, n)
		}
	}
}

func stopped(t *testing.T, dir string) {
	if err := os.Chmod(filepath.Join(dir, "seal.key"), 0o600); err != nil { // the copy gave it to all
		t.Fatal(err)
	}
	a := idleApp(t, dir)
	defer func() { _ = a.Close() }()
	if r, err := a.StopBulkRetry(t.Context(), "July"); err != nil || !r.Stopped || r.Ended.IsZero() {
		t.Errorf("stopping gave %+v, %v", r, err)
	}
	if _, err := a.StopBulkRetry(t.Context(), "July"); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("stopping twice: %v", err)
	}
	if r := listedOnce(t, a); r.Interrupted || !r.Stopped {
		t.Errorf("it is %+v", r)
	}
	res, err := a.Retry(t.Context(), july) // a new one of that name takes what is left
	if err != nil || res.Done != 2*service.RetryStep {
		t.Errorf("the next gave %+v, %v", res, err)
	}
}
