package kv

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

// So much is staged before it is brought into the trees: more shares more
// pages, and takes more memory and a longer commit.
const (
	maxStagedItems = 4096
	maxStagedBytes = 2 << 20
)

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
func (t *Tx) stageChange(code byte, key, value []byte, gone bool) {
	t.staged.items.ReplaceOrInsert(staged{stagedKey(code, key), value, gone})
	flag := byte(0)
	if gone {
		flag = 1
	}
	t.log = AppendPart(AppendPart(append(t.log, code, flag), key), value)
}

// keepStaged puts what the transaction staged on disk, in one record.
func (t *Tx) keepStaged() error {
	if len(t.log) == 0 {
		return nil
	}
	t.staged.bytes += len(t.log)
	k := binary.BigEndian.AppendUint64(nil, uint64(t.b.ID()))
	if err := putStaged(t.bucket(t.schema.staged), k, withSum(t.schema.staged, k, t.log)); err != nil {
		return fmt.Errorf("%s: %w", t.schema.staged, err)
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

// Settle brings all that is staged into the trees. From here on the transaction
// changes those: what changes many keys shares pages as it is.
//
// The records are deleted one by one. To delete their bucket with all that is in it,
// bbolt 1.5.0 walks it while it deletes, and passes over every other record of a page
// that the transaction has changed, the sequence say: those keep their pages for ever.
func (t *Tx) Settle() error {
	st := t.staged
	t.staged, t.log = nil, nil
	if st == nil || st.items.Len() == 0 {
		return nil
	}
	t.dirty = true
	var err error
	st.items.Ascend(func(i staged) bool {
		b := t.schema.big[i.key[0]-1]
		if i.gone {
			err = t.Delete(b, []byte(i.key[1:]))
		} else {
			err = t.putStored(b, []byte(i.key[1:]), i.value)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	own := t.bucket(t.schema.staged)
	var records [][]byte
	if err := own.ForEachBucket(func(k []byte) error { records = append(records, bytes.Clone(k)); return nil }); err != nil {
		return fmt.Errorf("%s: %w", t.schema.staged, err)
	}
	for _, k := range records {
		if err := own.DeleteBucket(k); err != nil {
			return fmt.Errorf("%s: %w", t.schema.staged, err)
		}
	}
	return nil
}

// loadStage reads what is staged in the file.
func (s *Schema) loadStage(b *bbolt.Tx) (*stage, error) {
	st := newStage()
	all := b.Bucket([]byte(s.staged.name))
	if all == nil {
		return nil, errCut
	}
	err := all.ForEach(func(k, v []byte) error {
		own := all.Bucket(k)
		if v != nil || own == nil {
			return errCut
		}
		log, ok := cutSum(s.staged, k, own.Get(keyRecord))
		if !ok {
			return errCut
		}
		log = bytes.Clone(log) // bbolt takes its own back
		st.bytes += len(log)
		return st.read(log, len(s.big))
	})
	if err != nil {
		return nil, fmt.Errorf("read staged changes: %w; restore a backup", err)
	}
	return st, nil
}

// read takes in one record about staged buckets with codes up to most.
func (st *stage) read(log []byte, most int) (err error) {
	for len(log) > 0 {
		if len(log) < 2 || log[0] < 1 || int(log[0]) > most {
			return errCut
		}
		code, gone := log[0], log[1] == 1
		var key, value []byte
		if key, log, err = CutPart(log[2:]); err != nil {
			return err
		}
		if value, log, err = CutPart(log); err != nil {
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
func (db *DB) publish(id int, st *stage) { db.recent[id%2].Store(&snapshot{id, st}) }

// retract takes back what was published for a transaction that came to nothing.
func (db *DB) retract(id int) { db.recent[id%2].Store(nil) }

// stageAt is what is staged for a reader. It reads the file when two commits
// have overtaken the reader on its way here.
func (db *DB) stageAt(b *bbolt.Tx) (*stage, error) {
	id := b.ID()
	at := &db.recent[id%2]
	known := at.Load()
	if known != nil && known.id == id {
		return known.stage, nil
	}
	st, err := db.schema.loadStage(b)
	if err == nil && (known == nil || known.id < id) {
		at.CompareAndSwap(known, &snapshot{id, st})
	}
	return st, err
}

// update runs f in a transaction of the one writer and commits it. What f
// stages becomes the stage.
func (db *DB) update(f func(*Tx) error) error {
	var id int
	var next *stage
	published := false
	transact := func() error {
		return db.bolt.Update(func(b *bbolt.Tx) (err error) {
			if db.stage == nil {
				if db.stage, err = db.schema.loadStage(b); err != nil {
					return err
				}
			}
			t := newTx(db.schema, b)
			t.staged, t.log = db.stage.clone(), db.record[:0]
			if err := f(t); err != nil {
				return err
			}
			if err := t.keepStaged(); err != nil {
				return err
			}
			if db.record = t.log; cap(db.record) > maxStagedBytes {
				db.record = nil
			}
			if next = t.staged; next == nil {
				next = newStage()
			}
			id, published = b.ID(), true
			db.publish(id, next)
			return nil
		})
	}
	err := db.around(func() error { return guard(db.path, transact) })
	switch {
	case err == nil:
		db.stage = next
	case published: // nobody knows what the disk has: read it
		db.retract(id)
		db.stage = nil
	}
	return err
}

// settle brings what is staged into the trees, in a commit of its own.
func (db *DB) settle() error {
	if db.stage != nil && db.stage.items.Len() == 0 {
		return nil
	}
	err := db.update(func(t *Tx) error {
		if err := t.Settle(); err != nil || t.dirty {
			return err
		}
		return errNothing
	})
	if err != nil && !errors.Is(err, errNothing) {
		return fmt.Errorf("write the store: %w", err)
	}
	return nil
}

var errCut = errors.New("the record is cut short")

// AppendPart adds a part of a record: its length, then itself.
func AppendPart(b, part []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// CutPart takes one part off; an empty one is nil.
func CutPart(b []byte) (part, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errCut
	}
	if n == 0 {
		return nil, b[size:], nil
	}
	end := size + int(n)
	return b[size:end:end], b[end:], nil
}
