package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"billferry/store"
	"billferry/store/postgres"
)

// CopyToDatabase copies the store of a data folder, which nobody may have open,
// into an empty database, and reads both again to compare them.
func CopyToDatabase(ctx context.Context, dataDir, url string, tell func(what string, n int)) (c store.Copied, err error) {
	from, err := openAlone(dataDir)
	if err != nil {
		return c, err
	}
	file := from.(*store.Store)
	defer func() { err = errors.Join(err, file.Close()) }()
	to, err := postgres.Open(ctx, url, store.Options{})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.Import(ctx, telling(store.All(ctx, file), tell)); err != nil {
		return c, err
	}
	return sameStore(ctx, file, to)
}

// CopyFromDatabase copies a database, which nobody may have open, into a data
// folder that has no store. What is not whole is removed again.
func CopyFromDatabase(ctx context.Context, url, dataDir string, tell func(what string, n int)) (c store.Copied, err error) {
	path := StorePath(dataDir)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("there is a store at %s already: name an empty folder with --data-dir", path)
	}
	if err := makeFolder(dataDir); err != nil {
		return c, err
	}
	from, err := postgres.Open(ctx, url, store.Options{})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := store.Open(path, store.Options{})
	if err != nil {
		return c, err
	}
	if err = to.Import(ctx, telling(store.All(ctx, from), tell)); err == nil {
		c, err = sameStore(ctx, from, to)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return c, err
}

// telling says now and then how many records of a kind went by.
func telling(records iter.Seq2[store.Record, error], tell func(what string, n int)) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		var kind store.Kind
		n := 0
		for r, err := range records {
			if r.Kind != kind {
				kind, n = r.Kind, 0
			}
			if n++; n%1000 == 1 {
				tell(string(kind), n)
			}
			if !yield(r, err) {
				return
			}
		}
		tell("compare", 0)
	}
}

// copyable is a store that can be compared with another.
type copyable interface {
	store.Exporter
	AuditStore
}

// sameStore compares every record of two stores, and the chains of their trails.
func sameStore(ctx context.Context, a, b copyable) (store.Copied, error) {
	was, err := store.Digest(ctx, a)
	if err != nil {
		return was, err
	}
	is, err := store.Digest(ctx, b)
	if err != nil {
		return is, err
	}
	if !bytes.Equal(was.Digest, is.Digest) {
		return is, errors.New("the copy is not the same as what was copied: leave it, and copy again into an empty one")
	}
	n, head, err := a.VerifyAudit(ctx)
	if err != nil {
		return is, err
	}
	if m, other, err := b.VerifyAudit(ctx); err != nil || m != n || !bytes.Equal(head, other) {
		return is, errors.Join(errors.New("the audit trail of the copy is not the same"), err)
	}
	return is, nil
}
