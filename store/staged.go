package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/btree"
	"go.etcd.io/bbolt"
)

// A commit costs what the pages cost that it writes, and those of the big
// trees lie all over the file: at a million runs a change of status is in
// fifteen places. So small changes are staged: one record in the bucket
// "staged" has all that a commit does to the big trees, and memory has them
// sorted. Readers see the trees with the staged changes laid over them. Some
// hundred changes later one commit brings them into the trees, in the order of
// the keys, where neighbours share their pages.
//
// Nothing of this waits for a clock, and a crash needs no repair: what is
// staged is committed like anything else, and is read back at the next start.

// stagedBuckets are the big trees. A bucket's place in the list is its number
// in staged records, and so part of the file format.
var stagedBuckets = [...]bucket{bRuns, bBills, bAttempts, bRunBill, bRunDue, bRunState, bRunAccount}

// stageCodes has the number of a bucket in staged records; 0 is never staged.
var stageCodes = func() (codes [buckets]byte) {
	for i, b := range stagedBuckets {
		codes[b] = byte(i + 1)
	}
	return codes
}()

// So much is staged before it is brought into the trees: more shares more
// pages, and takes more memory and a longer commit.
const (
	maxStagedItems = 4096
	maxStagedBytes = 2 << 20
)

// maxStagedRuns is how many runs one call may change in the stage. More of
// them share pages as it is, and go into the trees at once.
const maxStagedRuns = 64

// staged is the newest value of a key, or that it is gone.
type staged struct {
	key   string // the bucket's number, then the key
	value []byte
	gone  bool
}

// stage is what is staged at one transaction. It does not change once the
// transaction is committed.
type stage struct {
	items *btree.BTreeG[staged]
	bytes int // of the records that hold it
}

func newStage() *stage {
	return &stage{items: btree.NewG(32, func(a, b staged) bool { return a.key < b.key })}
}

// clone is a stage to change. It shares with the old one what stays.
func (st *stage) clone() *stage { return &stage{items: st.items.Clone(), bytes: st.bytes} }

func stagedKey(code byte, key []byte) string {
	b := make([]byte, 1, 48)
	b[0] = code
	return string(append(b, key...))
}

// get answers what is staged for a key.
func (st *stage) get(code byte, key []byte) (item staged, ok bool) {
	if st == nil || st.items.Len() == 0 {
		return item, false
	}
	return st.items.Get(staged{key: stagedKey(code, key)})
}

// stageChange records a change instead of making it.
func (t *tx) stageChange(code byte, key, value []byte, gone bool) {
	t.staged.items.ReplaceOrInsert(staged{stagedKey(code, key), value, gone})
	flag := byte(0)
	if gone {
		flag = 1
	}
	t.log = appendPart(appendPart(append(t.log, code, flag), key), value)
}

// keepStaged puts what the transaction staged on disk, in one record.
func (t *tx) keepStaged() error {
	if len(t.log) == 0 {
		return nil
	}
	t.staged.bytes += len(t.log)
	k := binary.BigEndian.AppendUint64(nil, uint64(t.b.ID()))
	if err := putStaged(t.bucket(bStaged), k, withSum(bStaged, k, t.log)); err != nil {
		return fmt.Errorf("%s: %w", bStaged, err)
	}
	return nil
}

// keyRecord is the one key of a transaction's bucket in the bucket staged.
var keyRecord = []byte{0}

// putStaged gives a record a bucket of its own. bbolt puts two to four records
// on a page however large they are, and writes a page whole: beside others a
// record of 50 KB would be written again with each of the next commits, which
// was half of all that was written. The bucket of a small one lies in its
// parent's page.
func putStaged(b *bbolt.Bucket, k, log []byte) error {
	own, err := b.CreateBucket(k)
	if err != nil {
		return err
	}
	return own.Put(keyRecord, log)
}

