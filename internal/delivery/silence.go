package delivery

import (
	"context"
	"maps"
	"slices"
	"time"

	"billferry/internal/integration"
)

// Silence is a destination that does not answer: shown to people, and no reason
// to send less, since the runs are tried again as it is.
type Silence struct {
	Since time.Time // the first request without an answer
	Why   string    // what became of the last one
}

// Elsewhere knows of what other processes do.
type Elsewhere interface {
	// Silence tells whether the destination of an integration does not answer one of them.
	Silence(integrationID string) (Silence, bool)
}

// Silences are the destinations that do not answer this process, by integration id.
func (e *Engine) Silences() map[string]Silence {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.silent)
}

// silentCauses are those of failures in which nobody of the destination's spoke.
var silentCauses = []string{"no_answer", "gateway_error"}

// listen notes whether the destination of an integration has answered; f is nil
// for a success.
func (e *Engine) listen(integrationID string, f *integration.Failure, called bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch s, known := e.silent[integrationID]; {
	case f != nil && slices.Contains(silentCauses, f.Cause):
		if !known {
			s.Since = e.o.Now()
		}
		s.Why = f.Message
		e.silent[integrationID] = s
	case known && called && (f == nil || f.Class != integration.ClassTransient):
		delete(e.silent, integrationID)
	}
}

// Unreachable tells of an integration whose destination does not answer while
// runs wait for it; nil of any other.
func (e *Engine) Unreachable(ctx context.Context, integrationID string, waiting int) (*integration.Unreachable, error) {
	e.mu.Lock()
	s, ok := e.silent[integrationID]
	e.mu.Unlock()
	if !ok && e.o.Elsewhere != nil {
		s, ok = e.o.Elsewhere.Silence(integrationID)
	}
	if !ok || waiting == 0 {
		return nil, nil
	}
	now := e.o.Now()
	due, next, err := e.o.Ledger.DueFor(ctx, integrationID, now, 1)
	if err != nil {
		return nil, err
	}
	if len(due) > 0 {
		next = now
	}
	return &integration.Unreachable{Since: s.Since, Why: s.Why, Waiting: waiting, Next: next}, nil
}
