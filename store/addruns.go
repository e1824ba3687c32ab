package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store/kv"
)

// addChunk is how many Bills are committed together. While one chunk is on its
// way to the disk the next is packed. In a large file hardly two Bills of a
// chunk share a page of an index: there a chunk is smaller, for the memory
// that its pages take and for the free pages that it leaves, which each later
// commit lists.
const (
	addChunk      = 4096
	addChunkLarge = 512
	largeFile     = 128 << 20 // bytes, some 60,000 runs

	// maxStagedRuns is how many runs one call may change in the stage. More of them
	// share pages as it is, and go into the trees at once.
	maxStagedRuns = 64
)

// prepared is a run ready to be written.
type prepared struct {
	key          key
	run          integration.Run
	packed, bill []byte
	entries      []entry // of run, so that the writer need not hash
	code         []byte  // its accountCodeKey
	chosen       bool    // the caller gave the id, and may have before
}

// AddRuns records Bills to deliver. A run whose Key is known already is left
// out and answered as it is, or as the retry that took its place. Waiting runs of the same Bill that are not about a
// newer version become superseded, and failed ones too (Run.ReplacedBy); if one
// of them was in flight, so is the new run. A version older than one that is
// known is superseded as it comes.
//
// An empty id, status or time of creation is filled in. A long list is
// committed in parts; after an error the parts before it stay, and adding the
// whole list again is safe.
func (s *Store) AddRuns(ctx context.Context, runs []delivery.NewRun) ([]delivery.AddedRun, error) {
	out := make([]delivery.AddedRun, len(runs))
	trail := BesideOf(ctx)
	audited := false
	var last *kv.Op
	for start, end := 0, 0; start < len(runs); start = end {
		end = min(start+s.chunk(ctx), len(runs))
		chunk, err := s.prepareRuns(ctx, runs[start:end])
		if last != nil { // wait even after an error: what was submitted has an answer
			err = errors.Join(s.db.Wait(ctx, last), err)
		}
		if err != nil {
			return nil, err
		}
		last = s.submit(func(t *tx) error {
			if err := s.addRuns(t, chunk, out[start:end]); err != nil || trail == nil || start > 0 || !t.Dirty() {
				return err
			}
			audited = true
			return trail.keep(t)
		}, len(chunk))
	}
	if last != nil {
		if err := s.db.Wait(ctx, last); err != nil {
			return nil, err
		}
	}
	if trail != nil {
		trail.Written = audited
	}
	return out, nil
}

// chunk is how many Bills to commit together now.
func (s *Store) chunk(ctx context.Context) (n int) {
	n = addChunk
	_ = s.db.View(ctx, func(k *kv.Tx) error { // a store that is closed says so when it is written to
		if k.Size() > largeFile {
			n = addChunkLarge
		}
		return nil
	})
	return n
}

func (s *Store) prepareRuns(ctx context.Context, runs []delivery.NewRun) ([]prepared, error) {
	out := make([]prepared, len(runs))
	now := s.now().UTC()
	for i, n := range runs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := n.Run
		if r.IntegrationID == "" || r.EntityID == "" {
			return nil, fmt.Errorf("run %d of the list: it names no integration or no Bill", i+1)
		}
		if r.Created.IsZero() {
			r.Created = now
		}
		if r.Status == "" {
			r.Status = integration.Waiting
		}
		k, err := s.keyFor(r.ID, r.Created)
		if err != nil {
			return nil, err
		}
		chosen := r.ID != ""
		r.ID, r.Seq, r.Modified, r.Counted = k.String(), int64(k.seq()), now, integration.CountedWhole
		out[i] = prepared{key: k, run: r, packed: packRun(r), bill: pack(n.Bill), entries: entries(k, &r),
			code: accountCodeKey(&r), chosen: chosen}
	}
	return out, nil
}

func (s *Store) addRuns(t *tx, chunk []prepared, out []delivery.AddedRun) error {
	if len(chunk) > maxStagedRuns {
		if err := t.Settle(); err != nil {
			return err
		}
	}
	for i := range chunk {
		p := chunk[i] // a copy: the change may run again
		known, err := t.addRun(&p)
		if err != nil {
			return err
		}
		if known != nil {
			out[i] = delivery.AddedRun{Run: *known}
			continue
		}
		out[i] = delivery.AddedRun{Run: p.run, Added: true}
		t.Changed("run", p.run.ID)
	}
	// After a restart keys of the same millisecond still sort behind these.
	return t.SetSequence(uint64(s.seq.Load()))
}

