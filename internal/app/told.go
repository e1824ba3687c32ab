package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"billferry/internal/delivery"
	"billferry/store/postgres"
)

// told is what a process tells the others that share its database: what only it
// knows, so that any of them answers for every account.
type told struct {
	Paces  []delivery.Pace             `json:"paces,omitempty"`
	Silent map[string]delivery.Silence `json:"silent,omitempty"`
	// Retries are the names of those of many runs that it is at.
	Retries []string `json:"retries,omitempty"`
}

// telling is what this process tells.
func (c *cluster) telling() string {
	raw, err := json.Marshal(told{Paces: c.a.engine.Paces(), Silent: c.a.engine.Silences(), Retries: c.a.bulkRetry.names()})
	if err != nil {
		return "" // times and numbers: there is nothing that cannot be written
	}
	return string(raw)
}

// hear reads what the others tell. What cannot be read is left out: another version
// may have written it.
func (c *cluster) hear(ctx context.Context, n *postgres.Node) error {
	all, err := n.Others(ctx)
	if err != nil {
		return err
	}
	var out []told
	for _, raw := range all {
		var t told
		if json.Unmarshal([]byte(raw), &t) == nil {
			out = append(out, t)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.others = out
	return nil
}

// retries tells whether another process is at a retry.
func (c *cluster) retries(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.others, func(t told) bool { return slices.Contains(t.Retries, name) })
}

// Silence implements delivery.Elsewhere.
func (c *cluster) Silence(integrationID string) (s delivery.Silence, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.others {
		if s, ok = t.Silent[integrationID]; ok {
			return s, true
		}
	}
	return s, false
}

// paces are those of all accounts, whoever has them.
func (a *App) paces() []delivery.Pace {
	out := a.engine.Paces()
	if a.cluster == nil {
		return out
	}
	ours := map[string]bool{}
	for _, p := range out {
		ours[p.Account] = true
	}
	a.cluster.mu.Lock()
	defer a.cluster.mu.Unlock()
	for _, t := range a.cluster.others {
		for _, p := range t.Paces {
			if !ours[p.Account] { // it may have changed hands since it was told
				ours[p.Account] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// polledMeta is where the process that asks m3ter tells the others how that went.
const polledMeta = "source/polled"

// polled is how the last pass went.
type polled struct {
	At    time.Time `json:"at"`
	Err   string    `json:"error,omitempty"`
	Known int       `json:"known"`
}

// tellPolled tells other processes of a pass.
func (a *App) tellPolled(ctx context.Context) {
	if a.cluster == nil {
		return
	}
	raw, err := json.Marshal(a.source.polled())
	if err == nil {
		err = a.store.SetMeta(ctx, polledMeta, raw)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("how asking m3ter went could not be told to other processes", "error", err)
	}
}

// lastPoll is how the last pass went, whoever did it.
func (a *App) lastPoll(ctx context.Context) (p polled, err error) {
	if a.cluster == nil {
		return a.source.polled(), nil
	}
	raw, err := a.store.Meta(ctx, polledMeta)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read how asking m3ter went: %w", err)
	}
	return p, nil
}

func (s *sourceState) polled() polled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return polled{At: s.poll, Err: s.err, Known: s.known}
}
