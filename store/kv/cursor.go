package kv

import (
	"bytes"
	"strings"

	"github.com/google/btree"
)

// Cursor walks the keys of a bucket, in order. It must not be used after a write
// to the bucket.
type Cursor interface {
	Seek(k []byte) (key, value []byte)
	Next() (key, value []byte)
	Prev() (key, value []byte)
	Last() (key, value []byte)
}

// Cursor walks a bucket as it is with the staged changes.
func (t *Tx) Cursor(b *Bucket) Cursor {
	file := ordered{t.bucket(b).Cursor(), t, b}
	if b.code != 0 && t.staged != nil {
		m := &merged{file: file, items: t.staged.items, lead: string([]byte{b.code})}
		if _, any := m.item(m.lead, false); any {
			return summed{m, t, b}
		}
	}
	return summed{file, t, b}
}

// merged walks a bucket and what is staged for it at once. It holds the next
// key of each in the direction of the walk; where both have a key, the staged
// one counts.
type merged struct {
	file  Cursor
	items *btree.BTreeG[staged]
	lead  string // how keys of the bucket begin in items
	back  bool
	k, v  []byte // next of the file; k is nil at the end
	s     staged // next of the stage
	some  bool   // s is one
	at    []byte // where the cursor stands; nil at the end
}

// item finds the first staged key from a key on, or back from it.
func (m *merged) item(from string, without bool) (found staged, ok bool) {
	visit := func(i staged) bool {
		if without && i.key == from {
			return true
		}
		found, ok = i, strings.HasPrefix(i.key, m.lead)
		return false
	}
	if m.back {
		m.items.DescendLessOrEqual(staged{key: from}, visit)
	} else {
		m.items.AscendGreaterOrEqual(staged{key: from}, visit)
	}
	return found, ok
}

func (m *merged) Seek(k []byte) (key, value []byte) {
	m.back = false
	m.k, m.v = m.file.Seek(k)
	m.s, m.some = m.item(m.lead+string(k), false)
	return m.stand()
}

func (m *merged) Last() (key, value []byte) {
	m.back = true
	m.k, m.v = m.file.Last()
	m.s, m.some = m.item(string([]byte{m.lead[0] + 1}), true)
	return m.stand()
}

func (m *merged) Next() (key, value []byte) {
	if m.at == nil {
		return nil, nil
	}
	if m.back {
		at := m.at
		if k, v := m.Seek(at); !bytes.Equal(k, at) {
			return k, v
		}
	}
	m.advance(m.order())
	return m.stand()
}

func (m *merged) Prev() (key, value []byte) {
	if m.at == nil {
		return nil, nil
	}
	if !m.back {
		m.turn()
	} else {
		m.advance(m.order())
	}
	return m.stand()
}

// turn makes the walk go back from where it stands.
func (m *merged) turn() {
	m.back = true
	if k, _ := m.file.Seek(m.at); k == nil {
		m.k, m.v = m.file.Last()
	} else {
		m.k, m.v = m.file.Prev()
	}
	m.s, m.some = m.item(m.lead+string(m.at), true)
}

// order is below zero when the file's key comes next, above when the staged
// one does, zero when they are the same.
func (m *merged) order() int {
	switch {
	case m.k == nil:
		return 1
	case !m.some:
		return -1
	}
	n := strings.Compare(string(m.k), m.s.key[1:])
	if m.back {
		return -n
	}
	return n
}

// advance leaves the key that comes next.
func (m *merged) advance(order int) {
	if order <= 0 {
		if m.back {
			m.k, m.v = m.file.Prev()
		} else {
			m.k, m.v = m.file.Next()
		}
	}
	if order >= 0 {
		m.s, m.some = m.item(m.s.key, true)
	}
}

// stand stops at the next key that is there.
func (m *merged) stand() (key, value []byte) {
	for m.k != nil || m.some {
		order := m.order()
		if order < 0 {
			m.at = m.k
			return m.k, m.v
		}
		if !m.s.gone {
			m.at = []byte(m.s.key[1:])
			return m.at, m.s.value
		}
		m.advance(order)
	}
	m.at = nil
	return nil, nil
}
