package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
)

// dueList walks the waiting runs of one integration in the order of time: runs
// that are due at once by the time they were made, the others by their time.
// Merging the two keeps a retry from waiting behind a long backlog, and the
// backlog from waiting behind retries.
type dueList struct {
	now, later dueCursor
}

type dueCursor struct {
	c      *bbolt.Cursor
	prefix []byte
	at     time.Time // when it is due; for a run that is due at once, when it was made
	k      key
	ok     bool
}

// newDueList opens the list under a hash8 of an integration id.
func newDueList(t *tx, in []byte) *dueList {
	open := func(prefix, from []byte) dueCursor {
		d := dueCursor{c: t.bucket(bRunDue).Cursor(), prefix: prefix}
		k, _ := d.c.Seek(from)
		d.set(k)
		return d
	}
	return &dueList{
		now:   open(join(in, make([]byte, 8)), join(in, make([]byte, 8))),
		later: open(in, binary.BigEndian.AppendUint64(join(in), 1)),
	}
}

func (d *dueCursor) set(k []byte) {
	if d.ok = len(k) == 32 && bytes.HasPrefix(k, d.prefix); !d.ok {
		return
	}
	d.k = key(k[16:])
	if ns := binary.BigEndian.Uint64(k[8:]); ns != 0 {
		d.at = time.Unix(0, int64(ns)).UTC()
	} else {
		d.at = d.k.time()
	}
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
	case l.now.ok && (!later || !l.later.at.Before(l.now.at)):
		return l.now.at, true
	case later:
		return l.later.at, true
	}
	return since, false
}

// next takes the run that peek told of.
func (l *dueList) next(now time.Time) key {
	if l.later.ok && !l.later.at.After(now) && (!l.now.ok || l.later.at.Before(l.now.at)) {
		return l.later.next()
	}
	return l.now.next()
}

// dueLists opens the lists of all integrations.
func dueLists(t *tx) (out []*dueList) {
	c := t.bucket(bRunDue).Cursor()
	for k, _ := c.First(); len(k) >= 8; {
		in := bytes.Clone(k[:8])
		out = append(out, newDueList(t, in))
		k, _ = c.Seek(join(in, bytes.Repeat([]byte{0xff}, 25))) // behind the last of this integration
	}
	return out
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

// Due lists up to limit unsettled runs that are due at now, oldest first,
// without those in STARTED.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (out []integration.Run, err error) {
	err = s.view(ctx, func(t *tx) error {
		out, err = take(t, dueLists(t), now, limit)
		return err
	})
	return out, err
}

// DueFor is Due for one integration; next is when its first run that is not
// due yet falls due, zero when none waits.
func (s *Store) DueFor(ctx context.Context, integrationID string, now time.Time, limit int) (due []integration.Run, next time.Time, err error) {
	in := hash8(integrationID)
	err = s.view(ctx, func(t *tx) error {
		if due, err = take(t, []*dueList{newDueList(t, in[:])}, now, limit); err != nil {
			return err
		}
		after := dueCursor{c: t.bucket(bRunDue).Cursor(), prefix: in[:]}
		k, _ := after.c.Seek(binary.BigEndian.AppendUint64(join(in[:]), uint64(max(now.UnixNano(), 0))+1))
		if after.set(k); after.ok {
			next = after.at
		}
		return nil
	})
	return due, next, err
}

// NextDue is when the next unsettled run falls due. A zero time with ok true
// means at once; ok is false when none waits.
func (s *Store) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = s.view(ctx, func(t *tx) error {
		for _, l := range dueLists(t) {
			if l.now.ok {
				at, ok = time.Time{}, true
				return nil
			}
			if l.later.ok && (!ok || l.later.at.Before(at)) {
				at, ok = l.later.at, true
			}
		}
		return nil
	})
	return at, ok, err
}

// InFlight lists the runs in STARTED, oldest first.
func (s *Store) InFlight(ctx context.Context) (out []integration.Run, err error) {
	err = s.view(ctx, func(t *tx) error {
		p := newPostings(t, bRunStatus, string(integration.Started), false)
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
