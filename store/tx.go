package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
)

// change is told to the hooks of OnChange once it is committed.
type change struct{ kind, id string }

// tx is a bbolt transaction with the counters that it changes, kept in memory
// until the end: a group of 64 changes writes a counter once.
type tx struct {
	b       *bbolt.Tx
	now     time.Time
	open    [buckets]*bbolt.Bucket
	dirty   bool // the current change has written something
	deleted bool // the transaction has deleted from a tree
	changes []change
	counts  map[string]int64
	states  map[string]tally
	staged  *stage    // laid over the big trees; nil: they have everything
	log     []byte    // what this transaction staged
	decoded *sync.Map // integrations read before: id to *decoded; nil remembers none
	// onBroken is told of records that are not as they were written; nil panics
	// with them.
	onBroken func(brokenRecord)
}

func newTx(b *bbolt.Tx, now time.Time) *tx { return &tx{b: b, now: now} }

func (t *tx) bucket(b bucket) *bbolt.Bucket {
	if t.open[b] == nil {
		if t.open[b] = t.b.Bucket([]byte(b.String())); t.open[b] == nil {
			panic(brokenRecord{b, nil, "and all others are missing"})
		}
		if b.appended() {
			t.open[b].FillPercent = 0.95
		}
	}
	return t.open[b]
}

func (t *tx) get(b bucket, key []byte) []byte {
	if code := stageCodes[b]; code != 0 {
		if i, ok := t.staged.get(code, key); ok {
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

func (t *tx) put(b bucket, key, value []byte) error {
	return t.putStored(b, key, withSum(b, key, value))
}

// putStored is put of a value that has its checksum.
func (t *tx) putStored(b bucket, key, stored []byte) error {
	t.dirty = true
	if code := stageCodes[b]; code != 0 && t.staged != nil {
		t.stageChange(code, key, stored, false)
		return nil
	}
	if err := t.bucket(b).Put(key, stored); err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return nil
}

func (t *tx) del(b bucket, key []byte) error {
	t.dirty = true
	if code := stageCodes[b]; code != 0 && t.staged != nil {
		t.stageChange(code, key, nil, true)
		return nil
	}
	t.deleted = true
	if err := t.bucket(b).Delete(key); err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return nil
}

func (t *tx) changed(kind, id string) { t.changes = append(t.changes, change{kind, id}) }

// getJSON reads a record; ok is false when there is none. Numbers of unknown
// size keep their digits (json.Number).
func getJSON[T any](t *tx, b bucket, key string) (v T, ok bool, err error) {
	raw := t.get(b, []byte(key))
	if raw == nil {
		return v, false, nil
	}
	v, err = decodeJSON[T](raw)
	if err != nil {
		return v, false, fmt.Errorf("read %s %q: %w", b, key, err)
	}
	return v, true, nil
}

func decodeJSON[T any](raw []byte) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func (t *tx) putJSON(b bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s %q: %w", b, key, err)
	}
	return t.put(b, []byte(key), raw)
}

// allJSON reads every record of a bucket, in the order of the keys.
func allJSON[T any](t *tx, b bucket) ([]T, error) {
	var out []T
	err := t.all(b, func(k, raw []byte) error {
		v, err := decodeJSON[T](raw)
		if err != nil {
			return fmt.Errorf("read %s %q: %w", b, k, err)
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

func notFound(what, id string) error {
	return fmt.Errorf("%s %q: %w", what, id, integration.ErrNotFound)
}
