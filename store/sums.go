package store

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

// sumSeeds has where the checksum of each bucket begins.
var sumSeeds = func() (seeds [buckets]uint32) {
	for b, name := range bucketNames {
		seeds[b] = crc32.Checksum([]byte(name), castagnoli)
	}
	return seeds
}()

func sumOf(b bucket, k, v []byte) uint32 {
	return crc32.Update(crc32.Update(sumSeeds[b], castagnoli, k), castagnoli, v)
}

// withSum is a value as it is stored.
func withSum(b bucket, k, v []byte) []byte {
	out := make([]byte, len(v), len(v)+sumBytes)
	copy(out, v)
	return binary.LittleEndian.AppendUint32(out, sumOf(b, k, v))
}

// cutSum gives the value of a stored one; ok is false when it is not what was
// written.
func cutSum(b bucket, k, stored []byte) (v []byte, ok bool) {
	n := len(stored) - sumBytes
	if n < 0 {
		return nil, false
	}
	return stored[:n:n], binary.LittleEndian.Uint32(stored[n:]) == sumOf(b, k, stored[:n])
}

// brokenRecord is what a transaction panics with when it meets a record that is
// not as it was written. Nothing can go on with it, from however deep in a
// walk; guard makes an error of it.
type brokenRecord struct {
	bucket bucket
	key    []byte
	why    string
}

func (r brokenRecord) String() string { return fmt.Sprintf("%s: record %x %s", r.bucket, r.key, r.why) }

const (
	notAsWritten = "is not what was written"
	misplaced    = "is not where it belongs"
)

// broken ends the transaction, or tells a check, which goes on without the
// record.
func (t *tx) broken(b bucket, k []byte, why string) {
	r := brokenRecord{b, bytes.Clone(k), why}
	if t.onBroken == nil {
		panic(r)
	}
	t.onBroken(r)
}

// checked is the value of a stored one.
func (t *tx) checked(b bucket, k, stored []byte) []byte {
	v, ok := cutSum(b, k, stored)
	if !ok {
		t.broken(b, k, notAsWritten)
		return nil
	}
	return v
}

// walked checks what a cursor stands on.
func (t *tx) walked(b bucket, k, stored []byte) (key, value []byte) {
	if k == nil {
		return nil, nil
	}
	return k, t.checked(b, k, stored)
}

// ordered is the cursor of one bucket of the file. A key that flipped sends a
// search to the wrong place: what stands there tells.
type ordered struct {
	*bbolt.Cursor
	t      *tx
	bucket bucket
}

func (c ordered) Seek(k []byte) (key, value []byte) {
	key, value = c.Cursor.Seek(k)
	if key != nil && bytes.Compare(key, k) < 0 {
		c.t.broken(c.bucket, key, misplaced)
	}
	if c.t.deleted { // bbolt 1.5 does not go back safely then: see billRuns
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
			c.t.broken(c.bucket, before, misplaced)
		}
		c.t.walked(c.bucket, before, stored)
	}
}

// summed is a cursor that gives values without their checksums.
type summed struct {
	cursor
	t      *tx
	bucket bucket
}

func (c summed) Seek(k []byte) (key, value []byte) {
	key, value = c.cursor.Seek(k)
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Next() (key, value []byte) {
	key, value = c.cursor.Next()
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Prev() (key, value []byte) {
	key, value = c.cursor.Prev()
	return c.t.walked(c.bucket, key, value)
}

func (c summed) Last() (key, value []byte) {
	key, value = c.cursor.Last()
	return c.t.walked(c.bucket, key, value)
}
