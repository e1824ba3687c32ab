package store

import (
	"context"

	"billferry/internal/integration"
)

// Sum is Totals of the runs that match. What states know is summed by them;
// otherwise each run is read.
func (s *Store) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	out := integration.Totals{ByStatus: map[integration.Status]int{}, Money: map[string]integration.Money{}}
	if !byState(f) {
		err := s.scan(ctx, f, func(_ key, r *integration.Run) {
			addTotals(&out, stateOf(r), tally{1, integration.Money{In: r.AmountIn, Out: r.AmountOut}})
		})
		return out, err
	}
	match := matchesState(&f)
	err := s.view(ctx, func(t *tx) error {
		return t.eachState(func(st state, a tally) error {
			if match(st) {
				addTotals(&out, st, a)
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

// addTotals counts runs in a state. The money of superseded and skipped runs
// is counted by the run that took their place, or by none.
func addTotals(to *integration.Totals, st state, a tally) {
	to.ByStatus[st.status] += int(a.runs)
	if st.outcome == integration.Superseded || st.outcome == integration.Skipped {
		return
	}
	if sum := to.Money[st.currency]; !a.money.In.IsZero() || !a.money.Out.IsZero() {
		to.Money[st.currency] = integration.Money{In: sum.In.Add(a.money.In), Out: sum.Out.Add(a.money.Out)}
	}
}
