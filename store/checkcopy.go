package store

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"billferry/store/kv"
)

// checkFolders begins the names of folders with copies that are checked.
const checkFolders = ".check-"

// CheckCopy checks a copy of the file, beside it: what a transaction reads is
// copied while changes go on, so that nobody waits for the check. It needs as
// much room as the file has, so a second check waits for the first. Nothing can be
// repaired in it.
func (s *Store) CheckCopy(ctx context.Context, tell func(part string, records int)) (rep Report, err error) {
	if err := s.InPlace(); err != nil {
		return rep, err
	}
	if err := s.copying.Acquire(ctx, 1); err != nil {
		return rep, err
	}
	defer s.copying.Release(1)
	dropCopies(filepath.Dir(s.path))
	dir, err := os.MkdirTemp(filepath.Dir(s.path), checkFolders)
	if err != nil {
		return rep, fmt.Errorf("make a folder for a copy of the store: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tell("copy", 0)
	path := filepath.Join(dir, filepath.Base(s.path))
	if err := s.copyTo(ctx, path); err != nil {
		return rep, err
	}
	copied, err := Open(path, Options{Now: s.now})
	if err != nil {
		return rep, fmt.Errorf("open a copy of the store: %w", err)
	}
	defer func() { _ = copied.Close() }()
	rep, err = copied.Check(ctx, false, tell)
	if s.db.LostMeta() { // the copy has two whole ones
		rep.add(false, "%s", kv.MetaFault)
	}
	return rep, err
}

// dropCopies takes away what a process has left that was killed while it checked:
// the store has one process, and that makes one copy at a time.
func dropCopies(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, checkFolders+"*")) // the pattern is ours
	for _, old := range left {
		_ = os.RemoveAll(old)
	}
}

func (s *Store) copyTo(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	_, err = s.Backup(until{ctx, f})
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("copy the store, to check it while it is in use: %w; make room in its folder, or stop billferry: alone the store is "+
			"checked as it is", err)
	}
	return err
}

// until is a writer that ends with a context.
type until struct {
	ctx context.Context
	w   io.Writer
}

func (u until) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}
