package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"billferry/internal/integration"
)

// Requeue says which parked runs a change may have freed. Its note is committed
// with the change, and goes when all of them wait again: whoever made the
// change may leave, and a crash loses nothing.
type Requeue struct {
	IntegrationID string                        // its settings changed, or it was enabled
	Mappings      []integration.ExternalMapping // these were added
}

// note is a Requeue as it is kept. Of thousands of mappings it has what they are
// for, in 16 bytes each.
type note struct {
	IntegrationID string     `json:"integrationId,omitempty"`
	Mapped        mappedKeys `json:"mapped,omitzero"`
}

// requeueNotes begins the keys of notes in the ledger's small things.
const requeueNotes = "requeue/"

// Note is where in the ledger's small things the note is kept, and as what.
func (q Requeue) Note() (key string, value []byte, err error) {
	n := note{IntegrationID: q.IntegrationID}
	n.Mapped.add(q.Mappings)
	if value, err = json.Marshal(n); err != nil {
		return "", nil, fmt.Errorf("note what is to be re-queued: %w", err)
	}
	return requeueNotes + uuid.Must(uuid.NewV7()).String(), value, nil
}

// WorkOffNotes re-queues what notes ask for, and takes the notes away. One that
// was interrupted begins again: runs that wait already are not touched.
func (e *Engine) WorkOffNotes(ctx context.Context) error {
	if err := e.notes.Acquire(ctx, 1); err != nil {
		return err
	}
	defer e.notes.Release(1)
	notes, err := e.o.Ledger.MetaUnder(ctx, requeueNotes)
	if err != nil {
		return fmt.Errorf("read what is to be re-queued: %w", err)
	}
	settings := map[string]bool{}
	var added mappedKeys
	keys := slices.Sorted(maps.Keys(notes))
	for _, k := range keys {
		var n note
		if err := json.Unmarshal(notes[k], &n); err != nil {
			return fmt.Errorf("read what is to be re-queued: note %s: %w", k, err)
		}
		if n.IntegrationID != "" {
			settings[n.IntegrationID] = true
		}
		added.join(n.Mapped)
	}
	for _, id := range slices.Sorted(maps.Keys(settings)) {
		if err := e.ConfigChanged(ctx, id); err != nil && !errors.Is(err, integration.ErrNotFound) { // deleted meanwhile
			return err
		}
	}
	if err := e.mappingsAdded(ctx, added); err != nil {
		return err
	}
	for _, k := range keys {
		if err := e.o.Ledger.SetMeta(ctx, k, nil); err != nil {
			return fmt.Errorf("take a note away: %w", err)
		}
	}
	return nil
}

// Requeueing tells how many runs are still to be looked at by re-queuing that
// goes on now, and how many they were.
func (e *Engine) Requeueing() (left, of int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.left, e.leftOf
}

// looksAt counts runs that are to be looked at, or with a negative number those
// that were.
func (e *Engine) looksAt(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left += n
	e.leftOf += max(n, 0)
	if e.left == 0 {
		e.leftOf = 0
	}
}

// always takes every run.
func always(context.Context, integration.Run) (bool, error) { return true, nil }

// requeue makes the parked runs of a filter wait again.
func (e *Engine) requeue(ctx context.Context, f integration.RunFilter) error {
	_, err := e.each(ctx, f, nil, always, reopen)
	return err
}

// progressEvery is after how many runs a long change tells how far it is.
const progressEvery = 10_000

// each changes the runs of a filter that worth, if it is given, and pick take, and
// tells how many. One whose Bill has a newer version by now is settled as
// superseded instead. The runs are chosen first, so that one that is parked again
// at once is not chosen twice, and read again when it is their turn: only those
// that worth takes, which asks nobody.
func (e *Engine) each(
	ctx context.Context, f integration.RunFilter, worth func(*integration.Run) bool,
	pick func(context.Context, integration.Run) (bool, error), change func(*integration.Run),
) (n int, err error) {
	var ids []string
	for token := ""; ; {
		p, err := e.o.Ledger.Runs(ctx, f, token, page)
		if err != nil {
			return 0, err
		}
		for i := range p.Runs {
			if worth == nil || worth(&p.Runs[i]) {
				ids = append(ids, p.Runs[i].ID)
			}
		}
		if token = p.Next; token == "" {
			break
		}
	}
	e.looksAt(len(ids))
	left := len(ids)
	defer func() { e.looksAt(-left) }()
	began := e.o.Now()
	for part := range slices.Chunk(ids, page) {
		changed, err := e.changePart(ctx, f, part, pick, change)
		n += changed
		if err != nil {
			return n, err
		}
		left -= len(part)
		e.looksAt(-len(part))
		e.Wake()
		if done := len(ids) - left; len(ids) > page && (left == 0 || done%progressEvery < page) {
			e.log.Info("runs are re-queued", "looked at", done, "of", len(ids), "re-queued", n, "left", left, "took",
				e.o.Now().Sub(began).Round(time.Millisecond).String())
		}
	}
	return n, nil
}

// changePart changes some runs. They are saved at once, so that they share
// commits. Those of integrations that were deleted stay as they are: nobody would
// try them.
func (e *Engine) changePart(
	ctx context.Context, f integration.RunFilter, ids []string, pick func(context.Context, integration.Run) (bool, error),
	change func(*integration.Run),
) (n int, err error) {
	var runs []integration.Run
	gone := map[string]bool{}
	for _, id := range ids {
		r, err := e.o.Ledger.Run(ctx, id)
		if errors.Is(err, integration.ErrNotFound) { // purged meanwhile
			continue
		}
		if err != nil {
			return 0, err
		}
		if !slices.Contains(f.Statuses, r.Status) || len(f.Causes) > 0 && !slices.Contains(f.Causes, r.Cause) {
			continue // somebody else was first
		}
		if _, known := gone[r.IntegrationID]; !known {
			gone[r.IntegrationID] = e.gone(ctx, r.IntegrationID)
		}
		if gone[r.IntegrationID] {
			continue
		}
		ok, err := pick(ctx, r)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		by, newer, err := e.newer(ctx, r)
		if err != nil {
			return 0, err
		}
		if newer {
			supersede(&r, by, e.o.Now())
		} else {
			change(&r)
		}
		runs = append(runs, r) // with Modified as it was read: the ledger may compare it
	}
	var g errgroup.Group
	saved := make([]bool, len(runs))
	for i, r := range runs {
		g.Go(func() error {
			err := e.o.Ledger.SaveRun(ctx, r, nil)
			if errors.Is(err, integration.ErrConflict) || errors.Is(err, integration.ErrNotFound) {
				return nil // superseded, settled by hand or purged meanwhile
			}
			if saved[i] = err == nil; saved[i] {
				e.moved(r.IntegrationID)
				e.o.OnRun(r)
			}
			return err
		})
	}
	err = g.Wait()
	for _, ok := range saved {
		if ok {
			n++
		}
	}
	return n, err
}
