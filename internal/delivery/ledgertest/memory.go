// Package ledgertest has what every delivery.Ledger is tested with: a
// conformance suite, and a ledger in memory that passes it and stands in for
// the store in tests of the engine.
package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// Memory is a Ledger without a disk. Its rules are those of the store; its
// speed is not: it walks all runs.
type Memory struct {
	mu           sync.Mutex
	seq          int
	runs         map[string]integration.Run
	order        []string            // run ids, oldest first
	byBill       map[string][]string // run ids by integration and Bill, oldest first
	bills        map[string][]byte
	attempts     map[string][]integration.Attempt
	keys         map[string]string
	integrations []integration.Integration
	mappings     []integration.ExternalMapping
	events       []integration.Event
	meta         map[string][]byte

	// OnSave is called before a run is saved; an error refuses the write.
	OnSave func(integration.Run, *integration.Attempt) error
}

var _ delivery.Ledger = (*Memory)(nil)

// New makes an empty ledger that knows some integrations.
func New(ins ...integration.Integration) *Memory {
	return &Memory{
		runs: map[string]integration.Run{}, bills: map[string][]byte{}, attempts: map[string][]integration.Attempt{},
		keys: map[string]string{}, byBill: map[string][]string{}, meta: map[string][]byte{}, integrations: ins,
	}
}

// AddRuns implements delivery.Ledger.
func (m *Memory) AddRuns(_ context.Context, news []delivery.NewRun) ([]delivery.AddedRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]delivery.AddedRun, len(news))
	for i, n := range news {
		r := n.Run
		if id, ok := m.keys[r.Key()]; ok {
			out[i] = delivery.AddedRun{Run: m.latest(m.runs[id])}
			continue
		}
		m.seq++
		r.Seq = int64(m.seq)
		if r.ID == "" {
			r.ID = fmt.Sprintf("run-%06d", m.seq)
		}
		r.Counted = integration.CountedWhole
		r.TakesOver(m.ofBill(r))
		m.supersede(&r)
		m.runs[r.ID], m.bills[r.ID], m.keys[r.Key()] = r, slices.Clone(n.Bill), r.ID
		m.order = append(m.order, r.ID)
		m.byBill[r.IntegrationID+"|"+r.EntityID] = append(m.byBill[r.IntegrationID+"|"+r.EntityID], r.ID)
		m.reckon(r.ID)
		out[i] = delivery.AddedRun{Run: m.runs[r.ID], Added: true}
	}
	return out, nil
}

// ofBill lists the runs of a run's Bill.
func (m *Memory) ofBill(r integration.Run) (out []integration.Run) {
	for _, id := range m.byBill[r.IntegrationID+"|"+r.EntityID] {
		out = append(out, m.runs[id])
	}
	return out
}

// reckon says how the runs of a Bill count, after one of them has changed.
func (m *Memory) reckon(id string) {
	all := m.ofBill(m.runs[id])
	integration.Reckon(all, slices.IndexFunc(all, func(r integration.Run) bool { return r.ID == id }))
	for _, r := range all {
		m.runs[r.ID] = r
	}
}

// latest is the run itself or the last retry that took its place.
func (m *Memory) latest(r integration.Run) integration.Run {
	for _, id := range m.byBill[r.IntegrationID+"|"+r.EntityID] {
		if o := m.runs[id]; r.Cause == integration.CauseRetried && o.ReplayedFrom == r.ID {
			r = o
		}
	}
	return r
}

func (m *Memory) supersede(r *integration.Run) {
	for _, id := range m.byBill[r.IntegrationID+"|"+r.EntityID] {
		o := m.runs[id]
		if o.NewerThan(*r) && (!r.Status.Settled() || r.Status.Failed()) {
			r.Status, r.Outcome, r.Completed = integration.Complete, integration.Superseded, r.Created
		}
		if cause, ok := o.ReplacedBy(*r); ok {
			r.InFlight = r.InFlight || o.InFlight
			m.runs[id] = o.Replaced(r.ID, cause, r.Created)
			continue
		}
		if !o.Status.Queued() || o.NewerThan(*r) {
			continue
		}
		r.InFlight = r.InFlight || o.InFlight
		r.HoldLike(&o)
		o.Status, o.Outcome, o.InFlight, o.Completed = integration.Complete, integration.Superseded, false, r.Created
		m.runs[id] = o
	}
}

