package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"billferry/internal/evidence"
	"billferry/internal/reconcile"
	"billferry/store"
)

// longTrail is a store with an audit trail of an entry an hour.
type longTrail struct {
	FileStore
	acts []store.AuditEntry // newest first
	read int                // entries that were read at once, at most
}

func (l *longTrail) VerifyAudit(context.Context) (int, []byte, error) {
	return len(l.acts), l.acts[0].Hash, nil
}

func (l *longTrail) AuditTrail(_ context.Context, limit int) ([]store.AuditEntry, error) {
	n := min(limit, len(l.acts))
	l.read = max(l.read, n)
	return slices.Clone(l.acts[:n]), nil
}

// A pack has the trail since its period began, whole and chained to what was before,
// and the years before are not read for it.
func TestAPackHasTheTrailSinceItsPeriodBegan(t *testing.T) {
	t.Parallel()
	const all = 40_000
	l := &longTrail{}
	begins := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	var last []byte
	for i := range all {
		e := store.AuditEntry{Seq: uint64(i + 1), Time: begins.Add(time.Duration(i) * time.Hour), Who: "clerk", What: "hold runs"}
		raw, err := e.Raw()
		if err != nil {
			t.Fatal(err)
		}
		last = store.Chain(last, raw)
		e.Hash = last
		l.acts = append(l.acts, e)
	}
	slices.Reverse(l.acts)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for _, c := range []struct {
		since int // hours before the newest entry
		most  int // entries read at once
	}{{10, 1000}, {1500, 4000}, {20_000, all}, {all, all}} {
		l.read = 0
		day := l.acts[0].Time.Add(-time.Duration(c.since) * time.Hour)
		want := 0
		for want < all && !l.acts[want].Time.Before(day.Truncate(24*time.Hour)) {
			want++
		}
		var b bytes.Buffer
		p, m := evidence.New(&b, day), evidence.Manifest{}
		a := &App{store: l}
		if err := a.writeTrail(t.Context(), p, reconcile.Report{Span: reconcile.Span{From: day.Format(time.DateOnly)}}, &m.Audit); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Close(m, key); err != nil {
			t.Fatal(err)
		}
		before := ""
		if want < all {
			before = hex.EncodeToString(l.acts[want].Hash)
		}
		f, err := evidence.Verify(bytes.NewReader(b.Bytes()), int64(b.Len()), evidence.PublicKey(key))
		if at := f.Manifest.Audit; err != nil || len(f.Problems) > 0 || at.Entries != want || at.Before != before || at.Whole != all {
			t.Errorf("since %s: %+v, %d entries wanted, %v", day, f, want, err)
		}
		if l.read > c.most {
			t.Errorf("since %s: %d entries of %d were read at once for %d", day, l.read, all, want)
		}
	}
}