// addRun writes one run, or answers the one that is known already.
func (t *tx) addRun(p *prepared) (known *integration.Run, err error) {
	if p.chosen && t.Get(bRuns, p.key[:]) != nil {
		return nil, fmt.Errorf("run %s: %w", p.run.ID, integration.ErrExists)
	}
	var all, waiting []integration.Run // and those that failed: whose place the new run takes
	newer := ""
	var latest *integration.Run // of this version
	first := true
	version := hash8(p.run.Key())
	t.billRuns(p.run.IntegrationID, p.run.EntityID, func(b billRun) bool {
		first = false
		var r integration.Run
		if r, err = t.mustRun(b.key); err != nil {
			return false
		}
		if latest == nil && r.SameVersion(p.run) {
			latest = &r
		}
		if r.EntityID != p.run.EntityID || r.IntegrationID != p.run.IntegrationID { // another Bill with this hash
			return true
		}
		all = append(all, r)
		switch {
		case b.version == version && r.Key() == p.run.Key():
			if known = &r; r.Cause == integration.CauseRetried {
				known = latest // the retry is where the Bill is now
			}
			return false
		case r.NewerThan(p.run):
			newer = r.ID
		case r.Status.Queued():
			waiting = append(waiting, r)
		default:
			if _, ok := r.ReplacedBy(p.run); ok {
				waiting = append(waiting, r)
			}
		}
		return true
	})
	if err != nil || known != nil {
		return known, err
	}
	doubt := false
	p.run.TakesOver(all)
	var held *integration.Run
	for _, r := range waiting {
		doubt = doubt || r.InFlight
		if r.HeldByHand() {
			held = &r
		}
		if err := t.supersedeRun(r, p.run); err != nil {
			return nil, err
		}
	}
	switch {
	case newer != "" && (!p.run.Status.Settled() || p.run.Status.Failed()):
		p.run = p.run.SupersededBy(newer, t.now.UTC())
	default:
		p.run.InFlight = p.run.InFlight || doubt
		p.run.HoldLike(held)
	}
	if t.endIfGone(&p.run) {
		first = false // what was prepared is of a run that waits
	}
	if err := t.Put(bBills, p.key[:], p.bill); err != nil {
		return nil, err
	}
	if first {
		return nil, t.addFirst(p)
	}
	return nil, t.replaceRun(p.key, nil, &p.run, packRun(p.run))
}

// addFirst is replaceRun for the first run of a Bill, as most are: nothing that
// is there already follows from it.
func (t *tx) addFirst(p *prepared) error {
	for _, e := range p.entries {
		if err := t.Put(e.bucket, e.key, e.value); err != nil {
			return err
		}
	}
	t.countRun(p.key, &p.run, 1)
	if p.run.NeedsPerson() {
		t.count(counterKey(p.run.IntegrationID, countNeeds), 1)
	}
	if err := t.nameAccount(p.code); err != nil {
		return err
	}
	return t.Put(bRuns, p.key[:], p.packed)
}

// supersedeRun settles a run whose place another takes.
func (t *tx) supersedeRun(r, by integration.Run) error {
	k, ok := parseKey(r.ID)
	if !ok {
		return notFound("run", r.ID)
	}
	r, err := t.mustRun(k) // what was done to the Bill's others may have changed how it counts
	if err != nil {
		return err
	}
	now := r.SupersededBy(by.ID, t.now.UTC())
	if cause, ok := r.ReplacedBy(by); ok {
		now = r.Replaced(by.ID, cause, t.now.UTC())
	}
	t.Changed("run", r.ID)
	return t.replaceRun(k, &r, &now, packRun(now))
}

// Known tells which run keys (integration.Run.Key) are recorded.
func (s *Store) Known(ctx context.Context, keys []string) ([]bool, error) {
	out := make([]bool, len(keys))
	err := s.view(ctx, func(t *tx) error {
		for i, name := range keys {
			// Neither id has a bar in it; one that had would only be read again.
			in, rest, _ := strings.Cut(name, "|")
			billID, _, _ := strings.Cut(rest, "|")
			version := hash8(name)
			t.billRuns(in, billID, func(b billRun) bool {
				out[i] = b.version == version
				return !out[i]
			})
		}
		return nil
	})
	return out, err
}
