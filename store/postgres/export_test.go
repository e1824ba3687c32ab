package postgres

import "context"

// Fold folds the sums now, which is done in the background when there are many rows.
func Fold(ctx context.Context, s *Store) error { return s.foldNow(ctx) }
