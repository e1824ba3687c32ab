package store

import (
	"context"
	"slices"

	"billferry/internal/integration"
)

// CountRuns counts the runs that match. Filters by integration and status are
// answered by counters, others by walking the keys of the indexes.
func (s *Store) CountRuns(ctx context.Context, f integration.RunFilter) (int, error) {
	if byStatusOnly(f) {
		return s.countByStatus(ctx, f)
	}
	n := 0
	err := s.scan(ctx, f, true, func(*tx, key, *integration.Run) error { n++; return nil })
	return n, err
}

// byStatusOnly tells whether the counters know all that f asks for.
func byStatusOnly(f integration.RunFilter) bool {
	return f.BillID == "" && len(f.Outcomes) == 0 && len(f.Causes) == 0 && f.Account == "" && f.Currency == "" &&
		f.Since.IsZero() && f.Until.IsZero() && !f.HasMin && f.Text == ""
}

func (s *Store) countByStatus(ctx context.Context, f integration.RunFilter) (n int, err error) {
	totals, err := s.Totals(ctx, f.IntegrationID)
	for status, c := range totals.ByStatus {
		if len(f.Statuses) == 0 || slices.Contains(f.Statuses, status) {
			n += c
		}
	}
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
