package kv

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// Change is told to the hooks of OnChange once it is committed.
type Change struct{ Kind, ID string }

// Tx is a transaction: a snapshot of the file with what is staged laid over it.
// Keys and values that it gives are valid until it ends.
type Tx struct {
	// Local is the caller's own for as long as the transaction lasts: the changes
	// of one commit share it.
	Local any

	schema  *Schema
	b       *bbolt.Tx
	open    []*bbolt.Bucket
	dirty   bool // the current change has written something
	deleted bool // the transaction has deleted from a tree
	changes []Change
	staged  *stage // laid over the big trees; nil: they have everything
	log     []byte // what this transaction staged
	mapped  *mapped
	reads   int64 // records, which mapped has not heard of
	// onBroken is told of records that are not as they were written; nil panics
	// with them.
	onBroken func(Broken)
}

func newTx(s *Schema, b *bbolt.Tx) *Tx {
	return &Tx{schema: s, b: b, open: make([]*bbolt.Bucket, len(s.buckets))}
}

// Lenient has the transaction tell f of records that are not as they were
// written, and go on without them; otherwise it ends with ErrDamaged.
func (t *Tx) Lenient(f func(Broken)) { t.onBroken = f }

// Dirty tells whether the change under way has written something.
func (t *Tx) Dirty() bool { return t.dirty }

// Touch makes the change count as one that writes, for what Options.Flush writes
// for it later.
func (t *Tx) Touch() { t.dirty = true }

// Changed tells the hooks of OnChange of a change, once it is committed.
func (t *Tx) Changed(kind, id string) { t.changes = append(t.changes, Change{kind, id}) }

// Sequence is a number that is kept in the file for the caller.
func (t *Tx) Sequence() uint64 { return t.bucket(t.schema.staged).Sequence() }

// SetSequence keeps a number for the caller.
func (t *Tx) SetSequence(n uint64) error { return t.bucket(t.schema.staged).SetSequence(n) }

// Count is how many keys a bucket has in its tree, found by walking it; what is
// staged is not among them.
func (t *Tx) Count(b *Bucket) int { return t.bucket(b).Inspect().KeyN }

// Staged is how many keys are staged.
func (t *Tx) Staged() int {
	if t.staged == nil {
		return 0
	}
	return t.staged.items.Len()
}

// Size is how many bytes the file has.
func (t *Tx) Size() int64 { return t.b.Size() }

func (t *Tx) bucket(b *Bucket) *bbolt.Bucket {
	if t.open[b.id] == nil {
		if t.open[b.id] = t.b.Bucket([]byte(b.name)); t.open[b.id] == nil {
			panic(Broken{b, nil, "and all others are missing"})
		}
		if b.appended {
			t.open[b.id].FillPercent = 0.95
		}
	}
	return t.open[b.id]
}

// Get is the value of a key; nil when there is none.
func (t *Tx) Get(b *Bucket, key []byte) []byte {
	if b.code != 0 {
		if i, ok := t.staged.get(b.code, key); ok {
			if i.gone {
				return nil
			}
			return t.checked(b, key, i.value)
		}
	}
	if v := t.bucket(b).Get(key); v != nil {
		return t.checked(b, key, v)
	}
	// It may be there, and the way to it be lost.
	if k, v := (ordered{t.bucket(b).Cursor(), t, b}).Seek(key); k != nil {
		t.checked(b, k, v)
	}
	return nil
}

// Put sets the value of a key.
func (t *Tx) Put(b *Bucket, key, value []byte) error {
	return t.putStored(b, key, withSum(b, key, value))
}

// putStored is Put of a value that has its checksum.
func (t *Tx) putStored(b *Bucket, key, stored []byte) error {
	t.dirty = true
	if b.code != 0 && t.staged != nil {
		t.stageChange(b.code, key, stored, false)
		return nil
	}
	if err := t.bucket(b).Put(key, stored); err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return nil
}

// Delete takes out a key; one that is not there is no error.
func (t *Tx) Delete(b *Bucket, key []byte) error {
	t.dirty = true
	if b.code != 0 && t.staged != nil {
		t.stageChange(b.code, key, nil, true)
		return nil
	}
	t.deleted = true
	if err := t.bucket(b).Delete(key); err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return nil
}

// Each calls f for every key of a bucket with a prefix, in order. f must not
// write to the bucket.
func (t *Tx) Each(b *Bucket, prefix []byte, f func(k, v []byte) error) error {
	c := t.Cursor(b)
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}

// All calls f for every key of a bucket, in order.
func (t *Tx) All(b *Bucket, f func(k, v []byte) error) error { return t.Each(b, nil, f) }
