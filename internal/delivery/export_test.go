package delivery

import (
	"context"

	"runtime"

	"billferry/internal/integration"
)

// Held tells whether the engine's lock stays held: by a caller that waits for
// something outside.
func (e *Engine) Held() bool {
	for range 1000 {
		if e.mu.TryLock() {
			e.mu.Unlock()
			return false
		}
		runtime.Gosched()
	}
	return true
}

// Remembers tells whether anything in memory is of an integration.
func (e *Engine) Remembers(in integration.Integration) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, config := e.configs[in.ID]
	_, queue := e.listed[in.ID]
	_, blocked := e.blocked[in.ID]
	_, silent := e.silent[in.ID]
	_, health := e.healths[in.ID]
	return config || queue || blocked || silent || health
}

// ResolveWith is resolve for customers of one account.
func (e *Engine) ResolveWith(ctx context.Context, credentialsID, ref string,
	ask func([]string) (map[string]integration.Named, error)) (map[string]integration.Named, error) {
	return e.resolve(ctx, "TSTDRV1", credentialsID, CustomerRecord, []string{ref}, ask)
}
