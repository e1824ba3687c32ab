package kv

import (
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"go.etcd.io/bbolt"
)

// Kind says how a bucket is used.
type Kind uint8

const (
	// Staged is a big tree, whose small changes are staged.
	Staged Kind = 1 << iota
	// Appended has keys that mostly arrive in order, under few prefixes, and
	// records that stay as they are: its pages are split nearly full.
	Appended
)

// Bucket is one bucket of a Schema.
type Bucket struct {
	name     string
	id       int    // its place in the schema
	code     byte   // its number in staged records; 0 is never staged
	appended bool   // see Appended
	seed     uint32 // where the checksums of its records begin
}

func (b *Bucket) String() string { return b.name }

// Schema is what buckets a file has. It is made once, before any file is opened.
type Schema struct {
	version string
	buckets []*Bucket
	big     []*Bucket // those that are staged, in the order of their codes
	file    *Bucket
	staged  *Bucket
	before  string // the version that this one follows
	mark    Mark
}

// Mark is a record that says what a file of the version before lacks still.
type Mark struct {
	Bucket     *Bucket
	Key, Value []byte
}

// Follows has files of the version before opened too: in one transaction they get
// the buckets that they lack, the mark, and this version.
func (s *Schema) Follows(version string, mark Mark) { s.before, s.mark = version, mark }

// NewSchema is a schema of one version of layout and records: files of another
// are refused.
func NewSchema(version string) *Schema {
	s := &Schema{version: version}
	s.file, s.staged = s.Bucket("file", 0), s.Bucket("staged", Appended)
	return s
}

// Bucket adds a bucket. The order of those that are staged is part of the file
// format.
func (s *Schema) Bucket(name string, kind Kind) *Bucket {
	b := &Bucket{name: name, id: len(s.buckets), appended: kind&Appended != 0, seed: crc32.Checksum([]byte(name), castagnoli)}
	if s.buckets = append(s.buckets, b); kind&Staged != 0 {
		s.big = append(s.big, b)
		b.code = byte(len(s.big))
	}
	return b
}

// Records are all buckets but the two that are the file's own.
func (s *Schema) Records() []*Bucket { return s.buckets[2:] }

// ErrVersion is returned, wrapped, for a file of another version.
var ErrVersion = errors.New("the file has another version")

var keyVersion, keyCreated = []byte("version"), []byte("created")

// begin makes the buckets of a file that was just made, and refuses one that
// is not of this version.
func (s *Schema) begin(db *bbolt.DB, now time.Time) error {
	fresh, older := false, false
	err := db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(s.file.name))
		if b == nil {
			if k, _ := tx.Cursor().First(); k != nil {
				return errors.New("it is a bbolt file, but not one of billferry's; give another path")
			}
			fresh = true
			return nil
		}
		has := string(b.Get(keyVersion))
		if older = has == s.before && s.before != ""; has != s.version && !older {
			return fmt.Errorf("%w: it is of version %q, and this billferry reads and writes version %s; use the billferry that wrote it, "+
				"or give another path",
				ErrVersion, has, s.version)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case older:
		return db.Update(s.follow)
	case !fresh:
		return nil
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, b := range s.buckets {
			if _, err := tx.CreateBucket([]byte(b.name)); err != nil {
				return fmt.Errorf("make bucket %s: %w", b.name, err)
			}
		}
		b := tx.Bucket([]byte(s.file.name))
		if err := b.Put(keyCreated, []byte(now.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
		return b.Put(keyVersion, []byte(s.version))
	})
}

// follow brings a file of the version before to this one.
func (s *Schema) follow(tx *bbolt.Tx) error {
	for _, b := range s.buckets {
		if _, err := tx.CreateBucketIfNotExists([]byte(b.name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", b.name, err)
		}
	}
	m := s.mark
	if err := tx.Bucket([]byte(m.Bucket.name)).Put(m.Key, withSum(m.Bucket, m.Key, m.Value)); err != nil {
		return fmt.Errorf("%s: %w", m.Bucket, err)
	}
	return tx.Bucket([]byte(s.file.name)).Put(keyVersion, []byte(s.version))
}
