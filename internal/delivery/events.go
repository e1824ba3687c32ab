package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// raise records an event about a run. Customers without a mapping are told
// once each, since one mapping mends all of their Bills.
func (e *Engine) raise(name string, r integration.Run, message string) {
	if name == integration.EventMissingMapping && !e.told.first(r.IntegrationID+"|"+r.AccountID) {
		return
	}
	e.addEvent(integration.Event{
		Name: name, IntegrationID: r.IntegrationID, RunID: r.ID, BillID: r.EntityID, AccountID: r.AccountID, Message: message,
	})
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
	who := r.AccountCode
	if who == "" {
		who = r.AccountID
	}
	s := fmt.Sprintf("Bill %s of %s: %s", r.BillRef, who, r.Error)
	if r.Advice != "" {
		s += ". To do: " + r.Advice
	}
	return s
}

// once remembers what was told already.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (o *once) first(key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[key] {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[key] = true
	return true
}

func (o *once) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.seen, key)
}

// health counts what went wrong with an integration in a row.
type health struct {
	Auth   int       `json:"auth"`   // authentication failures
	Faults int       `json:"faults"` // permanent errors
	Last   time.Time `json:"last"`   // the last authentication failure
}

// How many in a row disable an integration.
const (
	mostAuth   = 5
	mostFaults = 25
)
