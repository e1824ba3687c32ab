package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

const (
	// keptRetries is how many retries are remembered, ended ones too.
	keptRetries = 50
	retriesMeta = "retries"    // the list, JSON
	retryIDs    = "retry.ids/" // and a name: the run ids of its request, JSON; gone when it has ended
)

// bulkRetries remembers retries, so that they can be watched, stopped, and gone on
// with after the process that was at one has ended. What they did is in the
// runs themselves: a run that was retried is not eligible any more, so going
// on does nothing twice, whatever this list missed.
type bulkRetries struct {
	store interface {
		Meta(ctx context.Context, key string) ([]byte, error)
		SetMeta(ctx context.Context, key string, value []byte) error
		NoteStore
	}
	// elsewhere tells whether another process is at a retry; nil: none shares the store.
	elsewhere func(name string) bool

	mu   sync.Mutex            // of what follows; nothing is read or written with it
	live map[string]*bulkRetry // this process is at, by name; nil: it is about to be
}

// bulkRetry is a retry as it is kept.
type bulkRetry struct {
	service.BulkRetry
	Filter *integration.RunFilter `json:"filter,omitempty"` // of the request
	HasIDs bool                   `json:"hasIds,omitempty"` // it named runs: they lie apart
	stop   bool
	begun  time.Time // it was, last
}

// take has this process be at a retry, unless one is at it.
func (s *bulkRetries) take(name string) bool {
	far := s.elsewhere != nil && s.elsewhere(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, at := s.live[name]; at || far {
		return false
	}
	if s.live == nil {
		s.live = map[string]*bulkRetry{}
	}
	s.live[name] = nil
	return true
}

func (s *bulkRetries) leave(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, name)
}

// names are those of retries that this process is at.
func (s *bulkRetries) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.live))
}

// underWay tells whether this process or another is at a retry.
func (s *bulkRetries) underWay(name string) bool {
	return slices.Contains(s.names(), name) || s.elsewhere != nil && s.elsewhere(name)
}

// read is the list as it is kept, newest first.
func (s *bulkRetries) read(ctx context.Context) ([]*bulkRetry, error) {
	raw, err := s.store.Meta(ctx, retriesMeta)
	if err != nil {
		return nil, fmt.Errorf("read the list of retries: %w", err)
	}
	return readRetries(raw)
}

func readRetries(raw []byte) (all []*bulkRetry, err error) {
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read the list of retries: %w", err)
	}
	return all, nil
}

// putRetry has a retry in a list as it is now.
func putRetry(all []*bulkRetry, r *bulkRetry) []*bulkRetry {
	if i := indexOfRetry(all, r.Name); i >= 0 && all[i].Started.Equal(r.Started) {
		all[i] = r
		return all
	}
	return slices.Insert(all, 0, r)
}

func indexOfRetry(all []*bulkRetry, name string) int {
	return slices.IndexFunc(all, func(r *bulkRetry) bool { return r.Name == name })
}

func findRetry(all []*bulkRetry, name string) *bulkRetry {
	if i := indexOfRetry(all, name); i >= 0 {
		return all[i]
	}
	return nil
}

