package app

import (
	"context"
	"encoding/json"
	"fmt"
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
	mu  sync.Mutex
	all []*bulkRetry // newest first
	// names are those of retries that this process is at.
	names sync.Map
	// elsewhere tells whether another process is at a retry; nil: none shares the store.
	elsewhere func(name string) bool
}

// bulkRetry is a retry as it is kept.
type bulkRetry struct {
	service.BulkRetry
	Filter *integration.RunFilter `json:"filter,omitempty"` // of the request
	HasIDs bool                   `json:"hasIds,omitempty"` // it named runs: they lie apart
	stop   bool
	live   bool      // this process is at it
	begun  time.Time // it was, last
}

// underWay tells whether this process or another is at a retry.
func (s *bulkRetries) underWay(r *bulkRetry) bool {
	return r.live || s.elsewhere != nil && s.elsewhere(r.Name)
}

// shown is the retry for a person.
func (s *bulkRetries) shown(r *bulkRetry) service.BulkRetry {
	out := r.BulkRetry
	out.Interrupted = r.Ended.IsZero() && !s.underWay(r)
	return out
}

// load reads the list, of which other processes may have a part. s.mu is held.
func (s *bulkRetries) load(ctx context.Context) error {
	b, err := s.store.Meta(ctx, retriesMeta)
	if err != nil {
		return fmt.Errorf("read the list of retries: %w", err)
	}
	all, err := readRetries(b)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(s.all) {
		if r.live { // it is more than was kept of it
			all = putRetry(all, r)
		}
	}
	s.all = all
	return nil
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

// save writes one into the list, and forgets the oldest. s.mu is held.
func (s *bulkRetries) save(ctx context.Context, r *bulkRetry) error {
	err := s.store.UpdateMeta(ctx, retriesMeta, func(old []byte) ([]byte, error) {
		all, err := readRetries(old)
		if err != nil {
			return nil, err
		}
		if i := indexOfRetry(all, r.Name); r.live && i >= 0 && all[i].Stopped && all[i].Ended.After(r.begun) {
			r.stop = true // by another process
		}
		all = putRetry(all, r)
		return json.Marshal(all[:min(len(all), keptRetries)])
	})
	if err != nil {
		return fmt.Errorf("keep the list of retries: %w", err)
	}
	return nil
}

func (s *bulkRetries) find(name string) *bulkRetry {
	if i := indexOfRetry(s.all, name); i >= 0 {
		return s.all[i]
	}
	return nil
}

func (s *bulkRetries) list(ctx context.Context) ([]service.BulkRetry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	out := make([]service.BulkRetry, len(s.all))
	for i, r := range s.all {
		out[i] = s.shown(r)
	}
	return out, nil
}

// request is what a retry was asked for that can be gone on with.
func (s *bulkRetries) request(ctx context.Context, name string) (q service.RetryRequest, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return q, err
	}
	r := s.find(strings.TrimSpace(name))
	switch {
	case r == nil:
		return q, fmt.Errorf("retry %q: %w", name, integration.ErrNotFound)
	case s.underWay(r):
		return q, fmt.Errorf("retry %q is under way: %w", name, integration.ErrConflict)
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
func (s *bulkRetries) start(ctx context.Context, q service.RetryRequest, total int, now time.Time) (out *bulkRetry, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if out != nil && err != nil { // it could not be kept, and does not begin
			out.live = false
			s.names.Delete(out.Name)
		}
	}()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	name := strings.TrimSpace(q.Name)
	if name == "" {
		name = "retry " + now.UTC().Format("2006-01-02 15:04:05.000")
	}
	r := s.find(name)
	switch {
	case r != nil && q.Continue && !s.underWay(r):
		s.names.Store(name, true)
		r.Total = max(r.Total, r.Done+total)
		r.Done = r.Total - total // also what was done and not noted any more
		r.Ended, r.Stopped, r.stop, r.live, r.begun = time.Time{}, false, false, true, now
		return r, s.save(ctx, r)
	case r != nil && s.underWay(r):
		return nil, fmt.Errorf("a retry named %q is under way: choose another name, or wait: %w", name, integration.ErrExists)
	case r != nil && r.Ended.IsZero():
		return nil, fmt.Errorf("a retry named %q was interrupted: go on with it, stop it, or choose another name: %w", name,
			integration.ErrExists)
	}
	r = &bulkRetry{BulkRetry: service.BulkRetry{Name: name, Total: total, Started: now}, Filter: q.Filter,
		HasIDs: len(q.RunIDs) > 0, live: true, begun: now}
	s.all = slices.Insert(s.all, 0, r)
	s.names.Store(name, true)
	if total <= service.RetryStep {
		return r, nil // one transaction: there is nothing to be interrupted
	}
	if r.HasIDs {
		b, err := json.Marshal(q.RunIDs)
		if err == nil {
			err = s.store.SetMeta(ctx, retryIDs+name, b)
		}
		if err != nil {
			return r, fmt.Errorf("keep the runs of retry %q: %w", name, err)
		}
	}
	return r, s.save(ctx, r)
}

// step notes that n more runs were re-queued, and tells whether to go on.
func (s *bulkRetries) step(ctx context.Context, r *bulkRetry, n int) (on bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Done += n
	if r.Total > service.RetryStep {
		err = s.save(ctx, r)
	}
	return !r.stop, err
}

// end notes that a retry is over, and forgets the oldest ones.
func (s *bulkRetries) end(ctx context.Context, r *bulkRetry, now time.Time) (service.BulkRetry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Ended, r.Stopped, r.live = now, r.stop && r.Done < r.Total, false
	s.names.Delete(r.Name)
	err := s.save(ctx, r)
	if err == nil && r.HasIDs && r.Total > service.RetryStep && r.Done >= r.Total {
		err = s.store.SetMeta(ctx, retryIDs+r.Name, nil)
	}
	return r.BulkRetry, err
}

// halt makes a retry that is under way end after the step it is at, and one
// that was interrupted end as it is.
func (s *bulkRetries) halt(ctx context.Context, name string, now time.Time) (service.BulkRetry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return service.BulkRetry{}, err
	}
	r := s.find(name)
	switch {
	case r == nil:
		return service.BulkRetry{}, fmt.Errorf("retry %q: %w", name, integration.ErrNotFound)
	case r.live:
		r.stop = true
		return r.BulkRetry, nil
	case !r.Ended.IsZero():
		return r.BulkRetry, fmt.Errorf("retry %q has ended: %w", name, integration.ErrConflict)
	}
	r.Ended, r.Stopped = now, true
	return r.BulkRetry, s.save(ctx, r)
}
