package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"billferry/internal/integration"
)

func healthKey(integrationID string) string { return "health/" + integrationID }

// wentWell ends a row of failures.
func (e *Engine) wentWell(ctx context.Context, integrationID string) {
	e.healthMu.Lock()
	defer e.healthMu.Unlock()
	h := e.health(ctx, integrationID)
	if h.Auth == 0 && h.Faults == 0 {
		return
	}
	*h = health{}
	e.keepHealth(ctx, integrationID, *h)
}

// wentWrong counts a permanent failure, withdraws the authorisation after a
// refused login, and disables the integration when the row gets too long. A
// failure of a request that began before the last one was counted belongs to
// the same burst: five slots that fail together are one refused login.
func (e *Engine) wentWrong(ctx context.Context, r integration.Run, began time.Time, v verdict) {
	e.healthMu.Lock()
	defer e.healthMu.Unlock()
	h := e.health(ctx, r.IntegrationID)
	if v.status == integration.AuthFailed {
		if began.Before(h.Last) && !h.Last.After(e.o.Now()) { // a later one is of a clock that was ahead
			e.mu.Lock()
			e.blocked[r.IntegrationID] = true // should it be connected again already, this run goes on too
			e.mu.Unlock()
			e.Wake()
			return
		}
		h.Auth++
		h.Last = e.o.Now()
		e.withdraw(ctx, r)
	} else {
		h.Faults++
	}
	switch {
	case h.Auth >= mostAuth:
		e.disable(ctx, r, h, fmt.Sprintf("%d authentication failures in a row", h.Auth))
	case h.Faults >= mostFaults:
		e.disable(ctx, r, h, fmt.Sprintf("%d permanent errors in a row without a success", h.Faults))
	}
	e.keepHealth(ctx, r.IntegrationID, *h)
}

// withdraw marks an integration as not authorised, so that its runs wait.
func (e *Engine) withdraw(ctx context.Context, r integration.Run) {
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err == nil && in.Authorized {
		err = e.o.Ledger.SetState(ctx, in.ID, in.Enabled, false, in.DisabledWhy)
	}
	if err != nil {
		e.log.Error("the authorisation could not be withdrawn", "integration", r.IntegrationID, "error", err)
	}
	e.mu.Lock()
	e.blocked[r.IntegrationID] = true // even when it is connected again before the next round
	e.mu.Unlock()
	e.raise(integration.EventAuthentication, r, fmt.Sprintf(
		"%s refused the credentials of %s: %s. To do: %s. Its runs wait until it is connected again",
		in.Destination, in.Name, r.Error, r.Advice))
}

func (e *Engine) disable(ctx context.Context, r integration.Run, h *health, why string) {
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err == nil && in.Enabled {
		err = e.o.Ledger.SetState(ctx, in.ID, false, in.Authorized, why)
	}
	if err != nil {
		e.log.Error("the integration could not be disabled", "integration", r.IntegrationID, "error", err)
		return
	}
	*h = health{Last: h.Last} // enabling it starts a new row
	e.Wake()                  // to settle the runs that wait, whatever room its account has
	e.raise(integration.EventDisabled, r, fmt.Sprintf(
		"%s was disabled after %s; the last: %s. To do: mend the cause, enable it, and retry the runs recorded as DISABLED",
		in.Name, why, r.Error))
}

// health reads the counters of an integration; e.healthMu is held.
func (e *Engine) health(ctx context.Context, integrationID string) *health {
	if h, ok := e.healths[integrationID]; ok {
		return h
	}
	h := &health{}
	b, err := e.o.Ledger.Meta(ctx, healthKey(integrationID))
	if err == nil && b != nil {
		err = json.Unmarshal(b, h)
	}
	if err != nil {
		e.log.Warn("the counters of an integration start at nothing", "integration", integrationID, "error", err)
		*h = health{}
	}
	e.healths[integrationID] = h
	return h
}

func (e *Engine) keepHealth(ctx context.Context, integrationID string, h health) {
	b, err := json.Marshal(h)
	if err == nil {
		err = e.o.Ledger.SetMeta(ctx, healthKey(integrationID), b)
	}
	if err != nil {
		e.log.Warn("the counters of an integration could not be kept", "integration", integrationID, "error", err)
	}
}
