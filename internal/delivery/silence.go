package delivery

import (
	"context"
	"slices"
	"time"

	"billferry/internal/integration"
)

// silence is a destination that does not answer: shown to people, and no reason
// to send less, since the runs are tried again as it is.
type silence struct {
	since time.Time // the first request without an answer
	why   string    // what became of the last one
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
			s.since = e.o.Now()
		}
		s.why = f.Message
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
	return &integration.Unreachable{Since: s.since, Why: s.why, Waiting: waiting, Next: next}, nil
}
