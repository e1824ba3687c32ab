package delivery

import (
	"context"
	"fmt"
	"time"

	"billferry/internal/integration"
)

// purgedBefore is where the ledger's small things have the date before which runs
// may have been deleted.
const purgedBefore = "purged-before"

// Purges notes that runs about Bills with a date before this may be deleted from
// now on.
func Purges(ctx context.Context, l Notes, before time.Time) error {
	date := integration.CivilDate(before)
	has, err := l.Meta(ctx, purgedBefore)
	if err != nil || string(has) >= date {
		return err
	}
	return l.SetMeta(ctx, purgedBefore, []byte(date))
}

// forgotten tells whether runs of a Bill may have been deleted: what they made is
// then looked for, of either kind.
func (e *Engine) forgotten(ctx context.Context, r integration.Run) (bool, error) {
	before, err := e.o.Ledger.Meta(ctx, purgedBefore)
	if err != nil {
		return false, fmt.Errorf("read what was deleted: %w", err)
	}
	return r.DocumentDate < string(before), nil
}
