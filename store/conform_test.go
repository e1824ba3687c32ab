package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"billferry/internal/app"
	"billferry/internal/app/storetest"
	"billferry/store"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	storetest.Suite(t, func(t *testing.T) storetest.Place { return inFile(t, t.TempDir(), 0) })
}

func TestModel(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	dir := t.TempDir()
	storetest.Model(t, func(t *testing.T) storetest.Place {
		i := n.Add(1)
		return inFile(t, filepath.Join(dir, fmt.Sprint(i)), int(i%4*7+1))
	})
}

func TestMoneyCountsABillOnce(t *testing.T) {
	t.Parallel()
	storetest.Histories(t, func(t *testing.T) storetest.Place { return inFile(t, t.TempDir(), 0) })
}

// inFile is a place in a folder; a crash goes on with a copy of the file as it is
// then, for nothing is closed first.
func inFile(t *testing.T, dir string, staged int) storetest.Place {
	path, copies := filepath.Join(dir, "x.db"), 0
	open := func(o store.Options) (app.Store, error) { return store.Open(path, o.Fast(staged)) }
	return storetest.Place{
		Open: open,
		Crash: func(was app.Store, o store.Options) (app.Store, error) {
			b, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			old := path
			copies++
			path = filepath.Join(dir, fmt.Sprintf("copy-%d.db", copies))
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return nil, err
			}
			s, err := open(o)
			if err == nil {
				err = was.Close()
			}
			if err == nil {
				err = os.Remove(old)
			}
			return s, err
		},
		AtRest: func() ([]byte, error) { return os.ReadFile(path) },
		Check: func(s app.Store) (store.Report, error) {
			return s.(app.FileStore).Check(context.WithoutCancel(t.Context()), false, nil)
		},
	}
}
