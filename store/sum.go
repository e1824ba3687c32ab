package store

import (
	"context"

	"billferry/internal/integration"
)

// Sum is Totals of the runs that match. What states know is summed by them;
// otherwise each run is read.
func (s *Store) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	out := integration.NewTotals()
	if !byState(f) {
		err := s.scan(ctx, f, func(_ key, r *integration.Run) {
			out.Add(r.Status, r.Proof, r.Currency, 1, r.Figures())
		})
		return out, err
	}
	match := matchesState(&f)
	err := s.view(ctx, func(t *tx) error {
		return t.eachState(func(st state, a tally) error {
			if match(st) {
				out.Add(st.status, st.proof, st.currency, int(a.runs), a.money)
			}
			return nil
		})
	})
	return out, err
}

// Totals counts the runs of an integration, or of all when the id is empty.
func (s *Store) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return s.Sum(ctx, integration.RunFilter{IntegrationID: integrationID})
}
