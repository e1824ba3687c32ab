package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"billferry/store/kv"
)

// ErrTampered is returned, wrapped, when the audit trail does not add up.
var ErrTampered = errors.New("the audit trail was changed")

// AuditEntry is one act of a person. On disk it is JSON behind the SHA-256 of
// the hash of the entry before and that JSON, so that an entry cannot be
// changed, removed or put in without changing every hash after it. Cutting off
// the end cannot be seen from inside: note the last hash elsewhere for that.
type AuditEntry struct {
	Seq    uint64    `json:"seq"` // from 1, without gaps
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	Hash   []byte    `json:"-"`
}

// Raw is the JSON of an entry as it is kept and chained. An entry that was read
// gives the same again: what is no UTF-8 would not, and is replaced first.
func (e AuditEntry) Raw() ([]byte, error) {
	for _, text := range []*string{&e.Who, &e.What, &e.Detail} {
		*text = strings.ToValidUTF8(*text, "\ufffd")
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write the audit trail: %w", err)
	}
	return raw, nil
}

// Audit adds an entry to the trail.
func (s *Store) Audit(ctx context.Context, who, what, detail string) error {
	return s.write(ctx, func(t *tx) error { return t.audit(AuditEntry{Who: who, What: what, Detail: detail}) })
}

// audit appends an entry that has all but its number and time.
func (t *tx) audit(e AuditEntry) error {
	k, v := t.Cursor(bAudit).Last()
	e.Seq, e.Time = 1, t.now.UTC()
	var last []byte
	if k != nil {
		if len(k) != 8 || len(v) < sha256.Size {
			return fmt.Errorf("%w: its last entry is damaged; run audit verify", ErrTampered)
		}
		e.Seq, last = binary.BigEndian.Uint64(k)+1, v[:sha256.Size]
	}
	raw, err := e.Raw()
	if err != nil {
		return err
	}
	return t.Put(bAudit, binary.BigEndian.AppendUint64(nil, e.Seq), join(Chain(last, raw), raw))
}

// Beside is what waits for a transaction to be part of.
type Beside struct {
	Entry   *AuditEntry
	Notes   map[string][]byte // small things
	Written bool
}

type besideKey struct{}

// BesideOf is what ctx carries of WithAudit and WithNote and is not written yet.
func BesideOf(ctx context.Context) *Beside {
	if b, ok := ctx.Value(besideKey{}).(*Beside); ok && !b.Written {
		return b
	}
	return nil
}

func (b *Beside) keep(t *tx) error {
	for k, v := range b.Notes {
		if err := t.Put(bMeta, []byte(k), v); err != nil {
			return err
		}
	}
	if b.Entry == nil {
		return nil
	}
	return t.audit(*b.Entry)
}

// WithAudit gives a context with which the next change is committed together
// with an entry of the trail: there is none without the other. written tells
// afterwards whether it was: not when nothing changed, or the change failed.
func WithAudit(ctx context.Context, who, what, detail string) (with context.Context, written func() bool) {
	b := &Beside{Entry: &AuditEntry{Who: who, What: what, Detail: detail}}
	return context.WithValue(ctx, besideKey{}, b), func() bool { return b.Written }
}

// WithNote gives a context with which the next change is committed together
// with a small thing, and with what ctx had to be committed with already.
func WithNote(ctx context.Context, key string, value []byte) context.Context {
	b := &Beside{Notes: map[string][]byte{key: value}}
	if had := BesideOf(ctx); had != nil {
		b.Entry = had.Entry
		maps.Copy(b.Notes, had.Notes)
	}
	return context.WithValue(ctx, besideKey{}, b)
}

// Chain is the hash of an entry, whose JSON is raw, behind one with the hash last.
func Chain(last, raw []byte) []byte {
	sum := sha256.Sum256(join(last, raw))
	return sum[:]
}

// VerifyAudit checks the whole trail and answers how many entries it has and
// the last hash. A fault is ErrTampered and names the entry.
func (s *Store) VerifyAudit(ctx context.Context) (n int, last []byte, err error) {
	err = s.view(ctx, func(t *tx) error {
		n, last, err = verifyAudit(t)
		return err
	})
	return n, last, err
}

func verifyAudit(t *tx) (n int, last []byte, err error) {
	t.Lenient(func(kv.Broken) {}) // the chain tells which it is, and that somebody may have been at it
	err = t.All(bAudit, func(k, v []byte) error {
		var e AuditEntry
		switch want := uint64(n + 1); {
		case len(k) != 8 || binary.BigEndian.Uint64(k) != want:
			return fmt.Errorf("%w: entry %d is missing", ErrTampered, want)
		case len(v) < sha256.Size || !bytes.Equal(v[:sha256.Size], Chain(last, v[sha256.Size:])):
			return fmt.Errorf("%w: entry %d is not what was written, or the one before it is not", ErrTampered, want)
		case json.Unmarshal(v[sha256.Size:], &e) != nil || e.Seq != want:
			return fmt.Errorf("%w: entry %d cannot be read", ErrTampered, want)
		}
		n, last = n+1, bytes.Clone(v[:sha256.Size])
		return nil
	})
	return n, last, err
}

// AuditTrail lists the newest entries, newest first, up to limit.
func (s *Store) AuditTrail(ctx context.Context, limit int) (out []AuditEntry, err error) {
	err = s.view(ctx, func(t *tx) error {
		c := t.Cursor(bAudit)
		for k, v := c.Last(); k != nil && len(out) < limit; k, v = c.Prev() {
			if len(v) < sha256.Size {
				return fmt.Errorf("%w: entry %x is damaged; run audit verify", ErrTampered, k)
			}
			e := AuditEntry{Hash: bytes.Clone(v[:sha256.Size])}
			if err := json.Unmarshal(v[sha256.Size:], &e); err != nil {
				return fmt.Errorf("%w: entry %x cannot be read: %w", ErrTampered, k, err)
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}
