package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"billferry/internal/secret/seal"
	"billferry/store"
)

// WithStore opens the store of a data folder alone, without engine or socket,
// for maintenance. It refuses while another process has it, and where there is
// none: a new one would be found whole, and backed up, in the wrong folder.
func WithStore(dataDir string, noKeyring bool, do func(*store.Store) error) error {
	if _, err := os.Stat(StorePath(dataDir)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store at %s; name the folder that has it with --data-dir", StorePath(dataDir))
	}
	sealer, err := seal.Open(dataDir, seal.Options{NoKeyring: noKeyring})
	if err != nil {
		return err
	}
	s, err := store.Open(StorePath(dataDir), store.Options{Sealer: sealer})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// CheckStore checks file, indexes and counters, and repairs them when asked to.
func CheckStore(ctx context.Context, dataDir string, noKeyring, repair bool) (r store.Report, err error) {
	err = WithStore(dataDir, noKeyring, func(s *store.Store) error {
		r, err = s.Check(ctx, repair)
		return err
	})
	return r, err
}

// BackupStore writes a whole copy of the store's file.
func BackupStore(dataDir string, noKeyring bool, w io.Writer) (n int64, err error) {
	err = WithStore(dataDir, noKeyring, func(s *store.Store) error {
		n, err = s.Backup(w)
		return err
	})
	return n, err
}

// AuditTrail lists the newest entries of the audit trail, newest first, up to limit.
func AuditTrail(ctx context.Context, dataDir string, noKeyring bool, limit int) (trail []store.AuditEntry, err error) {
	err = WithStore(dataDir, noKeyring, func(s *store.Store) error {
		trail, err = s.AuditTrail(ctx, limit)
		return err
	})
	return trail, err
}

// VerifyAudit checks the chain of the audit trail and tells its length.
func VerifyAudit(ctx context.Context, dataDir string, noKeyring bool) (n int, head string, err error) {
	err = WithStore(dataDir, noKeyring, func(s *store.Store) error {
		var last []byte
		n, last, err = s.VerifyAudit(ctx)
		head = fmt.Sprintf("%x", last)
		return err
	})
	return n, head, err
}
