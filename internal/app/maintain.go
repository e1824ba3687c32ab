package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"billferry/internal/api"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/secret/seal"
	"billferry/internal/service"
	"billferry/store"
)

// keeper looks after an open store.
type keeper struct {
	store CheckedStore
	audit func(what, detail string)
	busy  bool // others record and send meanwhile
}

var (
	_ service.Keeper = (*App)(nil)
	_ service.Keeper = (*api.Client)(nil)
)

// AuditTrail implements service.Keeper.
func (k keeper) AuditTrail(ctx context.Context, limit int) ([]service.AuditEntry, error) {
	trail, err := k.store.AuditTrail(ctx, limit)
	out := make([]service.AuditEntry, len(trail))
	for i, e := range trail {
		out[i] = service.AuditEntry(e)
	}
	return out, err
}

// VerifyAudit implements service.Keeper.
func (k keeper) VerifyAudit(ctx context.Context) (service.AuditHead, error) {
	n, last, err := k.store.VerifyAudit(ctx)
	return service.AuditHead{Entries: n, Head: fmt.Sprintf("%x", last)}, err
}

// CheckStore implements service.Keeper.
func (k keeper) CheckStore(ctx context.Context, repair bool, step func(service.Step)) (service.StoreReport, error) {
	var r store.Report
	var err error
	tell := partsOf(step)
	if file, ok := k.store.(FileStore); ok && k.busy && !repair {
		r, err = file.CheckCopy(ctx, tell)
	} else {
		r, err = k.store.Check(ctx, repair, tell)
	}
	if repair && err == nil {
		k.audit("repair the store", fmt.Sprintf("%d of %d problems", r.Repaired, r.Found))
	}
	return service.StoreReport(r), err
}

// tellEvery is how often a long check says how far it is.
const tellEvery = 500 * time.Millisecond

// partsOf tells of the parts of a check as steps.
func partsOf(step func(service.Step)) func(part string, records int) {
	if step == nil {
		return func(string, int) {}
	}
	began, last, name := time.Now(), time.Time{}, ""
	return func(part string, records int) {
		now := time.Now()
		if part == name && now.Sub(last) < tellEvery {
			return
		}
		s := service.Step{Name: part, State: destination.Running, Elapsed: now.Sub(began)}
		if last, name = now, part; records > 0 {
			s.Detail = fmt.Sprintf("%d records", records)
		}
		step(s)
	}
}

// Backup implements service.Keeper.
func (k keeper) Backup(_ context.Context, w io.Writer) (int64, error) {
	file, ok := k.store.(FileStore)
	if !ok {
		return 0, &integration.Failure{Class: integration.ClassData, Err: integration.ErrNotFound,
			Message: "the store is a PostgreSQL database: there is no file to copy",
			Advice:  "back that up, with pg_dump say, and the sealing key with it (docs/OPERATING.md)"}
	}
	return file.Backup(w)
}

// Keeper is given back with Close.
type Keeper interface {
	service.Keeper
	io.Closer
}

// OpenKeeper reaches the process that listens at a data folder, which may be at
// work, and opens the store alone where none does. Another process that has the
// store and does not listen is told as Attach tells it.
func OpenKeeper(ctx context.Context, dataDir string) (Keeper, error) {
	c := api.Dial(SocketPath(dataDir), Catalog())
	asked, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	// An answer that is an error, of a store that cannot be read say, is one too.
	_, unanswered := c.Info(asked)
	if !errors.Is(unanswered, api.ErrUnavailable) && asked.Err() == nil {
		return c, nil
	}
	s, err := openAlone(dataDir)
	if held := heldBy(err); held != nil {
		return nil, noAnswer(dataDir, held, unanswered)
	}
	if err != nil {
		return nil, err
	}
	return loneKeeper{keeperOf(s)}, nil
}

type loneKeeper struct{ keeper }

// Close gives the store back.
func (k loneKeeper) Close() error { return k.store.Close() }

// keeperOf keeps a store that no App has. What it writes into the trail was done
// already: when that fails, nothing is undone.
func keeperOf(s FileStore) keeper {
	return keeper{store: s, audit: func(what, detail string) { _ = s.Audit(context.Background(), osUser(), what, detail) }}
}

// openAlone opens the store of a data folder without engine, socket or sealing
// key: a store whose key is lost can be looked at and copied. It refuses while
// another process has it, and where there is none: a new one would be found whole,
// and backed up, in the wrong folder.
func openAlone(dataDir string) (FileStore, error) {
	if err := inDatabase(dataDir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(StorePath(dataDir)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store at %s; name the folder that has it with --data-dir", StorePath(dataDir))
	}
	if err := makeFolder(dataDir); err != nil {
		return nil, err
	}
	return store.Open(StorePath(dataDir), store.Options{})
}

// RenewSeal makes a new sealing key for a data folder whose key is lost, and says
// where it lies. Runs and configuration stay; credentials have to be entered again.
func RenewSeal(ctx context.Context, dataDir string, noKeyring bool) (where string, err error) {
	s, err := openAlone(dataDir)
	if err != nil {
		return "", err
	}
	k, err := seal.Renew(dataDir, seal.Options{NoKeyring: noKeyring})
	if err == nil {
		where = k.Where()
		err = s.Audit(ctx, osUser(), "make a new sealing key", "in the "+where)
	}
	return where, errors.Join(err, s.Close())
}
