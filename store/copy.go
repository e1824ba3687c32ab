package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// Record is one record of a store as it lies there: the same bytes in a file and
// in a database. A copy is all of them, kind after kind and each in its order.
type Record struct {
	Kind  Kind
	ID    string
	N     int    // number of an attempt or of an entry of the trail; 1 for the open event of a group
	Value []byte // not to be changed, nor kept beyond the next
	More  []byte // the Bill of a run, the hash of an entry of the trail
}

// Kind is what a Record is.
type Kind string

// The kinds, in the order of a copy.
const (
	KindIntegration Kind = "integrations"
	KindCredentials Kind = "credentials"
	KindSource      Kind = "sources"
	KindDraft       Kind = "drafts"
	KindMapping     Kind = "external mappings"
	KindNote        Kind = "notes"
	KindRun         Kind = "runs"
	KindAttempt     Kind = "attempts"
	KindEvent       Kind = "events"
	KindAudit       Kind = "audit entries"
	KindReport      Kind = "reconciliations"
	KindResolution  Kind = "resolutions"
)

// Kinds lists them.
var Kinds = []Kind{KindIntegration, KindCredentials, KindSource, KindDraft, KindMapping, KindNote, KindRun, KindAttempt, KindEvent,
	KindAudit, KindReport, KindResolution}

// ErrNotEmpty is returned, wrapped, when a copy would go on top of something.
var ErrNotEmpty = errors.New("there is something already")

// buckets are where kinds lie whose keys are their ids.
var buckets = map[Kind]*kv.Bucket{
	KindIntegration: bIntegrations, KindCredentials: bCredentials, KindSource: bSource, KindDraft: bDrafts, KindMapping: bMappings,
	KindNote: bMeta, KindReport: bReconciled, KindResolution: bResolved,
}

// Export calls f for every record there is, all as of one moment.
func (s *Store) Export(ctx context.Context, f func(Record) error) error {
	return s.view(ctx, func(t *tx) error {
		for _, k := range Kinds {
			if err := t.export(ctx, k, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) export(ctx context.Context, kind Kind, f func(Record) error) error {
	give := func(r Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Kind = kind
		return f(r)
	}
	switch kind {
	case KindRun:
		return t.All(bRuns, func(k, v []byte) error {
			return give(Record{ID: key(k).String(), Value: v, More: t.Get(bBills, k)})
		})
	case KindAttempt:
		return t.All(bAttempts, func(k, v []byte) error {
			return give(Record{ID: key(k[:16]).String(), N: int(binary.BigEndian.Uint32(k[16:])), Value: v})
		})
	case KindEvent:
		return t.All(bEvents, func(k, v []byte) error {
			e, err := decodeJSON[integration.Event](v)
			if err != nil {
				return fmt.Errorf("read event %s: %w", key(k), err)
			}
			r := Record{ID: key(k).String(), Value: v}
			if e.Group != "" && bytes.Equal(t.Get(bMeta, groupKey(e.IntegrationID, e.Group)), k) {
				r.N = 1
			}
			return give(r)
		})
	case KindAudit:
		return t.All(bAudit, func(k, v []byte) error {
			if len(v) < sha256.Size {
				return fmt.Errorf("%w: entry %x is damaged; run audit verify", ErrTampered, k)
			}
			return give(Record{N: int(binary.BigEndian.Uint64(k)), Value: v[sha256.Size:], More: v[:sha256.Size]})
		})
	}
	return t.All(buckets[kind], func(k, v []byte) error {
		if kind == KindNote && strings.HasPrefix(string(k), groupPrefix) {
			return nil // Record.N tells it
		}
		return give(Record{ID: string(k), Value: v})
	})
}

// importChunk is how many records are committed together.
const importChunk = 1000

// Import takes all records of another store into this one, which has to be empty,
// and makes anew what follows from them. After an error the file is of no use.
func (s *Store) Import(ctx context.Context, records iter.Seq2[Record, error]) error {
	err := s.view(ctx, func(t *tx) error {
		for _, b := range []*kv.Bucket{bIntegrations, bRuns, bAudit, bMappings} {
			if k, _ := t.Cursor(b).Seek(nil); k != nil {
				return fmt.Errorf("the store %s: %w", s.path, ErrNotEmpty)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var chunk []Record
	flush := func() error {
		part := chunk
		chunk = nil
		return s.write(ctx, func(t *tx) error {
			if err := t.Settle(); err != nil {
				return err
			}
			for _, r := range part {
				if err := t.importRecord(r); err != nil {
					return fmt.Errorf("copy %s %s: %w", r.Kind, r.ID, err)
				}
			}
			return t.SetSequence(uint64(s.seq.Load()))
		})
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		r.Value, r.More = bytes.Clone(r.Value), bytes.Clone(r.More)
		if k, ok := parseKey(r.ID); ok && r.Kind == KindRun && int32(k.seq()-s.seq.Load()) > 0 {
			s.seq.Store(k.seq())
		}
		if chunk = append(chunk, r); len(chunk) == importChunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	rep, err := s.Check(ctx, true, nil)
	if err == nil && rep.Found > rep.Repaired {
		err = fmt.Errorf("the copy has %d problems, the first: %s", rep.Found-rep.Repaired, rep.Problems[0])
	}
	return err
}

func (t *tx) importRecord(r Record) error {
	k, ok := parseKey(r.ID)
	if !ok && (r.Kind == KindRun || r.Kind == KindAttempt || r.Kind == KindEvent) {
		return errDamaged
	}
	switch r.Kind {
	case KindRun:
		if r.More != nil {
			if err := t.Put(bBills, k[:], r.More); err != nil {
				return err
			}
		}
		return t.Put(bRuns, k[:], r.Value)
	case KindAttempt:
		return t.Put(bAttempts, attemptKey(k, r.N), r.Value)
	case KindEvent:
		if r.N == 1 {
			e, err := decodeJSON[integration.Event](r.Value)
			if err != nil {
				return err
			}
			if err := t.Put(bMeta, groupKey(e.IntegrationID, e.Group), k[:]); err != nil {
				return err
			}
		}
		return t.Put(bEvents, k[:], r.Value)
	case KindAudit:
		return t.Put(bAudit, binary.BigEndian.AppendUint64(nil, uint64(r.N)), join(r.More, r.Value))
	}
	return t.Put(buckets[r.Kind], []byte(r.ID), r.Value)
}

// Exporter is a store that can be copied.
type Exporter interface {
	Export(ctx context.Context, f func(Record) error) error
}

// Copied is what a copy came to.
type Copied struct {
	Records map[Kind]int `json:"records"`
	Digest  []byte       `json:"-"` // SHA-256 over all records
}

// Digest reads all of a store: equal digests are equal records.
func Digest(ctx context.Context, from Exporter) (Copied, error) {
	c := Copied{Records: map[Kind]int{}}
	h := sha256.New()
	var head []byte
	err := from.Export(ctx, func(r Record) error {
		c.Records[r.Kind]++
		head = binary.AppendUvarint(head[:0], uint64(r.N))
		for _, part := range [][]byte{[]byte(r.Kind), []byte(r.ID), r.Value, r.More} {
			head = binary.AppendUvarint(head, uint64(len(part)))
			head = append(head, part...)
		}
		_, _ = h.Write(head) // never fails
		return nil
	})
	c.Digest = h.Sum(nil)
	return c, err
}

// All are the records of a store, for a range.
func All(ctx context.Context, from Exporter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		stop := errors.New("stop")
		err := from.Export(ctx, func(r Record) error {
			if !yield(r, nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(Record{}, err)
		}
	}
}
