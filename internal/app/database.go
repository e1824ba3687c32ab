package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"billferry/internal/secret/seal"
	"billferry/store"
	"billferry/store/postgres"
)

// databaseFile in a data folder says that its store is a database, and which. Who
// works in the folder goes through the process that serves it: a new store in its
// place would be a second one that sends.
const databaseFile = "database"

// InDatabaseError tells that the store of a data folder is a database.
type InDatabaseError struct {
	DataDir string
	Where   string // host, port and name
}

// Error names both, and what to do.
func (e *InDatabaseError) Error() string {
	return fmt.Sprintf("the store of %s is the database at %s: start 'billferry serve --database' there, "+
		"or name another folder with --data-dir", e.DataDir, e.Where)
}

// inDatabase answers an *InDatabaseError for such a folder.
func inDatabase(dataDir string) error {
	b, err := os.ReadFile(filepath.Join(dataDir, databaseFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look where the store is: %w", err)
	}
	return &InDatabaseError{DataDir: dataDir, Where: strings.TrimSpace(string(b))}
}

// Held tells whether an error of Open says that the store is to be reached through
// the process that has it.
func Held(err error) bool { return heldBy(err) != nil }

// heldBy is the part of such an error that says who has it.
func heldBy(err error) error {
	var locked *store.LockedError
	var database *InDatabaseError
	switch {
	case errors.As(err, &locked):
		return locked
	case errors.As(err, &database):
		return database
	}
	return nil
}

// HasStore tells whether a data folder has a store, in a file or in a database.
func HasStore(dataDir string) bool { return hasStore(dataDir) || inDatabase(dataDir) != nil }

// Database is host, port and name of the database that is the store; "" for a file.
func (a *App) Database() string {
	if s, ok := a.store.(*postgres.Store); ok {
		return s.Where()
	}
	return ""
}

// openDatabase opens the database that Config names.
func (a *App) openDatabase() (err error) {
	cfg := &a.cfg
	if hasStore(cfg.DataDir) {
		return fmt.Errorf("there is a store at %s: copy it with 'billferry store copy --to' and move it elsewhere, "+
			"or name another folder with --data-dir: two stores would send the same Bills", StorePath(cfg.DataDir))
	}
	if cfg.SealFile != "" {
		a.seal, err = seal.FromFile(cfg.SealFile)
	} else {
		a.seal, err = seal.Open(cfg.DataDir, seal.Options{NoKeyring: cfg.NoKeyring, Later: true})
	}
	if err != nil {
		return err
	}
	s, err := postgres.OpenShared(context.Background(), cfg.Database, store.Options{Sealer: a.seal, Now: cfg.Now, Logger: cfg.Logger})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, databaseFile), []byte(s.Where()+"\n"), 0o600); err != nil {
		return errors.Join(fmt.Errorf("note where the store is: %w", err), s.Close())
	}
	a.store = s
	return nil
}
