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
	h := e.health(ctx, integrationID)
	e.mu.Lock()
	clean := h.Auth == 0 && h.Faults == 0
	if !clean {
		h.reset(time.Time{})
	}
	e.mu.Unlock()
	if !clean {
		e.keepHealth(ctx, integrationID, h)
	}
}

// wentWrong counts a permanent failure, withdraws the authorisation after a
// refused login, and disables the integration when the row gets too long. A
// failure of a request that began before the last one was counted belongs to
// the same burst: five slots that fail together are one refused login. One with
// credentials that the integration no longer has says nothing about those it has.
func (e *Engine) wentWrong(ctx context.Context, r integration.Run, credentialsID string, began time.Time, v verdict) {
	h := e.health(ctx, r.IntegrationID)
	now := e.o.Now()
	e.mu.Lock()
	refused := v.status == integration.AuthFailed
	if refused && began.Before(h.Last) && !h.Last.After(now) { // a later one is of a clock that was ahead
		e.mu.Unlock()
		e.block(r.IntegrationID)
		return
	}
	before := h.counters
	if refused {
		h.Auth++
		h.Last = now
	} else {
		h.Faults++
	}
	auth, faults := h.Auth, h.Faults
	e.mu.Unlock()
	if refused && !e.withdraw(ctx, r, credentialsID) {
		e.mu.Lock()
		h.Auth, h.Last = before.Auth, before.Last
		e.mu.Unlock()
		return
	}
	switch {
	case auth >= mostAuth:
		e.disable(ctx, r, h, fmt.Sprintf("%d authentication failures in a row", auth))
	case faults >= mostFaults:
		e.disable(ctx, r, h, fmt.Sprintf("%d permanent errors in a row without a success", faults))
	}
	e.keepHealth(ctx, r.IntegrationID, h)
}

// block has the runs that a refused login has ended go on as soon as the
// integration is authorised: should it be so already, in the next round.
func (e *Engine) block(integrationID string) {
	e.mu.Lock()
	e.blocked[integrationID] = true
	e.mu.Unlock()
	e.Wake()
}

// withdraw marks an integration as not authorised, so that its runs wait. It
// answers false when it was connected with other credentials meanwhile.
func (e *Engine) withdraw(ctx context.Context, r integration.Run, credentialsID string) bool {
	_, err := e.o.Ledger.SetAuthorized(ctx, r.IntegrationID, credentialsID, false)
	in, readErr := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err == nil {
		err = readErr
	}
	e.block(r.IntegrationID)
	if err != nil {
		e.log.Error("the authorisation could not be withdrawn", "integration", r.IntegrationID, "error", err)
	} else if in.Authorized {
		return false
	}
	e.relogin()
	e.raise(integration.EventAuthentication, r, integration.ToDo(
		fmt.Sprintf("%s refused the credentials of %s: %s", in.Destination, in.Name, r.Error), r.Advice)+
		". Its runs wait: the login is tried again by itself, half an hour apart at most, and at once when it is connected again")
	return true
}

func (e *Engine) disable(ctx context.Context, r integration.Run, h *health, why string) {
	changed, err := e.o.Ledger.SetEnabled(ctx, r.IntegrationID, false, why)
	if err != nil {
		e.log.Error("the integration could not be disabled", "integration", r.IntegrationID, "error", err)
		return
	}
	e.mu.Lock()
	h.reset(h.Last) // enabling it starts a new row
	e.mu.Unlock()
	e.Wake() // to settle the runs that wait, whatever room its account has
	if !changed {
		return // a person was first, and knows
	}
	name := r.IntegrationID
	if in, err := e.o.Ledger.Integration(ctx, r.IntegrationID); err == nil {
		name = in.Name
	}
	e.raise(integration.EventDisabled, r, integration.ToDo(fmt.Sprintf("%s was disabled after %s; the last: %s", name, why, r.Error),
		"mend the cause, enable it, and retry the runs recorded as DISABLED"))
}

// health reads the counters of an integration, which e.mu guards.
func (e *Engine) health(ctx context.Context, integrationID string) *health {
	e.mu.Lock()
	h, ok := e.healths[integrationID]
	e.mu.Unlock()
	if ok {
		return h
	}
	h = &health{}
	b, err := e.o.Ledger.Meta(ctx, healthKey(integrationID))
	if err == nil && b != nil {
		err = json.Unmarshal(b, &h.counters)
	}
	if err != nil {
		e.log.Warn("the counters of an integration start at nothing", "integration", integrationID, "error", err)
		h.reset(time.Time{})
	}
	h.written = h.counters
	e.mu.Lock()
	defer e.mu.Unlock()
	if first, ok := e.healths[integrationID]; ok {
		return first
	}
	e.healths[integrationID] = h
	return h
}

// keepHealth writes the counters as they are now. One caller at a time writes
// those of an integration, outside of every lock, until they no longer change:
// so an older state never follows a newer, and nobody waits for a disk.
func (e *Engine) keepHealth(ctx context.Context, integrationID string, h *health) {
	for {
		e.mu.Lock()
		if h.writing || h.written == h.counters {
			e.mu.Unlock()
			return
		}
		h.writing = true
		now := h.counters
		e.mu.Unlock()
		b, err := json.Marshal(now)
		if err == nil {
			err = e.o.Ledger.SetMeta(ctx, healthKey(integrationID), b)
		}
		e.mu.Lock()
		h.writing = false
		if err == nil {
			h.written = now
		}
		e.mu.Unlock()
		if err != nil {
			e.log.Warn("the counters of an integration could not be kept", "integration", integrationID, "error", err)
			return
		}
	}
}
