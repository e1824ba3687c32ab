package store

import (
	"cmp"
	"context"
	"slices"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Groups sorts the failed runs that match by cause and status, the largest
// group first. First and Last are when the oldest and newest run were made.
func (s *Store) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	f.Statuses = failed(f.Statuses)
	f.Oldest = false
	if len(f.Statuses) == 0 {
		return []integration.Group{}, nil // only statuses that are no failure were asked for
	}
	type name struct {
		cause  string
		status integration.Status
	}
	groups := map[name]*integration.Group{}
	err := s.scan(ctx, f, false, func(_ *tx, _ key, r *integration.Run) error {
		g := groups[name{r.Cause, r.Status}]
		if g == nil { // the newest: the walk goes back in time
			g = &integration.Group{Cause: r.Cause, Status: r.Status, Money: map[string]decimal.D{}, Last: r.Created, Sample: r.ID}
			groups[name{r.Cause, r.Status}] = g
		}
		g.Count++
		g.Money[r.Currency] = g.Money[r.Currency].Add(r.AmountIn)
		g.First = r.Created
		g.Advice = cmp.Or(g.Advice, r.Advice)
		return nil
	})
	out := make([]integration.Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b integration.Group) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Status, b.Status))
	})
	return out, err
}

// failed keeps the statuses that are failures; none asked for means all of them.
func failed(asked []integration.Status) (out []integration.Status) {
	if len(asked) == 0 {
		asked = integration.Statuses
	}
	for _, s := range asked {
		if s.Failed() {
			out = append(out, s)
		}
	}
	return out
}
