package store

import (
	"context"
	"fmt"
	"strings"

	"billferry/internal/integration"
)

// One page reads so much at most, whatever the filter: a page may hold fewer
// runs than asked for, or none, and still name a next one.
const (
	pageKeys    = 100_000 // keys looked at
	pageRecords = 5_000   // runs decoded
)

// query is a filter made ready: lists of runs from the indexes, bounds in
// time, and what is left to check on each run.
type query struct {
	f integration.RunFilter
	// The milliseconds of Since and Until, which is all that a key knows: the
	// runs at the edge are told by RunFilter.Matches. Below zero there is no bound.
	sinceMS, untilMS int64
	text             string // in lower case
}

func newQuery(f integration.RunFilter) query {
	q := query{f: f, sinceMS: -1, untilMS: -1, text: strings.ToLower(f.Text)}
	if !f.Since.IsZero() {
		q.sinceMS = f.Since.UnixMilli()
	}
	if !f.Until.IsZero() {
		q.untilMS = f.Until.UnixMilli()
	}
	return q
}

// list opens the indexes for the fields that are set.
func (q query) list(t *tx) (*both, error) {
	back := !q.f.Oldest
	var all []list
	if q.f.BillID != "" {
		all = append(all, newPostings(t, bRunBill, q.f.BillID, back))
	}
	if q.f.Account != "" {
		runs, err := accountPostings(t, q.f.Account, back)
		if err != nil {
			return nil, err
		}
		all = append(all, runs)
	}
	if q.f.Period != "" && t.monthsKnown() {
		all = append(all, newPostings(t, bRunMonth, q.f.Period, back))
	}
	if q.f.BillID == "" { // a Bill has few runs: they are read and looked at
		states, every, err := t.stateLists(matchesState(&q.f), back)
		if err != nil {
			return nil, err
		}
		if !every {
			all = append(all, states)
		}
	}
	if len(all) == 0 {
		all = append(all, allRuns(t, back))
	}
	return &both{all, pageKeys}, nil
}

// bounds gives the first and last key that Since and Until allow, in the
// direction of the walk.
func (q query) bounds() (first, last key) {
	first, last = firstKey, lastKey
	if q.sinceMS >= 0 {
		first = timeKey(q.sinceMS)
	}
	if !q.f.Until.IsZero() {
		last = timeKey(q.untilMS + 1)
	}
	if !q.f.Oldest {
		return last, first
	}
	return first, last
}

// walk visits the runs that match from a key on, within the budget of a page.
// It answers where to go on, or more = false at the end; visit ends the walk by
// returning false.
func (q query) walk(t *tx, from key, visit func(k key, r *integration.Run) (bool, error)) (next key, more bool, err error) {
	_, end := q.bounds()
	back := !q.f.Oldest
	step := key.next
	if back {
		step = key.prev
	}
	l, err := q.list(t)
	if err != nil {
		return from, false, err
	}
	for decoded := 0; decoded < pageRecords; {
		k, ok, spent := l.seek(from)
		if !ok || before(end, k, back) {
			return from, false, nil
		}
		if spent {
			return k, true, nil
		}
		decoded++
		r, may, err := t.mayRun(k, q.text)
		if err != nil {
			return from, false, err
		}
		if may && q.f.Matches(&r) {
			if on, err := visit(k, &r); err != nil || !on {
				return step(k), true, err
			}
		}
		if k == end {
			return from, false, nil
		}
		from = step(k)
	}
	return from, true, nil
}

// scan visits all runs that match, page by page, each page in a transaction of
// its own: a long one would keep the file from reusing pages.
func (s *Store) scan(ctx context.Context, f integration.RunFilter, visit func(k key, r *integration.Run)) error {
	q := newQuery(f)
	from, _ := q.bounds()
	for more := true; more; {
		err := s.view(ctx, func(t *tx) (err error) {
			from, more, err = q.walk(t, from, func(k key, r *integration.Run) (bool, error) {
				visit(k, r)
				return true, nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Runs lists runs that match, newest first unless the filter asks for the
// oldest. token is Next of the page before, or empty. A filter that no index
// answers (amount, text) reads a bounded number of runs per page, so that a
// page may be short or empty although Next names another.
func (s *Store) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	page := integration.RunPage{Runs: []integration.Run{}}
	if limit < 1 {
		limit = 50
	}
	q := newQuery(f)
	from, _ := q.bounds()
	if token != "" {
		k, ok := parseKey(token)
		if !ok {
			return page, fmt.Errorf("page token %q: not one that this store gave; start again without it", token)
		}
		from = k
	}
	err := s.view(ctx, func(t *tx) error {
		next, more, err := q.walk(t, from, func(_ key, r *integration.Run) (bool, error) {
			if len(page.Runs) == limit { // one more exists: the next page begins with it
				return false, nil
			}
			page.Runs = append(page.Runs, *r)
			return true, nil
		})
		if more {
			page.Next = q.resume(page.Runs, limit, next).String()
		}
		return err
	})
	return page, err
}

// resume is where the next page begins: behind the last run of a full page,
// else where the walk stopped for want of budget.
func (q query) resume(runs []integration.Run, limit int, next key) key {
	if len(runs) < limit {
		return next
	}
	k, _ := parseKey(runs[len(runs)-1].ID) // our own id
	if q.f.Oldest {
		return k.next()
	}
	return k.prev()
}
