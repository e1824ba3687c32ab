package world

import (
	"bytes"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// spoil does to the file of a life what a break is for, before it is opened.
func (w *world) spoil(l *life) (err error) {
	if w.o.Break.file == nil || l.n == 1 {
		return nil
	}
	db, err := bolt.Open(w.path(l.n), 0o600, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(w.o.Break.file)
}

// unlist takes a run out of an index.
func unlist(tx *bolt.Tx) error {
	b, err := bucket(tx, "run.account")
	if err != nil {
		return err
	}
	if k, _ := b.Cursor().First(); k != nil {
		return b.Delete(k)
	}
	return nil
}

// forge changes what the audit trail says.
func forge(tx *bolt.Tx) error {
	b, err := bucket(tx, "audit")
	if err != nil {
		return err
	}
	k, v := b.Cursor().First()
	if k == nil {
		return nil
	}
	v = bytes.Clone(v)
	v[len(v)/2] ^= 1
	return b.Put(k, v)
}

func bucket(tx *bolt.Tx, name string) (*bolt.Bucket, error) {
	b := tx.Bucket([]byte(name))
	if b == nil {
		return nil, fmt.Errorf("the file has no bucket %q", name)
	}
	return b, nil
}
