package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// dueList walks the waiting runs of one integration in the order of time: runs
// that are due at once by the time they were made, the others by their time.
// Merging the two keeps a retry from waiting behind a long backlog, and the
// backlog from waiting behind retries.
type dueList struct {
	now   union
	first key // of now
	any   bool
	later dueCursor
}

// dueCursor walks the runs of one integration that wait for a time of their own.
type dueCursor struct {
	c      kv.Cursor
	prefix []byte
	at     time.Time
	k      key
	ok     bool
}

// dueLists opens the lists of the integrations that match, by the hash8 of
// their id.
func dueLists(t *tx, match func(in [8]byte) bool) ([]*dueList, error) {
	var out []*dueList
	known := map[[8]byte]*dueList{}
	of := func(in [8]byte) *dueList {
		l := known[in]
		if l == nil {
			l = &dueList{later: dueCursor{c: t.Cursor(bRunDue), prefix: in[:]}}
			known[in], out = l, append(out, l)
		}
		return l
	}
	err := t.eachState(func(s state, _ []byte) error {
		if !match(s.in) {
			return nil
		}
		if s.dueNow() {
			l := of(s.in)
			l.now.lists = append(l.now.lists, newPostings(t, bRunState, string(s.key()), false))
		} else if s.timed {
			of(s.in)
		}
		return nil
	})
	for _, l := range out {
		l.first, l.any = l.now.seek(firstKey)
		k, _ := l.later.c.Seek(l.later.prefix)
		l.later.set(k)
	}
	return out, err
}

func anyIntegration([8]byte) bool { return true }

func (d *dueCursor) set(k []byte) {
	if d.ok = len(k) == 32 && bytes.HasPrefix(k, d.prefix); !d.ok {
		return
	}
	d.k, d.at = key(k[16:]), time.Unix(0, int64(binary.BigEndian.Uint64(k[8:]))).UTC()
}

func (d *dueCursor) next() key {
	k := d.k
	n, _ := d.c.Next()
	d.set(n)
	return k
}

// peek tells since when the first run of the list that is due at time now has
// been due.
func (l *dueList) peek(now time.Time) (since time.Time, ok bool) {
	later := l.later.ok && !l.later.at.After(now)
	switch {
	case l.any && (!later || !l.later.at.Before(l.first.time())):
		return l.first.time(), true
	case later:
		return l.later.at, true
	}
	return since, false
}

// next takes the run that peek told of.
func (l *dueList) next(now time.Time) key {
	if l.later.ok && !l.later.at.After(now) && (!l.any || l.later.at.Before(l.first.time())) {
		return l.later.next()
	}
	k := l.first
	l.first, l.any = l.now.seek(k.next())
	return k
}

// take reads up to limit runs that are due at now, oldest first over all lists.
func take(t *tx, lists []*dueList, now time.Time, limit int) (out []integration.Run, err error) {
	for len(out) < limit {
		var first *dueList
		var since time.Time
		for _, l := range lists {
			if at, ok := l.peek(now); ok && (first == nil || at.Before(since)) {
				first, since = l, at
			}
		}
		if first == nil {
			return out, nil
		}
		r, err := t.mustRun(first.next(now))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Due lists up to limit unsettled runs that are due at now, of all integrations,
// oldest first, without those in STARTED: metrics tell the age of the first. What
// is sent is chosen with DueFor.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (out []integration.Run, err error) {
	err = s.view(ctx, func(t *tx) error {
		lists, err := dueLists(t, anyIntegration)
		if err == nil {
			out, err = take(t, lists, now, limit)
		}
		return err
	})
	return out, err
}

// DueFor is Due for one integration; next is when its first run that is not
// due yet falls due, zero when none waits.
func (s *Store) DueFor(
	ctx context.Context, integrationID string, now time.Time, limit int,
) (due []integration.Run, next time.Time, err error) {
	in := hash8(integrationID)
	err = s.view(ctx, func(t *tx) error {
		lists, err := dueLists(t, func(id [8]byte) bool { return id == in })
		if err != nil {
			return err
		}
		if due, err = take(t, lists, now, limit); err != nil {
			return err
		}
		after := dueCursor{c: t.Cursor(bRunDue), prefix: in[:]}
		k, _ := after.c.Seek(binary.BigEndian.AppendUint64(join(in[:]), uint64(max(now.UnixNano(), 0))+1))
		if after.set(k); after.ok {
			next = after.at
		}
		return nil
	})
	return due, next, err
}

// InFlight lists the runs in STARTED, oldest first.
func (s *Store) InFlight(ctx context.Context) (out []integration.Run, err error) {
	err = s.view(ctx, func(t *tx) error {
		p, _, err := t.stateLists(func(s state) bool { return s.status == integration.Started }, false)
		if err != nil {
			return err
		}
		for k, ok := p.seek(firstKey); ok; k, ok = p.seek(k.next()) {
			r, err := t.mustRun(k)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}
