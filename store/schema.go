package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// bucket numbers the top-level buckets, so that a transaction can keep those
// it has opened in an array.
type bucket int

const (
	bFile bucket = iota
	bIntegrations
	bNames
	bCredentials
	bSource
	bDrafts
	bMappings
	bMappingKey
	bMeta
	bAudit
	bRuns
	bBills
	bAttempts
	bRunBill
	bRunDue
	bRunState
	bRunAccount
	bAccountCode
	bStates
	bHours
	bCounters
	bEvents
	bEventOpen
	bStaged
	buckets // how many there are
)

var bucketNames = [buckets]string{
	"file", "integrations", "names", "credentials", "source", "drafts", "mappings", "mapping.key", "meta", "audit",
	"runs", "bills", "attempts", "run.bill", "run.due", "run.state", "run.account", "account.code",
	"states", "hours", "counters", "events", "event.open", "staged",
}

func (b bucket) String() string { return bucketNames[b] }

// appended tells whether keys mostly arrive in order, under few prefixes, and
// records stay as they are. Such pages are split nearly full. The others need
// room in the middle, and runs because they double in size until delivered.
func (b bucket) appended() bool {
	switch b {
	case bBills, bAttempts, bRunState, bEvents, bAudit, bStaged:
		return true
	}
	return false
}

// ErrNewer is returned, wrapped, for a file that a newer billferry wrote.
var ErrNewer = errors.New("written by a newer billferry")

// migration brings a file from one version to the next, in one transaction.
type migration func(*bbolt.Tx) error

// migrations[i] makes version i+1. Entries are never changed once released.
// Version 2 has the bucket staged: a program that does not know it would not
// see the newest changes. Nor would one that looks for its records beside each
// other, where version 3 gives each a bucket.
var migrations = []migration{createBuckets, createBuckets, moveStaged}

var keyVersion, keyCreated = []byte("version"), []byte("created")

func createBuckets(tx *bbolt.Tx) error {
	for _, name := range bucketNames {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	return nil
}

// moveStaged gives each staged record a bucket of its own.
func moveStaged(tx *bbolt.Tx) error {
	b := tx.Bucket([]byte(bStaged.String()))
	var keys, records [][]byte
	err := b.ForEach(func(k, v []byte) error {
		keys, records = append(keys, bytes.Clone(k)), append(records, bytes.Clone(v))
		return nil
	})
	for i := 0; err == nil && i < len(keys); i++ {
		if err = b.Delete(keys[i]); err == nil {
			err = putStaged(b, keys[i], records[i])
		}
	}
	if err != nil {
		return fmt.Errorf("move what is staged: %w", err)
	}
	return nil
}

// fileVersion reads the version; 0 is a file that was just made.
func fileVersion(tx *bbolt.Tx) (int, error) {
	b := tx.Bucket([]byte(bFile.String()))
	if b == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, errors.New("it is a bbolt file, but not one of billferry's; give another path")
		}
		return 0, nil
	}
	v, err := strconv.Atoi(string(b.Get(keyVersion)))
	if err != nil || v < 1 {
		return 0, fmt.Errorf("its version %q is not a number; restore a backup", b.Get(keyVersion))
	}
	return v, nil
}

// migrate brings the file to version len(steps). It answers the version found.
func migrate(db *bbolt.DB, steps []migration, now time.Time) (from int, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		from, err = fileVersion(tx)
		return err
	})
	switch {
	case err != nil:
		return from, err
	case from == len(steps):
		return from, nil
	case from > len(steps):
		return from, fmt.Errorf("%w: file version %d, this program knows up to %d; update billferry", ErrNewer, from, len(steps))
	case from > 0:
		if err := copyBeside(db, fmt.Sprintf("%s.v%d", db.Path(), from)); err != nil {
			return from, fmt.Errorf("copy the file before migrating it: %w", err)
		}
	}
	return from, db.Update(func(tx *bbolt.Tx) error {
		for i, step := range steps[from:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("migrate to version %d: %w", from+i+1, err)
			}
		}
		b, err := tx.CreateBucketIfNotExists([]byte(bFile.String()))
		if err != nil {
			return err
		}
		if from == 0 {
			if err := b.Put(keyCreated, []byte(now.UTC().Format(time.RFC3339))); err != nil {
				return err
			}
		}
		return b.Put(keyVersion, []byte(strconv.Itoa(len(steps))))
	})
}

// copyBeside writes a copy of the file to path. A copy of an earlier try that
// stopped half way is replaced.
func copyBeside(db *bbolt.DB, path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(path, 0o600) })
}
