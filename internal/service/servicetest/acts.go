package servicetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Retry implements service.Service: each eligible run gets a WAITING successor.
func (f *Fake) Retry(ctx context.Context, q service.RetryRequest) (service.RetryResult, error) {
	if err := f.enter(ctx, "Retry"); err != nil {
		return service.RetryResult{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var chosen []integration.Run
	if q.Filter != nil {
		chosen = f.matching(*q.Filter)
	}
	for _, id := range q.RunIDs {
		i := f.run(id)
		if i < 0 {
			return service.RetryResult{}, notFound("run", id)
		}
		chosen = append(chosen, f.runs[i].Run)
	}
	out := service.RetryResult{Not: map[string]int{}}
	for _, r := range chosen {
		if !r.Retries() {
			out.Not["not failed"]++
			continue
		}
		out.Eligible++
		if q.DryRun {
			if q.Map && (q.Most == 0 || out.Eligible <= q.Most) {
				out.DryRun = foresee(out.DryRun, r)
			}
			continue
		}
		next := integration.Run{
			ID: f.id("run"), IntegrationID: r.IntegrationID, EntityType: r.EntityType, EntityID: r.EntityID, Destination: r.Destination,
			BillRef: r.BillRef, AccountID: r.AccountID, AccountCode: r.AccountCode, Currency: r.Currency, AmountIn: r.AmountIn,
			Status: integration.Waiting, Trigger: "retry", ReplayedFrom: r.ID, Created: f.now(), Modified: f.now(),
		}
		f.runs = slices.Insert(f.runs, 0, service.RunDetail{Run: next})
		out.Runs = append(out.Runs, next.ID)
		f.notify("run", next.ID)
	}
	if out.Done = len(out.Runs); out.Done == 0 {
		return out, nil
	}
	if out.Name = q.Name; out.Name == "" {
		out.Name = f.id("retry")
	}
	f.retries = slices.Insert(f.retries, 0, service.BulkRetry{Name: out.Name, Total: out.Eligible, Done: out.Done,
		Started: f.now(), Ended: f.now()})
	return out, nil
}

// foresee counts one more run: what a closed period stopped stops again, all else
// is sent.
func foresee(list []service.DryRun, r integration.Run) []service.DryRun {
	one := service.DryRun{Verdict: service.WouldSend}
	if r.Status == integration.PeriodClosed {
		one = service.DryRun{Verdict: service.WouldStop, Cause: r.Cause, Reason: "accounting period Jul 2026 is still closed", Advice: r.Advice}
	}
	i := slices.IndexFunc(list, func(o service.DryRun) bool { return o.Verdict == one.Verdict })
	if i < 0 {
		i, list = len(list), append(list, one)
	}
	list[i].Runs++
	return list
}

// AddReplay seeds a retry, for instance one that is under way.
func (f *Fake) AddReplay(r service.BulkRetry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retries = slices.Insert(f.retries, 0, r)
}

// BulkRetries implements service.Service.
func (f *Fake) BulkRetries(ctx context.Context) ([]service.BulkRetry, error) {
	if err := f.enter(ctx, "BulkRetries"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]service.BulkRetry{}, f.retries...), nil
}

// StopBulkRetry implements service.Service: it ends at once.
func (f *Fake) StopBulkRetry(ctx context.Context, name string) (service.BulkRetry, error) {
	if err := f.enter(ctx, "StopReplay"); err != nil {
		return service.BulkRetry{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.retries, func(r service.BulkRetry) bool { return r.Name == name })
	switch {
	case i < 0:
		return service.BulkRetry{}, notFound("retry", name)
	case !f.retries[i].Ended.IsZero():
		return f.retries[i], fmt.Errorf("retry %q has ended: %w", name, integration.ErrConflict)
	}
	f.retries[i].Ended, f.retries[i].Stopped = f.now(), true
	return f.retries[i], nil
}

// Mismatches makes a document of this id need a confirmation.
func (f *Fake) Mismatches(externalID string, m *integration.Mismatch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mismatches == nil {
		f.mismatches = map[string]*integration.Mismatch{}
	}
	f.mismatches[externalID] = m
}

// MarkSent implements service.Service.
func (f *Fake) MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error) {
	f.mu.Lock()
	m := f.mismatches[externalID]
	f.mu.Unlock()
	if m != nil && !confirmed && reason != "" {
		return integration.Run{}, m
	}
	return f.settle(ctx, "MarkSent", runID, map[string]string{"externalId": externalID, "reason": reason}, func(r *integration.Run) {
		r.Outcome, r.Cause, r.ExternalID = integration.Adopted, "marked_sent", externalID
	})
}

// SkipRun implements service.Service.
func (f *Fake) SkipRun(ctx context.Context, runID, reason string) (integration.Run, error) {
	return f.settle(ctx, "SkipRun", runID, map[string]string{"reason": reason}, func(r *integration.Run) {
		r.Outcome, r.Cause = integration.Skipped, "skipped_by_hand"
	})
}

func (f *Fake) settle(
	ctx context.Context, method, runID string, needed map[string]string, set func(*integration.Run),
) (integration.Run, error) {
	if err := f.enter(ctx, method); err != nil {
		return integration.Run{}, err
	}
	if err := required(needed); err != nil {
		return integration.Run{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.run(runID)
	if i < 0 {
		return integration.Run{}, notFound("run", runID)
	}
	r := &f.runs[i].Run
	if method == "SkipRun" && r.Status == integration.Complete && r.Proof == integration.Drift {
		r.Proof, r.ProofNote, r.Advice, r.Modified = integration.Accepted, needed["reason"], "", f.now()
		f.notify("run", runID)
		return *r, nil
	}
	if !r.Status.Failed() && !r.HeldByHand() {
		return *r, fmt.Errorf("run %s is %s: %w", runID, r.Status, integration.ErrConflict)
	}
	r.Status, r.Error, r.Advice, r.Completed, r.Modified = integration.Complete, needed["reason"], "", f.now(), f.now()
	set(r)
	f.notify("run", runID)
	return *r, nil
}

func required(values map[string]string) error {
	var faults spec.Problems
	for key, v := range values {
		if strings.TrimSpace(v) == "" {
			faults = append(faults, spec.Problem{Key: key, Label: key, Message: key + " is required"})
		}
	}
	return faults.Err()
}

// HoldRuns implements service.Service.
func (f *Fake) HoldRuns(ctx context.Context, runIDs []string, reason string) (service.ActResult, error) {
	if err := f.enter(ctx, "HoldRuns"); err != nil {
		return service.ActResult{}, err
	}
	if err := required(map[string]string{"reason": reason}); err != nil {
		return service.ActResult{}, err
	}
	return f.act(runIDs, func(r *integration.Run) string {
		if !r.Due() {
			return string(r.Status) + ", and only a run that waits can be held"
		}
		r.Outcome, r.Cause, r.Error, r.Advice = integration.Held, "held_by_hand", reason, "release it when it may go"
		return ""
	})
}

// ReleaseRuns implements service.Service.
func (f *Fake) ReleaseRuns(ctx context.Context, runIDs []string) (service.ActResult, error) {
	if err := f.enter(ctx, "ReleaseRuns"); err != nil {
		return service.ActResult{}, err
	}
	return f.act(runIDs, func(r *integration.Run) string {
		if !r.HeldByHand() {
			return string(r.Status) + " and not held by a person"
		}
		r.Outcome, r.Cause, r.Error, r.Advice = "", "", "", ""
		return ""
	})
}

// act changes runs one by one; change says why it cannot.
func (f *Fake) act(runIDs []string, change func(*integration.Run) (why string)) (service.ActResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := service.ActResult{Not: map[string]int{}}
	for _, id := range runIDs {
		why := "not found"
		if i := f.run(id); i >= 0 {
			why = change(&f.runs[i].Run)
		}
		if why != "" {
			out.Not[why]++
			continue
		}
		out.Done++
		f.notify("run", id)
	}
	return out, nil
}
