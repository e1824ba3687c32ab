package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// stagedKeys tells how many keys are staged, in the file and in memory.
func (b *testbed) stagedKeys() (file, memory int) {
	b.t.Helper()
	err := b.view(b.t.Context(), func(t *tx) error {
		st, err := loadStage(t.b)
		if err == nil {
			file, memory = st.items.Len(), t.staged.items.Len()
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return file, memory
}

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
		code := stageCodes[bRunState]
		for k, v := range over {
			if want[k] = v; v == "gone" {
				delete(want, k)
			}
			st.items.ReplaceOrInsert(staged{stagedKey(code, []byte(k)), withSum(bRunState, []byte(k), []byte(v)), v == "gone"})
			// Its neighbours in the stage belong to other buckets.
			st.items.ReplaceOrInsert(staged{key: stagedKey(code-1, []byte(k))})
			st.items.ReplaceOrInsert(staged{key: stagedKey(code+1, []byte(k))})
		}
		keys := slices.Sorted(maps.Keys(want))
		undo := errors.New("undo")
		err := b.db.Update(func(x *bbolt.Tx) error {
			w := newTx(x, b.clock.now())
			for k, v := range file {
				if err := w.put(bRunState, []byte(k), []byte(v)); err != nil {
					return err
				}
			}
			w.staged = st
			walk(rt, w.cursor(bRunState), keys, want)
			return undo
		})
		if !errors.Is(err, undo) {
			rt.Fatal(err)
		}
	})
}

// walk moves a cursor at random and compares where it stands.
func walk(rt *rapid.T, c cursor, keys []string, want map[string]string) {
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

func TestSmallChangesAreStaged(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	r.Status = integration.Complete
	b.save(r, &integration.Attempt{N: 1})
	if file, memory := b.stagedKeys(); file == 0 || file != memory {
		t.Fatalf("staged are %d keys in the file, %d in memory", file, memory)
	}
	var many []delivery.NewRun
	for i := range maxStagedRuns + 1 {
		many = append(many, newRun(in, fmt.Sprint("many", i), 1))
	}
	b.add(many...)
	if file, memory := b.stagedKeys(); file != 0 || memory != 0 {
		t.Errorf("after a long list %d and %d keys stayed staged", file, memory)
	}
	b.save(r, nil)
	if file, _ := b.stagedKeys(); file == 0 {
		t.Error("after a long list nothing is staged any more")
	}
	b.reopen() // a store that is closed leaves nothing staged
	if file, memory := b.stagedKeys(); file != 0 || memory != 0 {
		t.Errorf("after closing %d and %d keys stayed staged", file, memory)
	}
	got, err := b.Attempts(t.Context(), r.ID)
	if err != nil || len(got) != 1 {
		t.Errorf("%d attempts, %v", len(got), err)
	}
	b.checkClean()
}

// Readers that a commit overtakes must see the stage of their own transaction.
func TestReaderKeepsItsStage(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	old, err := b.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Rollback() }()
	r.Status = integration.Complete
	for range 3 {
		b.save(r, nil)
	}
	st, err := b.stageAt(old)
	if err != nil {
		t.Fatal(err)
	}
	x := newTx(old, b.clock.now())
	x.staged = st
	k, _ := parseKey(r.ID)
	if was, ok, err := x.run(k); !ok || was.Status != integration.Waiting {
		t.Errorf("the older reader sees %s, %v, %v", was.Status, ok, err)
	}
	if now, err := b.Run(t.Context(), r.ID); err != nil || now.Status != integration.Complete {
		t.Errorf("a new reader sees %s, %v", now.Status, err)
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
		"a record that cannot be read":   func(s *bbolt.Bucket) error { return putStaged(s, key, withSum(bStaged, key, []byte{99, 0, 1})) },
		"a record with a flipped bit":    func(s *bbolt.Bucket) error { return putStaged(s, key, append(withSum(bStaged, key, nil), 1)) },
		"a record outside of its bucket": func(s *bbolt.Bucket) error { return s.Put(key, []byte{1, 1, 1, 'k', 0}) },
		"a bucket without its record":    func(s *bbolt.Bucket) error { _, err := s.CreateBucket(key); return err },
	} {
		raw(t, b.path(), func(tx *bbolt.Tx) error {
			name := []byte("staged")
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			s, err := tx.CreateBucket(name)
			return errors.Join(err, damage(s))
		})
		b.open()
		_, err := b.Runs(t.Context(), integration.RunFilter{}, "", 1)
		if err == nil || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("%s: reading gave %v", name, err)
		}
		if err := b.SetMeta(t.Context(), "k", nil); err == nil || !strings.Contains(err.Error(), "restore a backup") {
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
		if st.read(log) != nil {
			return
		}
		x := &tx{staged: newStage()}
		st.items.Ascend(func(i staged) bool {
			x.stageChange(i.key[0], []byte(i.key[1:]), i.value, i.gone)
			return true
		})
		again := newStage()
		if err := again.read(x.log); err != nil || again.items.Len() != st.items.Len() {
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

// While writers change runs and the stage goes into the trees, each reader
// finds every run once, in the list of the state that it is counted in.
func TestReadersSeeWholeCommits(t *testing.T) {
	t.Parallel()
	s := benchStoreWith(t, Options{noSync: true, most: 25})
	runs := benchAdd(t, s, 40)
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 4 {
		writers.Go(func() {
			for i := range 100 {
				r := runs[i%10*4+w]
				r.Status = integration.Statuses[1+i%(len(integration.Statuses)-1)] // nothing leaves COMPLETE
				if err := s.SaveRun(t.Context(), r, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for ; ; runtime.Gosched() {
				select {
				case <-done:
					return
				default:
				}
				if err := s.view(t.Context(), func(x *tx) error { return wholeLists(x, len(runs)) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

// wholeLists compares the lists of all states with their tallies and the runs.
func wholeLists(x *tx, runs int) error {
	total := 0
	return errors.Join(x.eachState(func(st state, a tally) error {
		n := 0
		p := newPostings(x, bRunState, string(st.key()), false)
		for k, ok := p.seek(firstKey); ok; k, ok = p.seek(k.next()) {
			r, err := x.mustRun(k)
			if err != nil {
				return err
			}
			if stateOf(&r) != st {
				return fmt.Errorf("a run that is %s is listed as %s", r.Status, st.status)
			}
			n++
		}
		if total += n; n != int(a.runs) {
			return fmt.Errorf("%s is counted %d times and listed %d times", st.status, a.runs, n)
		}
		return nil
	}), func() error {
		if total != runs {
			return fmt.Errorf("%d runs are listed, want %d", total, runs)
		}
		return nil
	}())
}
