package postgres

import (
	"context"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/store"
)

// Purge implements app.RunHistory.
func (s *Store) Purge(ctx context.Context, olderThan time.Time, step int) (int, error) {
	if step < 1 {
		step = 500
	}
	if err := s.purgeEvents(ctx, olderThan); err != nil {
		return 0, err
	}
	end, _ := store.NextID(store.FirstID(olderThan.Add(time.Millisecond)))
	total := 0
	for from, more := firstID, true; more; {
		rows, err := s.pool.Query(ctx, selectRuns+`WHERE id >= $1::uuid AND id < $2::uuid ORDER BY id LIMIT $3`,
			from, end, step)
		if err != nil {
			return total, s.told(err)
		}
		runs, err := collect(rows)
		if err != nil {
			return total, s.told(err)
		}
		if more = len(runs) == step; len(runs) > 0 {
			from, _ = store.NextID(runs[len(runs)-1].ID)
		}
		runs = slices.DeleteFunc(runs, func(r integration.Run) bool { return !r.Purgeable(olderThan) })
		n := 0
		err = s.write(ctx, func(t *tx) error {
			n = 0
			ids := make([]string, len(runs))
			for i := range runs {
				ids[i] = runs[i].ID
			}
			bills, err := t.lockOf(ids)
			if err != nil {
				return err
			}
			for _, b := range bills {
				for i := len(b.runs) - 1; i >= 0; i-- {
					if slices.Contains(ids, b.runs[i].ID) && b.runs[i].Purgeable(olderThan) {
						b.drop(i)
						n++
					}
				}
				if err := t.save(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
