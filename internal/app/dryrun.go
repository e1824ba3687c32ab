package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// dryRun maps the Bills of runs as an attempt would, and sends nothing: who
// retries thousands wants to know first how many of them stop again, and why.
func (a *App) dryRun(ctx context.Context, runIDs []string, most int) ([]service.DryRun, error) {
	if most <= 0 || most > service.MapLimit {
		most = service.MapLimit
	}
	d := dryRun{a, map[string]integration.Integration{}}
	var out []service.DryRun
	for _, id := range runIDs[:min(len(runIDs), most)] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		got, err := d.of(ctx, id)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(o service.DryRun) bool { return o.Verdict == got.Verdict && o.Cause == got.Cause })
		if i < 0 {
			i, out = len(out), append(out, got)
		}
		out[i].Runs++
	}
	slices.SortStableFunc(out, func(x, y service.DryRun) int { return cmp.Compare(y.Runs, x.Runs) })
	return out, nil
}

// dryRun is one under way.
type dryRun struct {
	*App
	known map[string]integration.Integration
}

// integration reads each once. What is known of its destination is asked for
// again, as the retry will: something may have been mended a moment ago, and a
// period closed.
func (d *dryRun) integration(ctx context.Context, id string) (integration.Integration, error) {
	in, ok := d.known[id]
	if ok {
		return in, nil
	}
	in, err := d.store.Integration(ctx, id)
	if err == nil {
		d.known[id] = in
		d.engine.Forget(ctx, id)
	}
	return in, err
}

// of maps one Bill, under the settings that its integration has now.
func (d *dryRun) of(ctx context.Context, runID string) (service.DryRun, error) {
	r, err := d.store.Run(ctx, runID)
	if err != nil {
		return service.DryRun{}, err
	}
	in, err := d.integration(ctx, r.IntegrationID)
	if err != nil {
		return service.DryRun{}, err
	}
	f, err := d.form(in.EntityType, in.Destination)
	if err != nil {
		return service.DryRun{}, err
	}
	sys, err := d.dest.System(in.EntityType, in.Destination)
	if err != nil {
		return service.DryRun{}, err
	}
	raw, err := d.store.Bill(ctx, runID)
	if err != nil {
		return service.DryRun{}, err
	}
	m, err := d.engine.Foresee(ctx, sys, in.ID, f.Fill(in.ConfigData), raw)
	if err == nil && shutStill(r, m) {
		return service.DryRun{Verdict: service.WouldStop, Cause: r.Cause, Advice: r.Advice,
			Reason: fmt.Sprintf("accounting period %s is still %s in %s", m.Period.Name, m.Period.Shut, sys.Words().System)}, nil
	}
	return verdictOf(err)
}

// shutStill tells that the period which stopped a run is not open yet. A period
// that is shut stops no other run for certain: an account may post a document to
// the next one by itself.
func shutStill(r integration.Run, m delivery.Mapped) bool {
	return r.Status == integration.PeriodClosed && m.Period.Shut != "" && m.Document.PeriodID == "" &&
		m.Document.Amends == nil
}

// verdictOf says what an error of the engine's Preview or Foresee means for a run; an
// error that says nothing of the Bill is handed back.
func verdictOf(err error) (service.DryRun, error) {
	var skip *delivery.Skip
	var fail *integration.Failure
	switch {
	case err == nil:
		return service.DryRun{Verdict: service.WouldSend}, nil
	case errors.As(err, &skip):
		return service.DryRun{Verdict: service.WouldSkip, Cause: skip.Cause, Reason: skip.Reason}, nil
	case errors.As(err, &fail):
		o := service.DryRun{Verdict: service.WouldStop, Cause: fail.Cause, Reason: fail.Message, Advice: fail.Advice}
		if fail.Class == integration.ClassLoad || fail.Class == integration.ClassTransient {
			o.Verdict = service.WouldWait
		}
		return o, nil
	}
	return service.DryRun{}, err
}
