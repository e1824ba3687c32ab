package runs

import (
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// A retry of many shows how far it has come, goes on while another one is
// refused, and ends with esc after the step it is at.
func TestARetryOfManyShowsItsProgress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24)
		s := d.Screen.(*Screen)
		name := "the runs with account_mapping_missing, " + servicetest.Start.UTC().Format("2006-01-02 15:04:05")
		release := f.Hold("Retry")
		d.Do(s.retryMany("the runs with account_mapping_missing", integration.RunFilter{}, 100_000))
		d.Shows("────────── 0 of 100,000 · esc stops")
		f.AddReplay(service.BulkRetry{Name: name, Total: 100_000, Done: 43_210, Started: servicetest.Start})
		s.env.Now = func() time.Time { return servicetest.Start.Add(10 * time.Second) }
		d.Wait(s.lookLater())
		d.Shows("━━━━────── 43,210 of 100,000, 4,321 a second, 13s left · esc stops")

		d.Do(s.retryMany("another", integration.RunFilter{}, 1))
		if d.Toast() != "a retry is under way already: wait for it, or stop it with esc" {
			t.Errorf("toast %q", d.Toast())
		}
		d.Press("esc")
		if f.Calls("StopReplay") != 1 {
			t.Error("esc does not stop it")
		}
		release()
		d.Do(s.retried(name, service.RetryResult{Name: name, Eligible: 100_000, Done: 43_400, Stopped: true}, nil))
		if d.Toast() != "stopped: 43,400 of 100,000 runs were queued again" {
			t.Errorf("toast %q", d.Toast())
		}
		d.Hides("esc stops")
	})
}

// esc stops a retry whose runs are still being counted as soon as it is known.
func TestARetryOfManyIsStoppedBeforeItBegins(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24)
		s := d.Screen.(*Screen)
		name := "the failed runs, " + servicetest.Start.UTC().Format("2006-01-02 15:04:05")
		release := f.Hold("Retry")
		d.Do(s.retryMany("the failed runs", integration.RunFilter{}, 100_000))
		_, stop := s.Back()
		again := s.Update(stop()) // nobody knows of it yet
		d.Shows("0 of 100,000 · stopping")
		f.AddReplay(service.BulkRetry{Name: name, Total: 100_000, Started: servicetest.Start})
		d.Wait(again)
		if all, err := f.BulkRetries(t.Context()); err != nil || !all[0].Stopped || d.Toast() != "" {
			t.Errorf("it is %+v, %v, toast %q", all, err, d.Toast())
		}
		release()
	})
}
