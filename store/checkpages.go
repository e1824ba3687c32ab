package store

import (
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// pages checks bbolt's own structure.
func (c *checker) pages() error {
	// bbolt checks in a goroutine of its own, where a reference into nowhere
	// would end the process: such a page is found by walking all of them before.
	err := guard(c.db.Path(), func() error {
		return c.db.View(func(b *bbolt.Tx) error {
			return b.ForEach(func(_ []byte, x *bbolt.Bucket) error {
				return x.ForEach(func(_, _ []byte) error { return nil })
			})
		})
	})
	if err != nil {
		return err
	}
	before := c.rep.Found
	if err := guard(c.db.Path(), c.layout); err != nil {
		return err
	}
	if c.s.lostMeta {
		c.rep.add(false, "page: one of the two meta pages was not whole when the file was opened: the last change before may be missing")
	}
	if c.rep.Found > before { // what bbolt would follow leads anywhere
		return nil
	}
	return c.db.View(func(b *bbolt.Tx) error {
		for err := range b.Check() {
			c.rep.add(false, "page: %v", err)
		}
		return nil
	})
}

// Elements of bbolt's pages: 16 bytes each, and behind the last of them the
// keys and values in the same order, without gaps.
const (
	elementBytes = 16
	inlineHeader = 16 // of a bucket inside its parent: where it begins, its sequence
	flagBranch   = 1  // of a page
	flagLeaf     = 2
	flagBucket   = 1 // of an element of a leaf
)

// layout looks for elements that a page no longer counts. bbolt would not miss
// them, and no checksum of theirs is asked for.
func (c *checker) layout() error {
	f, err := os.Open(c.db.Path())
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	defer func() { _ = f.Close() }()
	return c.db.View(func(b *bbolt.Tx) error {
		size := int64(c.db.Info().PageSize)
		info, err := f.Stat()
		if err != nil {
			return fmt.Errorf("read the pages: %w", err)
		}
		for id := 2; ; id++ {
			p, err := b.Page(id)
			if p == nil || err != nil {
				return err
			}
			if p.Type != "free" && int64(id+p.OverflowCount+1)*size > info.Size() {
				c.rep.add(false, "page %d: it reaches beyond the end of the file; restore a backup", id)
				return nil
			}
			switch p.Type {
			case "free": // its header is what was there before
				continue
			case "freelist", "meta":
			case "leaf", "branch":
				raw := make([]byte, size*int64(p.OverflowCount+1))
				if _, err := f.ReadAt(raw, size*int64(id)); err != nil {
					return fmt.Errorf("read page %d: %w", id, err)
				}
				if !inOrder(raw) {
					c.rep.add(false, "page %d: its elements do not fill it as they should; restore a backup", id)
				}
			default:
				c.rep.add(false, "page %d: it is of no kind that there is; restore a backup", id)
			}
			id += p.OverflowCount
			if err := c.ctx.Err(); err != nil {
				return err
			}
		}
	})
}

// inOrder tells whether the elements of a page lie as bbolt writes them, and
// those of the buckets inside it.
func inOrder(page []byte) bool {
	if len(page) < pageHeader {
		return false
	}
	flags, count := binary.NativeEndian.Uint16(page[8:]), int(binary.NativeEndian.Uint16(page[10:]))
	if count == 0 { // of a bucket with nothing in it
		return len(page) < pageHeader+elementBytes || binary.NativeEndian.Uint64(page[pageHeader+8:]) == 0
	}
	next := pageHeader + count*elementBytes
	for i := range count {
		at := pageHeader + i*elementBytes
		if at+elementBytes > len(page) {
			return false
		}
		e := page[at : at+elementBytes]
		number := func(at int) int { return int(binary.NativeEndian.Uint32(e[at:])) }
		pos, key, value := number(4), number(8), number(12)
		if flags&flagBranch != 0 {
			pos, key, value = number(0), number(4), 0
		}
		if at+pos != next || next+key+value > len(page) {
			return false
		}
		next += key
		inner := page[next : next+value]
		next += value
		if flags&flagLeaf == 0 || number(0)&flagBucket == 0 || len(inner) < inlineHeader {
			continue
		}
		if inline := binary.NativeEndian.Uint64(inner) == 0; inline && !inOrder(inner[inlineHeader:]) {
			return false
		}
	}
	return true
}
