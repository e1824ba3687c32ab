package store

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"billferry/internal/integration"
	"billferry/store/kv"
)

func TestMain(m *testing.M) {
	// Each check of the model opens some files; -rapid.checks=1000 looks harder.
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}

func TestLockNamesItsOwner(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	start := time.Now()
	_, err := Open(b.path(), Options{})
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("the second Open gave %v", err)
	}
	if locked.PID != os.Getpid() || !locked.Since.Equal(b.clock.now()) || locked.Path != b.path() {
		t.Errorf("the lock is told as %+v", locked)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v to find out", took)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kv.OwnerPath(b.path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the note of the owner stayed: %v", err)
	}
	// What a crash leaves behind does no harm.
	if err := os.WriteFile(kv.OwnerPath(b.path()), []byte(`{"pid":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open()
}

func TestUnnamedOwner(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	if err := os.WriteFile(kv.OwnerPath(b.path()), []byte("half a no"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(b.path(), Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != 0 || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v", err)
	}
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such bits")
	}
	b := newTestbed(t)
	for path, want := range map[string]os.FileMode{b.path(): 0o600, kv.OwnerPath(b.path()): 0o600, filepath.Dir(b.path()): 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (%v)", path, info.Mode(), want, err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(b.path(), 0o644); err != nil {
		t.Fatal(err)
	}
	b.open()
	if info, err := os.Stat(b.path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file open to others stayed %v (%v)", info.Mode(), err)
	}
}

func TestAForeignVersionIsRefused(t *testing.T) {
	t.Parallel()
	for _, has := range []string{"3", "99", ""} {
		b := newTestbed(t)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		raw(t, b.path(), func(tx *bbolt.Tx) error { return tx.Bucket([]byte("file")).Put([]byte("version"), []byte(has)) })
		before, err := os.ReadFile(b.path())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(b.path(), Options{})
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), `of version "`+has+`"`) || !strings.Contains(err.Error(), b.path()) {
			t.Errorf("version %q gave %v", has, err)
		}
		if after, err := os.ReadFile(b.path()); err != nil || !bytes.Equal(before, after) {
			t.Errorf("a file of version %q was written to (%v)", has, err)
		}
	}
}

func TestForeignFileIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	raw(t, path, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("somebody else")); return err })
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "not one of billferry's") {
		t.Errorf("a foreign bbolt file gave %v", err)
	}
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, Options{}); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("a text file gave %v", err)
	}
}

// raw changes a file behind the store's back.
func raw(t *testing.T, path string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(f), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x")
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Integration(t.Context(), in.ID); !errors.Is(err, ErrClosed) {
		t.Errorf("reading gave %v", err)
	}
	if err := b.SetMeta(t.Context(), "k", []byte("v")); !errors.Is(err, ErrClosed) {
		t.Errorf("writing gave %v", err)
	}
}

func TestCloseCommitsWhatWaits(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	var ops []*kv.Op
	for range 50 {
		k := []byte(newUUID())
		ops = append(ops, b.submit(func(x *tx) error { return x.Put(bMeta, k, k) }, 1))
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, o := range ops {
		if err := b.db.Wait(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	b.open()
	n := 0
	if err := b.view(t.Context(), func(x *tx) error { n = x.Count(bMeta); return nil }); err != nil || n != 50 {
		t.Errorf("%d of 50 changes are there, %v", n, err)
	}
}

func TestBackupOpens(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("NetSuite US")
	r := b.add(newRun(in.ID, "b1", 1))[0]
	var buf bytes.Buffer
	n, err := b.Backup(&buf)
	if err != nil || n != int64(buf.Len()) {
		t.Fatalf("wrote %d of %d, %v", n, buf.Len(), err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got, err := s.Run(t.Context(), r.ID); err != nil || got.Status != integration.Waiting {
		t.Errorf("the copy has %+v, %v", got, err)
	}
}
