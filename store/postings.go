package store

import (
	"bytes"

	"billferry/store/kv"
)

// list is runs in the order of time, walked in one direction.
type list interface {
	// seek gives the first run at k or beyond it in the list's direction. Calls
	// never go back.
	seek(k key) (key, bool)
}

// postings is the list of runs under one value of an index, or of all runs.
type postings struct {
	c      kv.Cursor
	prefix []byte
	back   bool
	at     key  // where the cursor stands
	ok     bool // the cursor stands on a run
	begun  bool
}

func newPostings(t *tx, b *kv.Bucket, value string, back bool) *postings {
	h := hash8(value)
	return prefixPostings(t, b, h[:], back)
}

func prefixPostings(t *tx, b *kv.Bucket, prefix []byte, back bool) *postings {
	return &postings{c: t.Cursor(b), prefix: prefix, back: back}
}

// accountPostings lists the runs of accounts with an id or, at some time, a
// code. Who has to know the code at the time of the run reads the run.
func accountPostings(t *tx, idOrCode string, back bool) (union, error) {
	u := union{[]list{newPostings(t, bRunAccount, idOrCode, back)}, back}
	code := hash8(idOrCode)
	err := t.Each(bAccountCode, code[:], func(k, _ []byte) error {
		u.lists = append(u.lists, prefixPostings(t, bRunAccount, bytes.Clone(k[len(code):]), back))
		return nil
	})
	return u, err
}

func allRuns(t *tx, back bool) *postings { return prefixPostings(t, bRuns, nil, back) }

// before tells whether a comes before b when walking in a direction.
func before(a, b key, back bool) bool {
	if back {
		return bytes.Compare(a[:], b[:]) > 0
	}
	return bytes.Compare(a[:], b[:]) < 0
}

func (p *postings) seek(k key) (key, bool) {
	if p.begun && (!p.ok || !before(p.at, k, p.back)) {
		return p.at, p.ok
	}
	if p.begun { // the neighbour is often the one, and costs no descent
		if p.step(); !p.ok || !before(p.at, k, p.back) {
			return p.at, p.ok
		}
	}
	p.begun = true
	target := join(p.prefix, k[:])
	if p.back {
		p.set(seekLast(p.c, target))
	} else {
		p.set(p.c.Seek(target))
	}
	return p.at, p.ok
}

func (p *postings) step() {
	if p.back {
		p.set(p.c.Prev())
	} else {
		p.set(p.c.Next())
	}
}

func (p *postings) set(k, _ []byte) {
	n := len(p.prefix)
	if p.ok = len(k) == n+16 && bytes.HasPrefix(k, p.prefix); p.ok {
		p.at = key(k[n:])
	}
}

// seekLast moves c to the last key that is not after target. Only for
// transactions that read: see billRuns.
func seekLast(c kv.Cursor, target []byte) (k, v []byte) {
	switch k, v = c.Seek(target); {
	case k == nil:
		return c.Last()
	case bytes.Equal(k, target):
		return k, v
	}
	return c.Prev()
}

// union is the runs in any of several lists.
type union struct {
	lists []list
	back  bool
}

func (u union) seek(k key) (best key, ok bool) {
	for _, l := range u.lists {
		if got, found := l.seek(k); found && (!ok || before(got, best, u.back)) {
			best, ok = got, true
		}
	}
	return best, ok
}

// both is the runs in all of several lists. Each list that lacks the candidate
// moves it on, so that the shortest list sets the pace.
type both struct {
	lists  []list
	budget int // steps left; lists that never meet must not hold up a page
}

// seek is like list.seek, but when the budget is used up it answers how far it
// came, with spent true: nothing before that key is in all lists.
func (b *both) seek(k key) (at key, ok, spent bool) {
	for i, agreed := 0, 0; agreed < len(b.lists); i = (i + 1) % len(b.lists) {
		if b.budget--; b.budget < 0 {
			return k, true, true
		}
		got, ok := b.lists[i].seek(k)
		switch {
		case !ok:
			return k, false, false
		case got == k:
			agreed++
		default: // it has this one, and the others are asked in turn
			k, agreed = got, 1
		}
	}
	return k, true, false
}
