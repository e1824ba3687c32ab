package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// tx is a transaction with the counters that it changes, kept in memory until the
// end: a group of 64 changes writes a counter once.
type tx struct {
	*kv.Tx
	now     time.Time
	counts  map[string]int64
	states  map[string]tally
	months  map[string]tally
	filling bool // the file may lack sums of months: see filledTo
	filled  *key
	decoded *sync.Map // integrations read before: id to *decoded; nil remembers none
}

// tx is the store's side of a transaction.
func (s *Store) tx(k *kv.Tx) *tx {
	if t, ok := k.Local.(*tx); ok {
		return t
	}
	t := &tx{Tx: k, now: s.now(), decoded: &s.decoded, filling: s.filling}
	k.Local = t
	return t
}

// getJSON reads a record; ok is false when there is none. Numbers of unknown
// size keep their digits (json.Number).
func getJSON[T any](t *tx, b *kv.Bucket, key string) (v T, ok bool, err error) {
	raw := t.Get(b, []byte(key))
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

func (t *tx) putJSON(b *kv.Bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s %q: %w", b, key, err)
	}
	return t.Put(b, []byte(key), raw)
}

// allJSON reads every record of a bucket, in the order of the keys.
func allJSON[T any](t *tx, b *kv.Bucket) ([]T, error) {
	var out []T
	err := t.All(b, func(k, raw []byte) error {
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
