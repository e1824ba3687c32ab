package store

import (
	"bytes"
	"context"
	"errors"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// What the runs of each month of a Bill's period add up to is kept by state, as in
// states, in the bucket months; run.month has them as lists. A month's end is asked
// for many times a day, and mostly about a month that is settled.
//
// A file of version 1 has neither. It gets them in the background, a part in each
// transaction; until then months are summed by reading their runs. How far that has
// come is a record of its own, which is gone once all runs are in.

// keyFilled names it: the key of the last run that is in. Sums have longer keys.
var keyFilled = []byte("filled")

// fillChunk is how many runs one transaction takes in: some 20 ms of the writer.
const fillChunk = 2000

// monthKey puts a month into the name of a state, behind its integration.
func monthKey(name, month string) string {
	h := hash8(month)
	return name[:8] + string(h[:]) + name[8:]
}

// monthEntry is the place of a run in the list of its month.
func monthEntry(k key, r *integration.Run) (e entry, ok bool) {
	month := r.Month()
	if month == "" {
		return e, false
	}
	h := hash8(month)
	return entry{bucket: bRunMonth, key: join(h[:], k[:])}, true
}

// countMonth adds what a run comes to, or takes it out.
func (t *tx) countMonth(k key, r *integration.Run, state string, one tally) {
	month := r.Month()
	if month == "" || t.filling && bytes.Compare(k[:], t.filledTo()) > 0 {
		return
	}
	if t.months == nil {
		t.months = map[string]tally{}
	}
	name := monthKey(state, month)
	t.months[name] = t.months[name].plus(one)
}

// filledTo is the last run that is in the sums of months.
func (t *tx) filledTo() []byte {
	if t.filled == nil {
		at := lastKey
		if v := t.Get(bMonths, keyFilled); len(v) == len(at) {
			at = key(v)
		}
		t.filled = &at
	}
	return t.filled[:]
}

// monthsKnown tells whether all runs are in.
func (t *tx) monthsKnown() bool { return !t.filling || bytes.Equal(t.filledTo(), lastKey[:]) }

// sumMonth answers a filter over a month that states know beside it; done is false
// for any other, and while the months are not known.
func (s *Store) sumMonth(ctx context.Context, f integration.RunFilter, out integration.Totals) (done bool, err error) {
	month := hash8(f.Period)
	if f.Period, done = "", f.Period != ""; !done || !f.ByState() {
		return false, nil
	}
	match := matchesState(&f)
	var prefix []byte
	if f.IntegrationID != "" {
		in := hash8(f.IntegrationID)
		prefix = join(in[:], month[:])
	}
	err = s.view(ctx, func(t *tx) error {
		if done = t.monthsKnown(); !done {
			return nil
		}
		return t.Each(bMonths, prefix, func(k, v []byte) error {
			if len(k) < 16 || !bytes.Equal(k[8:16], month[:]) {
				return nil
			}
			st, err := parseState(join(k[:8], k[16:]))
			if err != nil {
				return err
			}
			a, err := readTally(v)
			if err == nil && match(st) {
				out.Add(st.run(), int(a.runs), a.money)
			}
			return err
		})
	})
	return done, err
}

// fillMonths brings the runs of an older file into the months, in the background.
func (s *Store) fillMonths(step int) {
	var ctx context.Context
	ctx, s.endFill = context.WithCancel(context.Background())
	s.filled = make(chan struct{})
	if !s.filling {
		close(s.filled)
		return
	}
	go func() {
		defer close(s.filled)
		for more := true; more; {
			s.fillErr = s.db.Wait(ctx, s.submit(func(t *tx) (err error) {
				more, err = t.fillMonths(step)
				return err
			}, step))
			more = more && s.fillErr == nil
		}
	}()
}

// awaitMonths waits until the months are known, or cannot be.
func (s *Store) awaitMonths(ctx context.Context) error {
	select {
	case <-s.filled:
		if errors.Is(s.fillErr, context.Canceled) {
			return ErrClosed
		}
		return s.fillErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fillMonths takes in the next runs. Those that cannot be read are left out, of
// which store check tells.
func (t *tx) fillMonths(step int) (more bool, err error) {
	if err := t.Settle(); err != nil {
		return false, err
	}
	from := key(t.filledTo())
	if from == lastKey {
		return false, nil
	}
	t.Lenient(func(kv.Broken) {})
	defer t.Lenient(nil)
	var runs []integration.Run
	c := t.Cursor(bRuns)
	next := from.next()
	for k, v := c.Seek(next[:]); k != nil; k, v = c.Next() {
		if more = len(runs) == step; more {
			break
		}
		from = key(k)
		if r, err := unpackRun(from, v); err == nil {
			runs = append(runs, r)
		}
	}
	if !more {
		from = lastKey
	}
	t.filled = &from
	for i := range runs {
		k, _ := parseKey(runs[i].ID)
		if e, ok := monthEntry(k, &runs[i]); ok {
			if err := t.Put(e.bucket, e.key, e.value); err != nil {
				return false, err
			}
		}
		t.countMonth(k, &runs[i], string(stateOf(&runs[i]).key()), tally{1, runs[i].Figures()})
	}
	if !more {
		return false, t.Delete(bMonths, keyFilled)
	}
	return true, t.Put(bMonths, keyFilled, from[:])
}
