package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"billferry/internal/integration"
)

// page is how many runs are read at once where all of a filter are wanted.
const page = 500

// Retryability tells of many runs whether they can be retried; it reads each
// integration once.
type Retryability struct {
	e   *Engine
	ins map[string]integration.Integration
}

// Retryability begins to ask.
func (e *Engine) Retryability() *Retryability {
	return &Retryability{e, map[string]integration.Integration{}}
}

// Of says why a run cannot be retried, "" when it can.
func (y *Retryability) Of(ctx context.Context, r integration.Run) (why string, err error) {
	switch {
	case r.WaitsForPlan():
		return "waits for a plan", nil
	case r.Proposed():
		return "waits for the Bill's approval in m3ter", nil
	case r.HeldByHand():
		return "held by a person: release it", nil
	case !r.Status.Settled():
		return "still under way: " + string(r.Status), nil
	case r.Cause == integration.CauseRetried:
		return "retried already", nil
	case r.Outcome == integration.Superseded:
		return "superseded by a newer version of the Bill", nil
	case !r.Retries():
		return "complete already: " + string(r.Outcome), nil
	}
	in, known := y.ins[r.IntegrationID]
	if !known {
		if in, err = y.e.o.Ledger.Integration(ctx, r.IntegrationID); err != nil {
			return "", err
		}
		y.ins[r.IntegrationID] = in
	}
	if !in.Enabled {
		return "the integration is disabled", nil
	}
	if _, newer, err := y.e.newer(ctx, r); err != nil || newer {
		return "a newer version of the Bill is known", err
	}
	return "", nil
}

// newer finds a run about a later version of the same Bill.
func (e *Engine) newer(ctx context.Context, r integration.Run) (integration.Run, bool, error) {
	p, err := e.o.Ledger.Runs(ctx, integration.RunFilter{IntegrationID: r.IntegrationID, BillID: r.EntityID}, "", page)
	if err != nil {
		return integration.Run{}, false, err
	}
	var by integration.Run
	found := false
	for _, o := range p.Runs {
		if o.NewerThan(r) && o.Outcome != integration.Skipped && (!found || reach(o) > reach(by)) {
			by, found = o, true
		}
	}
	return by, found, nil
}

// reach tells how much a run says about what stands in the destination: 2, its
// document does; 1, it may; 0, it does not.
func reach(r integration.Run) int {
	switch {
	case r.Sent():
		return 2
	case !r.Status.Settled(), r.InFlight, len(r.Doubt) > 0:
		return 1
	}
	return 0
}

// Retry makes a new run for each settled run that did not deliver; it names
// the old one in ReplayedFrom and takes its place. Runs that cannot be retried
// are left out, those retried already among them; Retryability says why.
func (e *Engine) Retry(ctx context.Context, runIDs []string) ([]integration.Run, error) {
	var out []integration.Run
	forgot := map[string]bool{}
	can := e.Retryability()
	for ids := range slices.Chunk(runIDs, group) {
		var news []NewRun
		for _, id := range ids {
			old, err := e.o.Ledger.Run(ctx, id)
			if err != nil {
				return out, fmt.Errorf("run %s: %w", id, err)
			}
			if why, err := can.Of(ctx, old); err != nil || why != "" {
				if err != nil {
					return out, err
				}
				continue
			}
			raw, err := e.o.Ledger.Bill(ctx, id)
			if err != nil {
				return out, fmt.Errorf("the Bill of run %s: %w", id, err)
			}
			if !forgot[old.IntegrationID] {
				forgot[old.IntegrationID] = true
				e.Forget(ctx, old.IntegrationID)
			}
			news = append(news, NewRun{Run: e.retryOf(old), Bill: raw})
		}
		if len(news) == 0 {
			continue
		}
		added, err := e.o.Ledger.AddRuns(ctx, news)
		if err != nil {
			return out, err
		}
		for _, a := range added {
			out = append(out, a.Run)
			if a.Added {
				e.moved(a.Run.IntegrationID)
				e.o.OnRun(a.Run)
			}
		}
	}
	e.Wake()
	return out, nil
}