// save writes one into the list as it is now, and forgets the oldest.
func (s *bulkRetries) save(ctx context.Context, r *bulkRetry) error {
	s.mu.Lock()
	now := *r
	s.mu.Unlock()
	stopped := false // by another process
	err := s.store.UpdateMeta(ctx, retriesMeta, func(old []byte) ([]byte, error) {
		all, err := readRetries(old)
		if err != nil {
			return nil, err
		}
		was := findRetry(all, r.Name)
		stopped = was != nil && was.Stopped && was.Ended.After(now.begun)
		all = putRetry(all, &now)
		return json.Marshal(all[:min(len(all), keptRetries)])
	})
	if err != nil {
		return fmt.Errorf("keep the list of retries: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.stop = r.stop || stopped
	return nil
}

func (s *bulkRetries) list(ctx context.Context) ([]service.BulkRetry, error) {
	before := s.names() // one that ends while the list is read was not interrupted
	all, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, r := range s.live {
		if r != nil { // it is more than was kept of it
			now := *r
			all = putRetry(all, &now)
		}
	}
	s.mu.Unlock()
	slices.SortStableFunc(all, func(a, b *bulkRetry) int { return b.Started.Compare(a.Started) })
	out := make([]service.BulkRetry, len(all))
	for i, r := range all {
		out[i] = r.BulkRetry
		out[i].Interrupted = r.Ended.IsZero() && !slices.Contains(before, r.Name) && !s.underWay(r.Name)
	}
	return out, nil
}

// request is what a retry was asked for that can be gone on with.
func (s *bulkRetries) request(ctx context.Context, name string) (q service.RetryRequest, err error) {
	name = strings.TrimSpace(name)
	if s.underWay(name) {
		return q, fmt.Errorf("retry %q is under way: %w", name, integration.ErrConflict)
	}
	all, err := s.read(ctx)
	if err != nil {
		return q, err
	}
	r := findRetry(all, name)
	switch {
	case r == nil:
		return q, fmt.Errorf("retry %q: %w", name, integration.ErrNotFound)
	case r.Done >= r.Total && !r.Ended.IsZero():
		return q, fmt.Errorf("retry %q has ended, with nothing left: %w", name, integration.ErrConflict)
	}
	if r.Filter != nil {
		f := *r.Filter
		if f.Until.IsZero() || f.Until.After(r.Started) {
			f.Until = r.Started // what came later, its own runs among it, is not what was asked for
		}
		q.Filter = &f
	}
	if r.HasIDs {
		b, err := s.store.Meta(ctx, retryIDs+r.Name)
		if err == nil && b != nil {
			err = json.Unmarshal(b, &q.RunIDs)
		}
		if err != nil {
			return q, fmt.Errorf("read the runs of retry %q: %w", r.Name, err)
		}
	}
	return q, nil
}

// start registers a retry of total runs. Two of one name at once could not be
// told apart.
func (s *bulkRetries) start(ctx context.Context, q service.RetryRequest, total int, now time.Time) (*bulkRetry, error) {
	name := strings.TrimSpace(q.Name)
	if name == "" {
		name = "retry " + now.UTC().Format("2006-01-02 15:04:05.000")
	}
	if !s.take(name) {
		return nil, fmt.Errorf("a retry named %q is under way: choose another name, or wait: %w", name, integration.ErrExists)
	}
	r, err := s.begin(ctx, name, q, total, now)
	if err != nil { // it could not be kept, and does not begin
		s.leave(name)
		return nil, err
	}
	return r, nil
}

// begin puts a retry that this process has taken into the list.
func (s *bulkRetries) begin(ctx context.Context, name string, q service.RetryRequest, total int, now time.Time) (*bulkRetry, error) {
	all, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	r, keep := findRetry(all, name), true
	switch {
	case r != nil && q.Continue:
		r.Total = max(r.Total, r.Done+total)
		r.Done = r.Total - total // also what was done and not noted any more
		r.Ended, r.Stopped, r.begun = time.Time{}, false, now
	case r != nil && r.Ended.IsZero():
		return nil, fmt.Errorf("a retry named %q was interrupted: go on with it, stop it, or choose another name: %w", name,
			integration.ErrExists)
	default:
		r = &bulkRetry{BulkRetry: service.BulkRetry{Name: name, Total: total, Started: now}, Filter: q.Filter,
			HasIDs: len(q.RunIDs) > 0, begun: now}
		if keep = total > service.RetryStep; keep && r.HasIDs { // else it is one transaction: there is nothing to be interrupted
			b, err := json.Marshal(q.RunIDs)
			if err == nil {
				err = s.store.SetMeta(ctx, retryIDs+name, b)
			}
			if err != nil {
				return nil, fmt.Errorf("keep the runs of retry %q: %w", name, err)
			}
		}
	}
	s.mu.Lock()
	s.live[name] = r
	s.mu.Unlock()
	if !keep {
		return r, nil
	}
	return r, s.save(ctx, r)
}

// step notes that n more runs were re-queued, and tells whether to go on.
func (s *bulkRetries) step(ctx context.Context, r *bulkRetry, n int) (on bool, err error) {
	s.mu.Lock()
	r.Done += n
	s.mu.Unlock()
	if r.Total > service.RetryStep {
		err = s.save(ctx, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !r.stop, err
}

// end notes that a retry is over, and forgets the oldest ones.
func (s *bulkRetries) end(ctx context.Context, r *bulkRetry, now time.Time) (service.BulkRetry, error) {
	defer s.leave(r.Name)
	s.mu.Lock()
	r.Ended, r.Stopped = now, r.stop && r.Done < r.Total
	out := r.BulkRetry
	s.mu.Unlock()
	err := s.save(ctx, r)
	if err == nil && r.HasIDs && r.Total > service.RetryStep && r.Done >= r.Total {
		err = s.store.SetMeta(ctx, retryIDs+r.Name, nil)
	}
	return out, err
}

// halt makes a retry that is under way end after the step it is at, and one
// that was interrupted end as it is.
func (s *bulkRetries) halt(ctx context.Context, name string, now time.Time) (service.BulkRetry, error) {
	r, at := s.halting(name)
	if !at {
		all, err := s.read(ctx)
		if err != nil {
			return service.BulkRetry{}, err
		}
		if r = findRetry(all, name); r == nil {
			return service.BulkRetry{}, fmt.Errorf("retry %q: %w", name, integration.ErrNotFound)
		}
	}
	switch {
	case !r.Ended.IsZero():
		return r.BulkRetry, fmt.Errorf("retry %q has ended: %w", name, integration.ErrConflict)
	case at:
		return r.BulkRetry, nil
	}
	r.Ended, r.Stopped = now, true
	return r.BulkRetry, s.save(ctx, r)
}

// halting tells one that this process is at to stop, and gives it as it is.
func (s *bulkRetries) halting(name string) (now *bulkRetry, at bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.live[name]
	if r == nil {
		return nil, false
	}
	r.stop = true
	copied := *r
	return &copied, true
}
