package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// key is a UUIDv7 (RFC 9562, 5.7): it sorts by the time of creation. Between
// the 48 bits of time and 42 random bits stands a 32-bit counter, so that keys
// of one millisecond sort in the order they were made.
type key [16]byte

var (
	firstKey = key{}
	lastKey  = key{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

func newKey(at time.Time, seq uint32) key {
	k := timeKey(at.UnixMilli())
	_, _ = rand.Read(k[10:]) // never fails (crypto/rand)
	k[6] = 0x70 | byte(seq>>28)
	k[7] = byte(seq >> 20)
	k[8] = 0x80 | byte(seq>>14)&0x3f
	k[9] = byte(seq >> 6)
	k[10] = byte(seq<<2) | k[10]&3
	return k
}

// timeKey is the lowest key of a millisecond.
func timeKey(ms int64) (k key) {
	ms = min(max(ms, 0), 1<<48-1)
	binary.BigEndian.PutUint64(k[:8], uint64(ms)<<16)
	return k
}

// ms is when the key was made, in milliseconds since 1970.
func (k key) ms() int64 { return int64(binary.BigEndian.Uint64(k[:8]) >> 16) }

func (k key) time() time.Time { return time.UnixMilli(k.ms()).UTC() }

func (k key) String() string { return uuid.UUID(k).String() }

// seq is the counter in the key.
func (k key) seq() uint32 {
	return uint32(k[6]&0xf)<<28 | uint32(k[7])<<20 | uint32(k[8]&0x3f)<<14 | uint32(k[9])<<6 | uint32(k[10]>>2)
}

// order compares the keys of two runs by when they were added, whatever the
// clock said then.
func (k key) order(o key) int {
	if d := int32(k.seq() - o.seq()); d != 0 { // the counter may have begun anew
		return int(d)
	}
	return bytes.Compare(k[:], o[:])
}

// next and prev are the neighbours of k; the ends stay where they are.
func (k key) next() key {
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k
		}
	}
	return lastKey
}

func (k key) prev() key {
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]--; k[i] != 0xff {
			return k
		}
	}
	return firstKey
}

// parseKey reads an id as it is written in JSON.
func parseKey(id string) (key, bool) {
	u, err := uuid.Parse(id)
	if err != nil || len(id) != 36 { // Parse also takes forms that we never write
		return key{}, false
	}
	return key(u), true
}

func (s *Store) newKey(at time.Time) key { return newKey(at, s.seq.Add(1)) }

func (k key) isV7() bool { return k[6]>>4 == 7 }

// keyFor takes the id a caller chose for a run, or makes one. A chosen id must
// be a UUIDv7 of the millisecond of creation, because order and time limits
// are read from it.
func (s *Store) keyFor(id string, at time.Time) (key, error) {
	if id == "" {
		return s.newKey(at), nil
	}
	return checkKey(id, at)
}

func checkKey(id string, at time.Time) (key, error) {
	k, ok := parseKey(id)
	if !ok || !k.isV7() || k.ms() != at.UnixMilli() {
		return k, fmt.Errorf("run id %q: must be a UUIDv7 made at the time of creation, %s; leave it empty to get one",
			id, at.UTC().Format(time.RFC3339Nano))
	}
	return k, nil
}

// hash8 stands for a value of a field in the keys of an index.
func hash8(s string) (h [8]byte) {
	sum := sha256.Sum256(append(make([]byte, 0, 64), s...)) // most fit the stack
	return [8]byte(sum[:8])
}

// join makes one key of its parts.
func join(parts ...[]byte) []byte {
	var n int
	for _, p := range parts {
		n += len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