// Forget makes the next attempts of an integration ask again for what was
// looked up before: a person retries because something was mended.
func (e *Engine) Forget(ctx context.Context, integrationID string) {
	e.o.Forget()
	in, err := e.o.Ledger.Integration(ctx, integrationID)
	if err != nil {
		return // the attempt tells
	}
	if dest, err := e.o.Resolver.Destination(ctx, in); err == nil {
		dest.Forget()
		e.forgetCurrencies(dest.Account())
		e.records.forget(dest.Account())
	}
}

// retryOf is a new run for the work of an old one. What the old one left
// unknown is looked up first.
func (e *Engine) retryOf(old integration.Run) integration.Run {
	now := e.o.Now()
	r := old
	r.ID, r.ReplayedFrom, r.Trigger = "", old.ID, "retry"
	r.InFlight = r.InFlight || old.Doubtful() // the record is there
	r.Created, r.Modified, r.Tries = now, now, 0
	// Those are the old one's.
	r.Plan, r.PlanHash = "", ""
	r.ExternalID, r.URL, r.Doubt, r.Proof, r.ProofNote, r.ProofBy = "", "", nil, "", "", ""
	r.ProofAfter, r.LateChange, r.LateCreate = time.Time{}, time.Time{}, time.Time{}
	reopen(&r)
	return r
}

// reopen makes a run ready for a first attempt, with a new budget.
func reopen(r *integration.Run) {
	r.Status, r.Outcome, r.Cause, r.Error, r.Advice = integration.Waiting, "", "", "", ""
	r.Started, r.Completed, r.Next = time.Time{}, time.Time{}, time.Time{}
	r.Warnings = nil
}

// configCauses are what a change of an integration's settings can mend.
var configCauses = append([]string{"negative_total", "too_many_lines", "currencies_off", "currency_not_base", "period_date_mismatch",
	"field_source_missing", "field_value_refused", "field_value_unknown", "customer_missing", "invoice_date_missing",
	"prepayment_item_shared", "revenue_date_missing", "revenue_template_incomplete", "number_missing", "field_missing"}, MappingCauses...)

// ConfigChanged re-queues the runs of an integration that its settings had
// stopped: nobody should have to find them one by one after mending the
// cause. They are mapped anew, and stop again if the change did not help. A
// disabled integration keeps them until it is enabled.
func (e *Engine) ConfigChanged(ctx context.Context, integrationID string) error {
	in, err := e.o.Ledger.Integration(ctx, integrationID)
	if err != nil || !in.Enabled {
		return err
	}
	f := integration.RunFilter{IntegrationID: integrationID, Statuses: []integration.Status{integration.Errored}, Causes: configCauses}
	err = e.requeue(ctx, f)
	if err == nil && !in.ByPlan() {
		f.Statuses, f.Causes = unsettled, []string{integration.CausePlan, integration.CausePlanDiffers}
		err = e.requeue(ctx, f)
	}
	if err != nil {
		return fmt.Errorf("re-queue what the settings of %s had stopped: %w", in.Name, err)
	}
	e.proveAgain() // what waited for its proof while it was disabled may go on
	return nil
}

// unblock re-queues what was refused for its credentials, once an integration
// is authorised again, and once at the start. before is what was blocked before
// the integration was read as authorised.
func (e *Engine) unblock(ctx context.Context, integrationID string, before map[string]bool) error {
	if was, seen := before[integrationID]; seen && !was {
		return nil
	}
	e.mu.Lock()
	e.blocked[integrationID] = false // a run that is refused while this goes on sets it anew
	e.mu.Unlock()
	f := integration.RunFilter{IntegrationID: integrationID, Statuses: []integration.Status{integration.AuthFailed}}
	err := e.requeue(ctx, f)
	if err != nil {
		e.mu.Lock()
		e.blocked[integrationID] = true
		e.mu.Unlock()
		return err
	}
	e.closeEvents(ctx, integrationID, integration.EventAuthentication)
	e.proveAgain() // what waits for its proof may go on, too
	return nil
}
