package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// needed refuses an empty answer to a question in the words of a form.
func needed(key, label, value string) error {
	if strings.TrimSpace(value) != "" {
		return nil
	}
	return spec.Problems{{Key: key, Label: label, Message: label + " is required: an act by hand is kept in the audit trail with it"}}
}

// MarkSent implements service.Service.
func (a *App) MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error) {
	if err := needed("externalId", "Internal id", externalID); err != nil {
		return integration.Run{}, err
	}
	if err := needed("reason", "Reason", reason); err != nil {
		return integration.Run{}, err
	}
	r, err := a.engine.MarkSent(ctx, runID, externalID, reason, confirmed)
	said := fmt.Sprintf("%s, record %s: %s", runID, strings.TrimSpace(externalID), reason)
	if len(r.Warnings) > 0 && err == nil {
		said += "; " + strings.Join(r.Warnings, "; ")
	}
	return r, a.acted(err, "mark run as sent", said)
}

// SkipRun implements service.Service.
func (a *App) SkipRun(ctx context.Context, runID, reason string) (integration.Run, error) {
	if err := needed("reason", "Reason", reason); err != nil {
		return integration.Run{}, err
	}
	r, err := a.engine.Skip(ctx, runID, reason, a.actor(ctx))
	act := "skip run"
	if r.Proof == integration.Accepted {
		act, reason = "accept document", reason+"; "+r.Error
	}
	return r, a.acted(err, act, runID+": "+reason)
}

// HoldRuns implements service.Service.
func (a *App) HoldRuns(ctx context.Context, runIDs []string, reason string) (service.ActResult, error) {
	if err := needed("reason", "Reason", reason); err != nil {
		return service.ActResult{}, err
	}
	return each(runIDs, func(id string) error {
		_, err := a.engine.Hold(ctx, id, reason)
		return a.acted(err, "hold run", id+": "+reason)
	})
}

// ReleaseRuns implements service.Service.
func (a *App) ReleaseRuns(ctx context.Context, runIDs []string) (service.ActResult, error) {
	return each(runIDs, func(id string) error {
		_, err := a.engine.Release(ctx, id)
		return a.acted(err, "release run", id)
	})
}

// each does an act on runs one by one. A run that cannot take it is counted by
// its reason; any other error ends it.
func each(ids []string, act func(id string) error) (service.ActResult, error) {
	out := service.ActResult{Not: map[string]int{}}
	for _, id := range ids {
		err := act(id)
		var unfit *delivery.UnfitError
		switch {
		case err == nil:
			out.Done++
		case errors.As(err, &unfit):
			out.Not[unfit.Why]++
		case errors.Is(err, integration.ErrConflict):
			out.Not["superseded meanwhile"]++
		case errors.Is(err, integration.ErrNotFound):
			out.Not["not found"]++
		default:
			return out, err
		}
	}
	return out, nil
}
