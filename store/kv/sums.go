package kv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"
)

// Every value ends with a checksum over its bucket, its key and itself, so that
// a bit that flipped on the disk is told, and a record that stands under the
// wrong key. Only the bucket "file" has none: a version that cannot be read is
// refused as it is.
const sumBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sumOf(b *Bucket, k, v []byte) uint32 {
	return crc32.Update(crc32.Update(b.seed, castagnoli, k), castagnoli, v)
}

// withSum is a value as it is stored.
func withSum(b *Bucket, k, v []byte) []byte {
	out := make([]byte, len(v), len(v)+sumBytes)
	copy(out, v)
	return binary.LittleEndian.AppendUint32(out, sumOf(b, k, v))
}

// cutSum gives the value of a stored one; ok is false when it is not what was
// written.
func cutSum(b *Bucket, k, stored []byte) (v []byte, ok bool) {
	n := len(stored) - sumBytes
	if n < 0 {
		return nil, false
	}
	return stored[:n:n], binary.LittleEndian.Uint32(stored[n:]) == sumOf(b, k, stored[:n])
}

// Broken is a record that is not as it was written. A transaction panics with it:
// nothing can go on, from however deep in a walk; guard makes an error of it.
type Broken struct {
	Bucket *Bucket
	Key    []byte
	Why    string
}

func (r Broken) String() string { return fmt.Sprintf("%s: record %x %s", r.Bucket, r.Key, r.Why) }

// What may be wrong with a record.
const (
	NotAsWritten = "is not what was written"
	Misplaced    = "is not where it belongs"
)

// broken ends the transaction, or tells a check, which goes on without the
// record.
func (t *Tx) broken(b *Bucket, k []byte, why string) {
	r := Broken{b, bytes.Clone(k), why}
	if t.onBroken == nil {
		panic(r)
	}
	t.onBroken(r)
}

// checked is the value of a stored one.
func (t *Tx) checked(b *Bucket, k, stored []byte) []byte {
	t.hasRead()
	v, ok := cutSum(b, k, stored)
	if !ok {
		t.broken(b, k, NotAsWritten)
		return nil
	}
	return v
}

// walked checks what a cursor stands on.
func (t *Tx) walked(b *Bucket, k, stored []byte) (key, value []byte) {
	if k == nil {
		return nil, nil
	}
	return k, t.checked(b, k, stored)
}

// ordered is the cursor of one bucket of the file. A key that flipped sends a
// search to the wrong place: what stands there tells.
type ordered struct {
	*bbolt.Cursor
	t      *Tx
	bucket *Bucket
}

func (c ordered) Seek(k []byte) (key, value []byte) {
	key, value = c.Cursor.Seek(k)
	if key != nil && bytes.Compare(key, k) < 0 {
		c.t.broken(c.bucket, key, Misplaced)
	}
	if c.t.deleted { // bbolt 1.5 does not go back safely then
		return key, value
	}
	if key == nil {
		c.precedes(k)(c.Cursor.Last())
		return nil, nil
	}
	before, stored := c.Cursor.Prev()
	if before == nil {
		return c.Cursor.First()
	}
	c.precedes(k)(before, stored)
	return c.Cursor.Next()
}

// precedes checks what stands before the place of a key. What was sought may be
// there, under a key that flipped.
func (c ordered) precedes(k []byte) func(before, stored []byte) {
	return func(before, stored []byte) {
		if before != nil && bytes.Compare(before, k) >= 0 {
			c.t.broken(c.bucket, before, Misplaced)
		}
		c.t.walked(c.bucket, before, stored)
	}
}

// summed is a cursor that gives values without their checksums.
type summed struct {
	Cursor
	t      *Tx
	bucket *Bucket
}

func (c summed) Seek(k []byte) (key, value []byte) {
	key, value = c.Cursor.Seek(k)
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Next() (key, value []byte) {
	key, value = c.Cursor.Next()
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Prev() (key, value []byte) {
	key, value = c.Cursor.Prev()
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Last() (key, value []byte) {
	key, value = c.Cursor.Last()
	return c.t.walked(c.bucket, key, value)
}