// settle brings all that is staged into the trees. From here on the
// transaction changes those.
func (t *tx) settle() error {
	st := t.staged
	t.staged, t.log = nil, nil
	if st == nil || st.items.Len() == 0 {
		return nil
	}
	t.dirty = true
	var err error
	st.items.Ascend(func(i staged) bool {
		b := stagedBuckets[i.key[0]-1]
		if i.gone {
			err = t.del(b, []byte(i.key[1:]))
		} else {
			err = t.putStored(b, []byte(i.key[1:]), i.value)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	seq, name := t.bucket(bStaged).Sequence(), []byte(bStaged.String())
	t.open[bStaged] = nil
	if err := t.b.DeleteBucket(name); err != nil {
		return fmt.Errorf("%s: %w", bStaged, err)
	}
	if _, err := t.b.CreateBucket(name); err != nil {
		return fmt.Errorf("%s: %w", bStaged, err)
	}
	return t.bucket(bStaged).SetSequence(seq)
}

// loadStage reads what is staged in the file.
func loadStage(b *bbolt.Tx) (*stage, error) {
	st := newStage()
	all := b.Bucket([]byte(bStaged.String()))
	if all == nil {
		return nil, errDamaged
	}
	err := all.ForEach(func(k, v []byte) error {
		own := all.Bucket(k)
		if v != nil || own == nil {
			return errDamaged
		}
		log, ok := cutSum(bStaged, k, own.Get(keyRecord))
		if !ok {
			return errDamaged
		}
		log = bytes.Clone(log) // bbolt takes its own back
		st.bytes += len(log)
		return st.read(log)
	})
	if err != nil {
		return nil, fmt.Errorf("read staged changes: %w; restore a backup", err)
	}
	return st, nil
}

// read takes in one record.
func (st *stage) read(log []byte) (err error) {
	for len(log) > 0 {
		if len(log) < 2 || log[0] < 1 || int(log[0]) > len(stagedBuckets) {
			return errDamaged
		}
		code, gone := log[0], log[1] == 1
		var key, value []byte
		if key, log, err = cutPart(log[2:]); err != nil {
			return err
		}
		if value, log, err = cutPart(log); err != nil {
			return err
		}
		st.items.ReplaceOrInsert(staged{stagedKey(code, key), value, gone})
	}
	return nil
}

// snapshot is the stage as of one transaction of the file.
type snapshot struct {
	id    int
	stage *stage
}

// publish tells readers what will be staged once transaction id is committed.
// It comes before the commit, so that a reader that sees the commit finds it.
func (s *Store) publish(id int, st *stage) { s.recent[id%2].Store(&snapshot{id, st}) }

// retract takes back what was published for a transaction that came to nothing.
func (s *Store) retract(id int) { s.recent[id%2].Store(nil) }

// stageAt is what is staged for a reader. It reads the file when two commits
// have overtaken the reader on its way here.
func (s *Store) stageAt(b *bbolt.Tx) (*stage, error) {
	id := b.ID()
	at := &s.recent[id%2]
	known := at.Load()
	if known != nil && known.id == id {
		return known.stage, nil
	}
	st, err := loadStage(b)
	if err == nil && (known == nil || known.id < id) {
		at.CompareAndSwap(known, &snapshot{id, st})
	}
	return st, err
}

// update runs f in a transaction of the one writer and commits it. What f
// stages becomes the stage.
func (s *Store) update(f func(*tx) error) error {
	var id int
	var next *stage
	published := false
	transact := func() error {
		return s.db.Update(func(b *bbolt.Tx) (err error) {
			if s.stage == nil {
				if s.stage, err = loadStage(b); err != nil {
					return err
				}
			}
			t := newTx(b, s.now())
			t.decoded, t.staged, t.log = &s.decoded, s.stage.clone(), s.record[:0]
			if err := f(t); err != nil {
				return err
			}
			if err := t.keepStaged(); err != nil {
				return err
			}
			if s.record = t.log; cap(s.record) > maxScratch {
				s.record = nil
			}
			if next = t.staged; next == nil {
				next = newStage()
			}
			id, published = b.ID(), true
			s.publish(id, next)
			return nil
		})
	}
	err := s.around(func() error { return guard(s.path, transact) })
	switch {
	case err == nil:
		s.stage = next
	case published: // nobody knows what the disk has: read it
		s.retract(id)
		s.stage = nil
	}
	return err
}

// settle brings what is staged into the trees, in a commit of its own.
func (s *Store) settle() error {
	if s.stage != nil && s.stage.items.Len() == 0 {
		return nil
	}
	err := s.update(func(t *tx) error {
		if err := t.settle(); err != nil || t.dirty {
			return err
		}
		return errNothing
	})
	if err != nil && !errors.Is(err, errNothing) {
		return fmt.Errorf("write the store: %w", err)
	}
	return nil
}