// SaveRun implements delivery.Ledger.
func (m *Memory) SaveRun(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	if m.OnSave != nil {
		if err := m.OnSave(r, a); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.runs[r.ID]
	if !ok {
		return fmt.Errorf("run %s: %w", r.ID, integration.ErrNotFound)
	}
	if err := old.MayBecome(r); err != nil {
		return err
	}
	r.Keeps(old)
	for _, id := range m.byBill[r.IntegrationID+"|"+r.EntityID] {
		if cause, ok := r.ReplacedBy(m.runs[id]); ok && cause == integration.CauseNewerVersion && !old.Status.Failed() {
			r = r.Replaced(id, cause, r.Modified)
		}
	}
	m.runs[r.ID] = r
	m.reckon(r.ID)
	if a != nil {
		m.attempts[r.ID] = append(slices.DeleteFunc(m.attempts[r.ID], func(was integration.Attempt) bool { return was.N == a.N }), *a)
	}
	return nil
}

// SaveRunSoon implements delivery.Ledger.
func (m *Memory) SaveRunSoon(ctx context.Context, r integration.Run, a *integration.Attempt) error {
	return m.SaveRun(ctx, r, a)
}

// Run implements delivery.Ledger.
func (m *Memory) Run(_ context.Context, id string) (integration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.runs[id]
	if !ok {
		return r, fmt.Errorf("run %s: %w", id, integration.ErrNotFound)
	}
	return r, nil
}

// pick returns the runs that match, oldest first.
func (m *Memory) pick(match func(integration.Run) bool) []integration.Run {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []integration.Run
	for _, id := range m.order {
		if r := m.runs[id]; match(r) {
			out = append(out, r)
		}
	}
	return out
}

func waits(r integration.Run) bool { return r.Due() }

// DueFor implements delivery.Ledger.
func (m *Memory) DueFor(_ context.Context, id string, now time.Time, limit int) ([]integration.Run, time.Time, error) {
	var next time.Time
	out := m.pick(func(r integration.Run) bool {
		if !waits(r) || r.IntegrationID != id {
			return false
		}
		if r.Next.After(now) {
			if next.IsZero() || r.Next.Before(next) {
				next = r.Next
			}
			return false
		}
		return true
	})
	return out[:min(limit, len(out))], next, nil
}

// InFlight implements delivery.Ledger.
func (m *Memory) InFlight(context.Context) ([]integration.Run, error) {
	return m.pick(func(r integration.Run) bool { return r.Status == integration.Started }), nil
}

// Known implements delivery.Ledger.
func (m *Memory) Known(_ context.Context, keys []string) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]bool, len(keys))
	for i, k := range keys {
		_, out[i] = m.keys[k]
	}
	return out, nil
}

// Runs implements delivery.Ledger for the fields that the engine filters by.
func (m *Memory) Runs(_ context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	all := m.pick(func(r integration.Run) bool {
		return (f.IntegrationID == "" || r.IntegrationID == f.IntegrationID) &&
			(f.BillID == "" || r.EntityID == f.BillID) &&
			(len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) &&
			(len(f.Outcomes) == 0 || slices.Contains(f.Outcomes, r.Outcome)) &&
			(f.Rests == nil || *f.Rests == r.Watch.Rests) &&
			(len(f.Proofs) == 0 || slices.Contains(f.Proofs, r.Proof)) &&
			(len(f.Causes) == 0 || slices.Contains(f.Causes, r.Cause)) &&
			(f.Account == "" || r.AccountID == f.Account || r.AccountCode == f.Account) &&
			(f.Until.IsZero() || r.Created.Before(f.Until)) &&
			(token == "" || r.ID < token)
	})
	slices.Reverse(all)
	p := integration.RunPage{Runs: all}
	if len(all) > limit {
		p.Runs = all[:limit]
		p.Next = p.Runs[limit-1].ID
	}
	return p, nil
}

// Bill implements delivery.Ledger.
func (m *Memory) Bill(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bills[id]
	if !ok {
		return nil, fmt.Errorf("run %s: %w", id, integration.ErrNotFound)
	}
	return b, nil
}

// Siblings implements delivery.Ledger.
func (m *Memory) Siblings(_ context.Context, of integration.Run) ([]integration.Run, error) {
	out := m.pick(func(r integration.Run) bool {
		return r.ID != of.ID && r.EntityID == of.EntityID && (r.ExternalID != "" || len(r.Doubt) > 0 || r.NewerThan(of))
	})
	slices.Reverse(out)
	return out, nil
}

// SaveWatch implements delivery.Ledger.
func (m *Memory) SaveWatch(_ context.Context, id string, w integration.Watch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.runs[id]
	if !ok {
		return fmt.Errorf("run %s: %w", id, integration.ErrNotFound)
	}
	r.Watch = w
	m.runs[id] = r
	m.reckon(id)
	return nil
}

// SaveProven implements delivery.Ledger.
func (m *Memory) SaveProven(ctx context.Context, of integration.Run, a *integration.Attempt, seen []integration.Doc) error {
	if err := m.SaveRun(ctx, of, a); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, r := range m.runs {
		if r.EntityID == of.EntityID {
			r.Settle(seen)
			m.runs[id] = r
		}
	}
	return nil
}
