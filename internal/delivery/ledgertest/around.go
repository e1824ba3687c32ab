package ledgertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
)

// Integrations implements delivery.Ledger.
func (m *Memory) Integrations(context.Context) ([]integration.Integration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.integrations), nil
}

// Integration implements delivery.Ledger.
func (m *Memory) Integration(_ context.Context, id string) (integration.Integration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.integrations {
		if in.ID == id {
			return in, nil
		}
	}
	return integration.Integration{}, fmt.Errorf("integration %s: %w", id, integration.ErrNotFound)
}

// Remove deletes an integration.
func (m *Memory) Remove(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.integrations = slices.DeleteFunc(slices.Clone(m.integrations), func(in integration.Integration) bool { return in.ID == id })
}

// MaySend implements delivery.Ledger.
func (m *Memory) MaySend(ctx context.Context, id string, byPlan bool) (bool, error) {
	in, err := m.Integration(ctx, id)
	return in.MaySend(byPlan), err
}

// SetEnabled implements delivery.Ledger.
func (m *Memory) SetEnabled(_ context.Context, id string, enabled bool, why string) (bool, error) {
	return m.setFlag(id, func(in *integration.Integration) bool { return in.Enable(enabled, why) })
}

// SetAuthorized implements delivery.Ledger.
func (m *Memory) SetAuthorized(_ context.Context, id, credentialsID string, authorized bool) (bool, error) {
	return m.setFlag(id, func(in *integration.Integration) bool { return in.Authorize(credentialsID, authorized) })
}

func (m *Memory) setFlag(id string, set func(*integration.Integration) bool) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.integrations {
		if in := &m.integrations[i]; in.ID == id {
			return set(in), nil
		}
	}
	return false, fmt.Errorf("integration %s: %w", id, integration.ErrNotFound)
}

// Connect gives an integration other credentials, which the destination takes.
func (m *Memory) Connect(id, credentialsID string) {
	_, err := m.setFlag(id, func(in *integration.Integration) bool {
		in.CredentialsID, in.Authorized = credentialsID, true
		return true
	})
	if err != nil {
		panic(err)
	}
}

// Configure changes a setting of an integration, as a new version of it.
func (m *Memory) Configure(id, key string, value any) {
	_, err := m.setFlag(id, func(in *integration.Integration) bool {
		in.ConfigData = maps.Clone(in.ConfigData)
		in.ConfigData.Set(key, value)
		in.Version++
		return true
	})
	if err != nil {
		panic(err)
	}
}

// LookupMapping implements delivery.Ledger.
func (m *Memory) LookupMapping(
	_ context.Context, integrationID, system, table, entity, m3terID string,
) (id string, linked, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.mappings {
		if !strings.EqualFold(x.ExternalSystem, system) || !strings.EqualFold(x.ExternalTable, table) ||
			!strings.EqualFold(x.M3terEntity, entity) || x.M3terID != m3terID {
			continue
		}
		if x.IntegrationID == integrationID && integrationID != "" {
			return x.ExternalID, true, true, nil
		}
		if x.IntegrationID == "" {
			id, ok = x.ExternalID, true
		}
	}
	return id, false, ok, nil
}

// AddEvent implements delivery.Ledger.
func (m *Memory) AddEvent(_ context.Context, e integration.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.openOfGroup(e.IntegrationID, e.Group); i >= 0 {
		m.events[i] = m.events[i].Joined(e)
		return nil
	}
	m.events = append(m.events, e)
	return nil
}

// openOfGroup finds the open event of a group, or -1. m.mu is held.
func (m *Memory) openOfGroup(integrationID, group string) int {
	return slices.IndexFunc(m.events, func(e integration.Event) bool {
		return group != "" && e.Group == group && e.IntegrationID == integrationID && e.Actioned.IsZero()
	})
}

// CloseEvents implements delivery.Ledger.
func (m *Memory) CloseEvents(_ context.Context, integrationID, group string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.openOfGroup(integrationID, group); i >= 0 {
		m.events[i] = m.events[i].Mended(time.Now())
	}
	return nil
}

// OpenEvents implements delivery.Ledger.
func (m *Memory) OpenEvents(_ context.Context, integrationID string) ([]integration.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []integration.Event
	for i, e := range m.events {
		if e.IntegrationID == integrationID && m.openOfGroup(integrationID, e.Group) == i {
			out = append(out, e)
		}
	}
	return out, nil
}

// Meta implements delivery.Ledger.
func (m *Memory) Meta(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.meta[key], nil
}

// MetaUnder implements delivery.Ledger.
func (m *Memory) MetaUnder(_ context.Context, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string][]byte{}
	for k, v := range m.meta {
		if strings.HasPrefix(k, prefix) {
			out[k] = v
		}
	}
	return out, nil
}

// SetMeta implements delivery.Ledger.
func (m *Memory) SetMeta(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.meta[key] = slices.Clone(value); value == nil {
		delete(m.meta, key)
	}
	return nil
}

// Drop deletes an integration; its runs stay.
func (m *Memory) Drop(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.integrations = slices.DeleteFunc(m.integrations, func(in integration.Integration) bool { return in.ID == id })
}

// PutMapping adds an external mapping.
func (m *Memory) PutMapping(x integration.ExternalMapping) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mappings = append(m.mappings, x)
}

// All lists every run, oldest first.
func (m *Memory) All() []integration.Run {
	return m.pick(func(integration.Run) bool { return true })
}

// Sent implements delivery.Ledger.
func (m *Memory) Sent(_ context.Context, id string) ([]byte, error) {
	for _, a := range slices.Backward(m.Attempts(id)) {
		if len(a.Document) > 0 {
			return a.Document, nil
		}
	}
	return nil, fmt.Errorf("the document of run %s: %w", id, integration.ErrNotFound)
}

// Keep adds an attempt to a run, as an earlier life of the program left it.
func (m *Memory) Keep(id string, a integration.Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts[id] = append(m.attempts[id], a)
}

// Attempts lists what was tried for a run.
func (m *Memory) Attempts(id string) []integration.Attempt {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.attempts[id])
}

// Events lists the names of the events, oldest first.
func (m *Memory) Events() []integration.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}
