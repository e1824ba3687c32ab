package kv

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// Alone is the file while nobody else writes to it. What was staged is in the
// trees, and readers go on.
type Alone struct{ db *DB }

// View runs f in a transaction that reads.
func (a Alone) View(f func(*Tx) error) error { return a.run(a.db.bolt.View, f) }

// Update runs f in a transaction that writes, and commits it.
func (a Alone) Update(f func(*Tx) error) error { return a.run(a.db.bolt.Update, f) }

func (a Alone) run(in func(func(*bbolt.Tx) error) error, f func(*Tx) error) error {
	return guard(a.db.path, func() error {
		return in(func(b *bbolt.Tx) error { return f(newTx(a.db.schema, b)) })
	})
}

// Empty takes everything out of a bucket, whatever state it is in.
func (a Alone) Empty(b *Bucket) error {
	err := a.db.bolt.Update(func(x *bbolt.Tx) error {
		if err := x.DeleteBucket([]byte(b.name)); err != nil {
			return err
		}
		_, err := x.CreateBucket([]byte(b.name))
		return err
	})
	if err != nil {
		return fmt.Errorf("empty %s: %w", b, err)
	}
	return nil
}

// Record is one key of a bucket as it lies in the file.
type Record struct {
	Key, Value []byte
	Whole      bool // it is as it was written; Value is without its checksum
}

// Stored gives up to most records of a bucket from a key on, and the key to go on
// from, nil at the end.
func (t *Tx) Stored(b *Bucket, from []byte, most int) (part []Record, next []byte) {
	c := t.bucket(b).Cursor()
	k, stored := c.Seek(from)
	for ; k != nil && len(part) < most; k, stored = c.Next() {
		v, ok := cutSum(b, k, stored)
		part = append(part, Record{bytes.Clone(k), v, ok})
	}
	return part, bytes.Clone(k)
}

// MetaFault is what a check says of a file whose LostMeta is true.
const MetaFault = "page: one of the two meta pages was not whole when the file was opened: the last change before may be missing"

// LostMeta tells whether one of the two meta pages was not whole when the file was
// opened.
func (db *DB) LostMeta() bool { return db.lostMeta }

// CheckPages checks bbolt's own structure, and tells found of each fault.
func (a Alone) CheckPages(ctx context.Context, found func(fault string)) error {
	c := &pageChecker{ctx: ctx, db: a.db, tell: found}
	return c.pages()
}

type pageChecker struct {
	ctx    context.Context
	db     *DB
	tell   func(fault string)
	faults int
}

func (c *pageChecker) found(format string, args ...any) {
	c.faults++
	c.tell(fmt.Sprintf(format, args...))
}

func (c *pageChecker) pages() error {
	// bbolt checks in a goroutine of its own, where a reference into nowhere
	// would end the process: such a page is found by walking all of them before.
	err := guard(c.db.path, func() error {
		return c.db.bolt.View(func(b *bbolt.Tx) error {
			return b.ForEach(func(_ []byte, x *bbolt.Bucket) error {
				return x.ForEach(func(_, _ []byte) error { return nil })
			})
		})
	})
	if err != nil {
		return err
	}
	if err := guard(c.db.path, c.layout); err != nil {
		return err
	}
	if c.db.lostMeta {
		c.found("%s", MetaFault)
	}
	if c.faults > 0 { // what bbolt would follow leads anywhere
		return nil
	}
	return c.db.bolt.View(func(b *bbolt.Tx) error {
		for err := range b.Check() {
			c.found("page: %v", err)
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
func (c *pageChecker) layout() error {
	f, err := os.Open(c.db.path)
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	defer func() { _ = f.Close() }()
	return c.db.bolt.View(func(b *bbolt.Tx) error {
		size := int64(c.db.bolt.Info().PageSize)
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
				c.found("page %d: it reaches beyond the end of the file; restore a backup", id)
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
					c.found("page %d: its elements do not fill it as they should; restore a backup", id)
				}
			default:
				c.found("page %d: it is of no kind that there is; restore a backup", id)
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
