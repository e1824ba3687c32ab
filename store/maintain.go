package store

import (
	"context"
	"time"
)

// Purge deletes settled runs made before olderThan, with their Bills and
// attempts, and events that were acted on before it. It does so step runs at a
// time (500 if step is below 1), so that deliveries go on meanwhile, and
// answers how many runs it deleted. A run that may have made a document without
// a proof stays: a newer version of its Bill has to look for that. The pages it frees are used again.
func (s *Store) Purge(ctx context.Context, olderThan time.Time, step int) (int, error) {
	if step < 1 {
		step = 500
	}
	if err := s.purgeEvents(ctx, olderThan, step); err != nil {
		return 0, err
	}
	total := 0
	for from, more := firstKey, true; more; {
		var n int
		var next key
		err := s.write(ctx, func(t *tx) (err error) {
			if err := t.Settle(); err != nil {
				return err
			}
			n, next, more, err = t.purge(from, olderThan, step)
			return err
		})
		if err != nil {
			return total, err
		}
		from, total = next, total+n
	}
	return total, nil
}

// purge looks at up to step runs from a key on and deletes what is old. It
// answers where to go on.
func (t *tx) purge(from key, olderThan time.Time, step int) (deleted int, next key, more bool, err error) {
	p := allRuns(t, false)
	var keys []key
	k, ok := p.seek(from)
	for ; ok && len(keys) < step && k.ms() <= olderThan.UnixMilli(); k, ok = p.seek(k.next()) {
		keys = append(keys, k)
	}
	more = ok && k.ms() <= olderThan.UnixMilli()
	for _, k := range keys { // not while walking: a delete moves the cursor
		gone, err := t.purgeRun(k, olderThan)
		if err != nil {
			return 0, from, false, err
		}
		if gone {
			deleted++
		}
	}
	return deleted, k, more, nil
}

func (t *tx) purgeRun(k key, olderThan time.Time) (bool, error) {
	r, err := t.mustRun(k)
	if err != nil || !r.Purgeable(olderThan) {
		return false, err
	}
	if err := t.replaceRun(k, &r, nil, nil); err != nil {
		return false, err
	}
	if err := t.Delete(bBills, k[:]); err != nil {
		return false, err
	}
	var attempts [][]byte
	err = t.Each(bAttempts, k[:], func(a, _ []byte) error {
		attempts = append(attempts, append([]byte(nil), a...))
		return nil
	})
	for _, a := range attempts {
		if err := t.Delete(bAttempts, a); err != nil {
			return false, err
		}
	}
	t.Changed("run", r.ID)
	return true, err
}

func (s *Store) purgeEvents(ctx context.Context, olderThan time.Time, step int) error {
	for from, more := firstKey, true; more; {
		var next key
		err := s.write(ctx, func(t *tx) error {
			var old []key
			c := t.Cursor(bEvents)
			k, _ := c.Seek(from[:])
			for ; k != nil && len(old) < step && key(k).ms() <= olderThan.UnixMilli(); k, _ = c.Next() {
				old = append(old, key(k))
			}
			if more = k != nil && key(k).ms() <= olderThan.UnixMilli(); more {
				next = key(k)
			}
			return t.dropEvents(old, olderThan)
		})
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

// dropEvents deletes those of some events that were acted on before a time.
func (t *tx) dropEvents(keys []key, olderThan time.Time) error {
	for _, k := range keys {
		e, err := t.event(k)
		if err != nil {
			return err
		}
		if e.Actioned.IsZero() || !e.Actioned.Before(olderThan) {
			continue
		}
		if err := t.Delete(bEvents, k[:]); err != nil {
			return err
		}
		t.Changed("event", e.ID)
	}
	return nil
}
