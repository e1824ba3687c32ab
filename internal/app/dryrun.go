package app

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
)

// dryRun maps the Bills of runs as an attempt would, and sends nothing: who
// retries thousands wants to know first how many of them stop again, and why.
func (a *App) dryRun(ctx context.Context, runIDs []string) ([]service.DryRun, error) {
	var out []service.DryRun
	known := map[string]integration.Integration{}
	for _, id := range runIDs[:min(len(runIDs), service.MapLimit)] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		got, err := a.dryRunOf(ctx, id, known)
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

// dryRunOf maps one Bill, under the settings that its integration has now.
func (a *App) dryRunOf(ctx context.Context, runID string, known map[string]integration.Integration) (service.DryRun, error) {
	r, err := a.store.Run(ctx, runID)
	if err != nil {
		return service.DryRun{}, err
	}
	in, ok := known[r.IntegrationID]
	if !ok {
		if in, err = a.store.Integration(ctx, r.IntegrationID); err != nil {
			return service.DryRun{}, err
		}
		known[in.ID] = in
	}
	f, err := a.form(in.EntityType, in.Destination)
	if err != nil {
		return service.DryRun{}, err
	}
	sys, err := a.dest.System(in.EntityType, in.Destination)
	if err != nil {
		return service.DryRun{}, err
	}
	raw, err := a.store.Bill(ctx, runID)
	if err != nil {
		return service.DryRun{}, err
	}
	_, err = a.engine.Preview(ctx, sys, in.ID, f.Fill(in.ConfigData), raw)
	return verdictOf(err)
}

// verdictOf says what an error of the engine's Preview means for a run; an
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
