package delivery

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/flight"
	"billferry/internal/integration"
)

// How long it is known which record a reference names, and that it names none:
// who makes the record at the destination waits for the second.
const (
	recordLife   = 10 * time.Minute
	noRecordLife = time.Minute
)

// mostRecords bounds what is known; a cache that is full starts anew.
const mostRecords = 50_000

// records are the destinations' ids of what external mappings name otherwise, by
// external id say: without them each Bill would ask again.
type records struct {
	flights flight.Group[map[string]integration.Named]

	mu    sync.Mutex
	known map[recordKey]knownRecord
}

type recordKey struct {
	account string
	kind    RecordKind
	ref     string
}

type knownRecord struct {
	named integration.Named
	ok    bool
	until time.Time
}

// has sorts references into those that are known and those to ask for.
func (x *records) has(account string, kind RecordKind, refs []string, now time.Time) (known map[string]integration.Named, ask []string) {
	known = map[string]integration.Named{}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, ref := range refs {
		switch k, ok := x.known[recordKey{account, kind, ref}]; {
		case !ok || now.After(k.until) || k.until.Sub(now) > recordLife: // or the clock was set back
			ask = append(ask, ref)
		case k.ok:
			known[ref] = k.named
		}
	}
	return known, ask
}

func (x *records) keep(account string, kind RecordKind, asked []string, found map[string]integration.Named, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known == nil || len(x.known)+len(asked) > mostRecords {
		x.known = map[recordKey]knownRecord{}
	}
	for _, ref := range asked {
		named, ok := found[ref]
		life := noRecordLife
		if ok {
			life = recordLife
		}
		x.known[recordKey{account, kind, ref}] = knownRecord{named, ok, now.Add(life)}
	}
}

func (x *records) forget(account string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for k := range x.known {
		if k.account == account {
			delete(x.known, k)
		}
	}
}

// resolve asks a destination for the records that references name, once for all
// who want them meanwhile with the same credentials: whose login is refused is
// told nothing about another's. ask makes the call.
func (e *Engine) resolve(ctx context.Context, account, credentialsID string, kind RecordKind, refs []string,
	ask func([]string) (map[string]integration.Named, error)) (map[string]integration.Named, error) {
	known, want := e.records.has(account, kind, refs, e.o.Now())
	if len(want) == 0 {
		return known, nil
	}
	slices.Sort(want)
	want = slices.Compact(want)
	key := account + "\n" + credentialsID + "\n" + string(kind) + "\n" + strings.Join(want, "\n")
	found, err := e.records.flights.Do(ctx, key, func() (map[string]integration.Named, error) {
		if faster, left := e.records.has(account, kind, want, e.o.Now()); len(left) == 0 {
			return faster, nil
		}
		found, err := ask(want)
		if err == nil {
			e.records.keep(account, kind, want, found, e.o.Now())
		}
		return found, err
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(known, found) // what is kept may be forgotten again by now
	return known, nil
}

// resolve is Engine.resolve with a slot of the account.
func (t *task) resolve(ctx context.Context, kind RecordKind, refs []string) (map[string]integration.Named, error) {
	reader, ok := t.queue.dest.(Reader)
	if !ok {
		return nil, errNoReader
	}
	account, credentials := t.queue.dest.Account(), t.queue.in.CredentialsID
	found, err := t.e.resolve(ctx, account, credentials, kind, refs, func(want []string) (found map[string]integration.Named, err error) {
		login := false
		err = t.queue.pace.call(t.h.stop, inTurn, func() (err error) { // the task may be gone while others wait for this
			found, err = reader.Resolve(t.calls, kind, want)
			if login = err != nil && failure(err).Class == integration.ClassAuth; login {
				t.e.refusing(t.run.IntegrationID, 1)
			}
			return err
		})
		if login {
			t.e.refusing(t.run.IntegrationID, -1)
		}
		return found, err
	})
	t.noteRefused(err)
	return found, err
}

// errNoReader is the error of a destination that cannot be asked for records.
var errNoReader = errors.New("the destination cannot be asked for records")

// internalIDs replaces what mappings name by the destination's own ids, in one
// question for each kind of record. A preview without a connection shows it as
// it is.
func (e *Engine) internalIDs(ctx context.Context, c config, kind RecordKind, refs []*string, out outside) error {
	var ask []string
	for _, ref := range refs {
		if strings.Contains(*ref, ":") {
			ask = append(ask, *ref)
		}
	}
	if len(ask) == 0 || out.record == nil {
		return nil
	}
	found, err := out.record(ctx, kind, ask)
	if errors.Is(err, errNoReader) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if !strings.Contains(*ref, ":") {
			continue
		}
		n, ok := found[*ref]
		if !ok {
			return &integration.Failure{Class: integration.ClassMapping, Cause: missingCause[kind],
				Message: "an external mapping names " + string(kind) + " " + *ref + ", which " + c.sys.Words().System + " has not",
				Advice:  "correct the mapping: what waited goes by itself"}
		}
		*ref = n.ID
	}
	return nil
}
