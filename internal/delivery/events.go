package delivery

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// raise records an event about a run. What has one remedy is one event while
// it is open: refused logins and a disabled integration, customers one by one,
// and everything else by its cause.
func (e *Engine) raise(name string, r integration.Run, message string) {
	ev := integration.Event{
		Name: name, IntegrationID: r.IntegrationID, RunID: r.ID, BillID: r.EntityID, AccountID: r.AccountID, Message: message,
		Status: r.Status, Cause: r.Cause, Group: name,
	}
	switch name {
	case integration.EventAuthentication, integration.EventDisabled:
	case integration.EventMissingMapping:
		ev.Group = unmappedGroup("")
		if e.unmapped.few(r.IntegrationID, r.AccountID) {
			ev.Group = unmappedGroup(r.AccountID)
		}
	case integration.EventDocument:
		ev.Group = documentGroup(r.Cause, "")
		if e.changed.few(r.IntegrationID+r.Cause, r.EntityID) {
			ev.Group = documentGroup(r.Cause, r.EntityID)
		}
	default:
		ev.Group += "|" + string(r.Status) + "|" + r.Cause
	}
	w := e.watches.of(r.IntegrationID)
	_ = w.adding.Acquire(context.Background(), 1) // it cannot fail
	defer w.adding.Release(1)
	e.addEvent(ev)
	w.note(ev)
}

// unmappedGroup is the group of a customer without a mapping; "" is all the
// others, once there are many.
func unmappedGroup(accountID string) string {
	return integration.EventMissingMapping + "|" + accountID
}

// closeEvents ends an event whose cause is mended. It never holds up what mended it.
func (e *Engine) closeEvents(ctx context.Context, integrationID, group string) {
	if err := e.o.Ledger.CloseEvents(ctx, integrationID, group); err != nil && ctx.Err() == nil {
		e.log.Error("an event that is mended could not be closed", "integration", integrationID, "event", group, "error", err)
	}
}

// paid tells of what has become of a document's payment, where somebody asked for
// that. It needs nobody, and so is closed as it is kept.
func (e *Engine) paid(r integration.Run) {
	if !e.o.TellPayments || r.Watch.Payment == "" || r.Watch.Payment == integration.Unpaid {
		return
	}
	w := r.Watch
	text := r.PaymentText(func(d decimal.D) string { return d.String() + " " + r.Currency })
	e.addEvent(integration.Event{
		Name: integration.EventPayment, IntegrationID: r.IntegrationID, RunID: r.ID, BillID: r.EntityID, AccountID: r.AccountID,
		Message: fmt.Sprintf("Bill %s of %s, document %s: %s", r.BillRef, r.AccountRef(), documentName(r), text),
		Status:  r.Status, Watch: &w, Actioned: e.o.Now(), Resolved: true,
	})
}

// documentGroup is the group of what has happened to the document of a Bill; "" is
// all the others, once there are many.
func documentGroup(cause, billID string) string {
	return integration.EventDocument + "|" + cause + "|" + billID
}

func (e *Engine) addEvent(ev integration.Event) {
	ev.ID, ev.Time = uuid.Must(uuid.NewV7()).String(), e.o.Now()
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := e.o.Ledger.AddEvent(ctx, ev); err != nil {
		e.log.Error("an event could not be kept", "event", ev.Name, "run", ev.RunID, "message", ev.Message, "error", err)
	}
}

// sentence says what happened to a run and what to do about it.
func sentence(r integration.Run) string {
	return integration.ToDo(fmt.Sprintf("Bill %s of %s: %s", r.BillRef, r.AccountRef(), r.Error), r.Advice)
}

// mostUnmapped is how many customers without a mapping get an event of their
// own in one integration; what is more shares one, since a list of thousands
// is read by nobody.
const mostUnmapped = 20

// accounts are those, by integration, that got one since this process began.
type accounts struct {
	mu sync.Mutex
	by map[string]map[string]bool
}

// few tells whether an account is one of few, and counts it.
func (a *accounts) few(integrationID, accountID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.by[integrationID]
	if seen == nil {
		seen = map[string]bool{}
		if a.by == nil {
			a.by = map[string]map[string]bool{}
		}
		a.by[integrationID] = seen
	}
	if !seen[accountID] && len(seen) >= mostUnmapped {
		return false
	}
	seen[accountID] = true
	return true
}

func (a *accounts) forget(integrationID string, which func(accountID string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.by[integrationID], func(accountID string, _ bool) bool { return which(accountID) })
}

// health counts what went wrong with an integration in a row.
type health struct {
	counters
	written counters // as the ledger has them
	writing bool
}

// counters are what is kept of it.
type counters struct {
	Auth   int       `json:"auth"`   // authentication failures
	Faults int       `json:"faults"` // permanent errors
	Last   time.Time `json:"last"`   // the last authentication failure
}

// reset begins a new row.
func (h *health) reset(last time.Time) { h.counters = counters{Last: last} }

// How many in a row disable an integration.
const (
	mostAuth   = 5
	mostFaults = 25
)
