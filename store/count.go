package store

import (
	"context"

	"billferry/internal/integration"
)

// CountRuns counts the runs that match. What states know is counted by them,
// the rest by walking the keys of the indexes.
func (s *Store) CountRuns(ctx context.Context, f integration.RunFilter) (int, error) {
	if byState(f) {
		return s.countByState(ctx, f)
	}
	n := 0
	err := s.scan(ctx, f, true, func(*tx, key, *integration.Run) error { n++; return nil })
	return n, err
}

func (s *Store) countByState(ctx context.Context, f integration.RunFilter) (n int, err error) {
	match := matchesState(&f)
	err = s.view(ctx, func(t *tx) error {
		return t.eachState(func(s state, a tally) error {
			if match(s) {
				n += int(a.runs)
			}
			return nil
		})
	})
	return n, err
}

// ParkedBy lists the failed runs of a cause that wait for an account, newest
// first: what a new mapping frees. Runs that a later run of the same Bill has
// followed are left out. An empty integrationID means all.
func (s *Store) ParkedBy(ctx context.Context, integrationID, cause, accountID string) ([]integration.Run, error) {
	f := integration.RunFilter{IntegrationID: integrationID, Causes: []string{cause}, Account: accountID}
	var out []integration.Run
	err := s.scan(ctx, f, false, func(t *tx, k key, r *integration.Run) error {
		if r.Status.Failed() && t.newest(k, r) {
			out = append(out, *r)
		}
		return nil
	})
	return out, err
}

// newest tells whether a run is the last of its Bill.
func (t *tx) newest(k key, r *integration.Run) (is bool) {
	t.billRuns(r.IntegrationID, r.EntityID, func(b billRun) bool {
		is = b.key == k
		return false
	})
	return is
}
