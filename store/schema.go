package store

import (
	"errors"
	"fmt"
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
	case bBills, bAttempts, bRunState, bEvents, bAudit, bStaged, bMappings:
		return true
	}
	return false
}

// version is of the layout and the records of a file, and kept in it.
const version = "1"

// ErrVersion is returned, wrapped, for a file of another version.
var ErrVersion = errors.New("the file has another version")

var keyVersion, keyCreated = []byte("version"), []byte("created")

// begin makes the buckets of a file that was just made, and refuses one that
// is not of this version.
func begin(db *bbolt.DB, now time.Time) error {
	fresh := false
	err := db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bFile.String()))
		if b == nil {
			if k, _ := tx.Cursor().First(); k != nil {
				return errors.New("it is a bbolt file, but not one of billferry's; give another path")
			}
			fresh = true
			return nil
		}
		if has := string(b.Get(keyVersion)); has != version {
			return fmt.Errorf("%w: it is of version %q, and this billferry reads and writes version %s; use the billferry that wrote it, or give another path",
				ErrVersion, has, version)
		}
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range bucketNames {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
		b := tx.Bucket([]byte(bFile.String()))
		if err := b.Put(keyCreated, []byte(now.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
		return b.Put(keyVersion, []byte(version))
	})
}
