package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"

	"billferry/internal/integration"
)

// The first byte of a packed record says how the rest is written.
const (
	codecPlain = 0 // as it is: it would not get smaller
	codecS21   = 1 // s2 with dictionary1
	codecS2    = 2 // s2
)

// maxDict is up to which length a record is packed with the dictionary. It
// halves a short one. Of a long one it takes an eighth, for twice the time: the
// encoder that knows of dictionaries has its tables on the stack, which has to
// grow for it in each task anew.
const maxDict = 4096

// maxPlain is how long a run may be before it is compressed: two records must
// fit a page of 4 KiB with its head, or half of the page stays empty.
const maxPlain = 1800

// maxUnpacked bounds what a damaged record can make us allocate.
const maxUnpacked = 256 << 20

// s2Dict is safe for many goroutines, and its tables are made once.
var s2Dict = sync.OnceValue(func() *s2.Dict {
	d := s2.MakeDictManual([]byte(dictionary1), 0)
	if d == nil {
		panic("store: s2 dictionary") // its content is constant
	}
	return d
})

// scratch holds the buffers that records are packed in. Each Bill needs three
// of some 30 KB for a moment.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is how long a buffer may be that is kept: a Bill of 40,000 lines
// is rare.
const maxScratch = 1 << 20

func giveBack(buf *[]byte) {
	if cap(*buf) <= maxScratch {
		scratch.Put(buf)
	}
}

// pack keeps no part of raw.
func pack(raw []byte) []byte {
	buf := scratch.Get().(*[]byte)
	defer giveBack(buf)
	room := 1 + s2.MaxEncodedLen(len(raw))
	*buf = slices.Grow((*buf)[:0], room)[:room]
	out := *buf
	if len(raw) <= maxDict {
		out[0] = codecS21
		out = out[:1+len(s2Dict().Encode(out[1:], raw))]
	} else {
		out[0] = codecS2
		out = out[:1+len(s2.Encode(out[1:], raw))]
	}
	if len(out) > len(raw) {
		out = append(append(out[:0], codecPlain), raw...)
	}
	return slices.Clone(out)
}

// unpack never returns memory of b, which bbolt takes back after the transaction.
func unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errors.New("empty record")
	}
	switch b[0] {
	case codecPlain:
		return slices.Clone(b[1:]), nil
	case codecS21, codecS2:
		if n, err := s2.DecodedLen(b[1:]); err != nil || n > maxUnpacked {
			return nil, errDamaged
		}
		if b[0] == codecS2 {
			return s2.Decode(nil, b[1:])
		}
		return s2Dict().Decode(nil, b[1:])
	}
	return nil, fmt.Errorf("unknown codec %d: the record is damaged", b[0])
}

// packRun writes a run. The id is left out: it is the key.
func packRun(r integration.Run) []byte {
	b := make([]byte, 1, 512)
	b[0] = codecPlain
	for i, f := range runFields {
		b = f.put(b, i+1, &r)
	}
	if len(b) > maxPlain {
		return pack(b[1:])
	}
	return b
}

func unpackRun(k key, b []byte) (r integration.Run, err error) {
	// A plain record is read where it lies: strings are copied out of it.
	if len(b) > 0 && b[0] == codecPlain {
		b = b[1:]
	} else if b, err = unpack(b); err != nil {
		return r, fmt.Errorf("read run %s: %w", k, err)
	}
	err = readFields(b, func(field int, v value) error {
		if field < 1 || field > len(runFields) {
			return nil
		}
		return runFields[field-1].get(v, &r)
	})
	if err != nil {
		return r, fmt.Errorf("read run %s: %w", k, err)
	}
	r.ID, r.Seq = k.String(), int64(k.seq())
	return r, nil
}
