package kv

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

func TestMain(m *testing.M) {
	// Each check opens some files; -rapid.checks=1000 looks harder.
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// A schema with the neighbours that the tests of the stage need.
var (
	testSchema = NewSchema("1")
	bSmall     = testSchema.Bucket("small", 0)
	_          = testSchema.Bucket("before", Staged)
	bBig       = testSchema.Bucket("big", Staged)
	_          = testSchema.Bucket("after", Staged)
)

// testbed is a file in a folder of its own.
type testbed struct {
	*DB
	t    *testing.T
	path string
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	b := &testbed{t: t, path: filepath.Join(t.TempDir(), "x.db")}
	b.open(Options{NoSync: true})
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *testbed) open(o Options) {
	b.t.Helper()
	db, err := Open(b.path, testSchema, o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.DB = db
}

// put is a change that sets a small key to its own name.
func put(name string) func(*Tx) error {
	return func(t *Tx) error { return t.Put(bSmall, []byte(name), []byte(name)) }
}

// read gives what a small key has.
func (db *DB) read(ctx context.Context, name string) (v string, err error) {
	err = db.View(ctx, func(t *Tx) error { v = string(t.Get(bSmall, []byte(name))); return nil })
	return v, err
}

// raw changes the file behind the program's back.
func (b *testbed) raw(f func(*bbolt.Tx) error) {
	b.t.Helper()
	db, err := bbolt.Open(b.path, 0o600, nil)
	if err == nil {
		err = db.Update(f)
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
