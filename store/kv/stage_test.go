package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// A merged cursor must walk as one over a plain list of the same keys would,
// wherever it turns.
func TestMergedCursor(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.Custom(func(rt *rapid.T) string { return fmt.Sprintf("%02d", rapid.IntRange(1, 30).Draw(rt, "key")) })
		file := rapid.MapOf(key, rapid.SampledFrom([]string{"f", "g"})).Draw(rt, "file")
		over := rapid.MapOf(key, rapid.SampledFrom([]string{"s", "t", "gone"})).Draw(rt, "staged")
		want := maps.Clone(file)
		st := newStage()
		code := bBig.code
		for k, v := range over {
			if want[k] = v; v == "gone" {
				delete(want, k)
			}
			st.items.ReplaceOrInsert(staged{stagedKey(code, []byte(k)), withSum(bBig, []byte(k), []byte(v)), v == "gone"})
			// Its neighbours in the stage belong to other buckets.
			st.items.ReplaceOrInsert(staged{key: stagedKey(code-1, []byte(k))})
			st.items.ReplaceOrInsert(staged{key: stagedKey(code+1, []byte(k))})
		}
		keys := slices.Sorted(maps.Keys(want))
		undo := errors.New("undo")
		err := b.bolt.Update(func(x *bbolt.Tx) error {
			w := newTx(testSchema, x)
			for k, v := range file {
				if err := w.Put(bBig, []byte(k), []byte(v)); err != nil {
					return err
				}
			}
			w.staged = st
			walk(rt, w.Cursor(bBig), keys, want)
			return undo
		})
		if !errors.Is(err, undo) {
			rt.Fatal(err)
		}
	})
}

// walk moves a cursor at random and compares where it stands.
func walk(rt *rapid.T, c Cursor, keys []string, want map[string]string) {
	at := -1 // no place yet
	for range 30 {
		var k, v []byte
		step := rapid.SampledFrom([]string{"seek", "next", "next", "prev", "prev", "last"}).Draw(rt, "step")
		if at < 0 || at == len(keys) { // from the end bbolt's own cursor promises nothing
			step = rapid.SampledFrom([]string{"seek", "last"}).Draw(rt, "first step")
		}
		switch step {
		case "seek":
			to := fmt.Sprintf("%02d", rapid.IntRange(0, 31).Draw(rt, "to"))
			k, v = c.Seek([]byte(to))
			at, _ = slices.BinarySearch(keys, to)
		case "next":
			k, v = c.Next()
			at++
		case "prev":
			k, v = c.Prev()
			at--
		case "last":
			k, v = c.Last()
			at = len(keys) - 1
		}
		if at < 0 || at == len(keys) {
			if k != nil {
				rt.Fatalf("%s went beyond the end to %s", step, k)
			}
			continue
		}
		if string(k) != keys[at] || string(v) != want[keys[at]] {
			rt.Fatalf("%s stands on %q = %q, want %q = %q", step, k, v, keys[at], want[keys[at]])
		}
	}
}

// A reader that commits overtake sees the stage of its own transaction.
func TestReaderKeepsItsStage(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	set := func(v string) {
		t.Helper()
		if err := b.Write(t.Context(), 1, func(x *Tx) error { return x.Put(bBig, []byte("k"), []byte(v)) }); err != nil {
			t.Fatal(err)
		}
	}
	set("old")
	old, err := b.bolt.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Rollback() }()
	for i := range 3 {
		set(fmt.Sprint("new ", i))
	}
	x := newTx(testSchema, old)
	if x.staged, err = b.stageAt(old); err != nil {
		t.Fatal(err)
	}
	if v := x.Get(bBig, []byte("k")); string(v) != "old" {
		t.Errorf("the older reader sees %q", v)
	}
	err = b.View(t.Context(), func(x *Tx) error {
		if v := x.Get(bBig, []byte("k")); string(v) != "new 2" {
			t.Errorf("a new reader sees %q", v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamagedStageIsToldOf(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	key := binary.BigEndian.AppendUint64(nil, 1)
	for name, damage := range map[string]func(staged *bbolt.Bucket) error{
		"a record that cannot be read": func(s *bbolt.Bucket) error {
			return putStaged(s, key, withSum(testSchema.staged, key, []byte{99, 0, 1}))
		},
		"a record with a flipped bit": func(s *bbolt.Bucket) error {
			return putStaged(s, key, append(withSum(testSchema.staged, key, nil), 1))
		},
		"a record outside of its bucket": func(s *bbolt.Bucket) error { return s.Put(key, []byte{1, 1, 1, 'k', 0}) },
		"a bucket without its record":    func(s *bbolt.Bucket) error { _, err := s.CreateBucket(key); return err },
	} {
		b.raw(func(tx *bbolt.Tx) error {
			name := []byte("staged")
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			s, err := tx.CreateBucket(name)
			return errors.Join(err, damage(s))
		})
		b.open(Options{NoSync: true})
		_, err := b.read(t.Context(), "k")
		if err == nil || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("%s: reading gave %v", name, err)
		}
		if err := b.Write(t.Context(), 1, put("k")); err == nil || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("%s: writing gave %v", name, err)
		}
		_ = b.Close()
	}
}

// FuzzStagedRecord: a damaged record is refused, and whatever was staged is
// read back as it was.
func FuzzStagedRecord(f *testing.F) {
	f.Add([]byte{1, 0, 1, 'k', 1, 'v', 2, 1, 1, 'k', 0})
	f.Fuzz(func(t *testing.T, log []byte) {
		st := newStage()
		if st.read(log, len(testSchema.big)) != nil {
			return
		}
		x := &Tx{staged: newStage()}
		st.items.Ascend(func(i staged) bool {
			x.stageChange(i.key[0], []byte(i.key[1:]), i.value, i.gone)
			return true
		})
		again := newStage()
		if err := again.read(x.log, len(testSchema.big)); err != nil || again.items.Len() != st.items.Len() {
			t.Fatalf("%d keys came back as %d, %v", st.items.Len(), again.items.Len(), err)
		}
		again.items.Ascend(func(i staged) bool {
			was, _ := st.items.Get(i)
			if was.gone != i.gone || !bytes.Equal(was.value, i.value) {
				t.Errorf("%q came back as %+v, was %+v", i.key, i, was)
			}
			return true
		})
	})
}

// A transaction that has changed the bucket of what is staged, and then brings all of it
// into the trees, leaves no page behind that nobody has.
func TestSettleFreesAllRecords(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	ctx := t.Context()
	for i := range 9 { // each too large to lie in its parent's page
		value := bytes.Repeat([]byte{byte(i)}, 3000)
		if err := b.Write(ctx, 1, func(x *Tx) error { return x.Put(bBig, binary.BigEndian.AppendUint64(nil, uint64(i)), value) }); err != nil {
			t.Fatal(err)
		}
	}
	err := b.Write(ctx, 1, func(x *Tx) error {
		return errors.Join(x.SetSequence(7), x.Settle(), x.Put(bSmall, []byte("a"), []byte("a")))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.View(ctx, func(x *Tx) error {
		if n, seq := x.Count(bBig), x.Sequence(); n != 9 || seq != 7 || x.Staged() > 0 {
			t.Errorf("the tree has %d keys, the sequence is %d, and %d are staged", n, seq, x.Staged())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.Exclusive(ctx, func(a Alone) error {
		return a.CheckPages(ctx, func(fault string) { t.Error(fault) })
	}); err != nil {
		t.Fatal(err)
	}
}
