package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store"
)

// addChunk is how many Bills are committed together, and addAtOnce how many such
// parts at a time: one is packed while PostgreSQL works on the other.
const (
	addChunk  = 2048
	addAtOnce = 2
)

// AddRuns implements delivery.Ledger. A long list is committed in parts; after an
// error some of them stay, and adding the whole list again is safe.
func (s *Store) AddRuns(ctx context.Context, runs []delivery.NewRun) ([]delivery.AddedRun, error) {
	out := make([]delivery.AddedRun, len(runs))
	for i := range runs {
		if r := &runs[i].Run; r.IntegrationID == "" || r.EntityID == "" {
			return nil, fmt.Errorf("run %d of the list: it names no integration or no Bill", i+1)
		}
	}
	var parts errgroup.Group
	parts.SetLimit(addAtOnce)
	for start := 0; start < len(runs); start += addChunk {
		end := min(start+addChunk, len(runs))
		parts.Go(func() error {
			packed := make([][]byte, end-start)
			for i := range packed {
				packed[i] = store.Pack(runs[start+i].Bill)
			}
			return s.write(ctx, func(t *tx) error { return t.addRuns(runs[start:end], packed, out[start:end]) })
		})
	}
	if err := parts.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) addRuns(news []delivery.NewRun, packed [][]byte, out []delivery.AddedRun) error {
	names := make([]billName, len(news))
	for i := range news {
		names[i] = nameOf(&news[i].Run)
	}
	bills, err := t.lock(names, true)
	if err != nil {
		return err
	}
	seqs, err := t.ids(len(news))
	if err != nil {
		return err
	}
	chosen := map[string]bool{}
	for i, n := range news {
		r := n.Run
		if r.Created.IsZero() {
			r.Created = t.now.UTC()
		}
		if r.Status == "" {
			r.Status = integration.Waiting
		}
		given := r.ID != ""
		if r.ID, err = store.RunID(r.ID, r.Created, seqs[i]); err != nil {
			return err
		}
		if given {
			_, had, err := one(t.ctx, t, `SELECT record FROM run WHERE id = $1::uuid`, r.ID)
			if had || chosen[r.ID] {
				err = fmt.Errorf("run %s: %w", r.ID, integration.ErrExists)
			}
			if err != nil {
				return err
			}
			chosen[r.ID] = true
		}
		r.Modified, r.Counted = t.now.UTC(), integration.CountedWhole
		if r, err = store.UnpackRun(r.ID, store.PackRun(r)); err != nil { // as it will be read, with its number
			return err
		}
		b := bills[names[i]]
		known, err := t.addRun(b, &r, packed[i])
		if err != nil {
			return err
		}
		if out[i] = (delivery.AddedRun{Run: b.runs[max(b.at(r.ID), 0)], Added: true}); known != nil {
			out[i] = delivery.AddedRun{Run: *known}
		}
	}
	for _, b := range bills {
		if err := t.save(b); err != nil {
			return err
		}
	}
	return nil
}

// addRun adds one run to its Bill, or answers the one that is known already.
func (t *tx) addRun(b *bill, p *integration.Run, packed []byte) (known *integration.Run, err error) {
	var latest *integration.Run // of this version
	var waiting []string        // and those that failed: whose place the new run takes
	newer := ""
	for _, r := range b.runs {
		if latest == nil && r.SameVersion(*p) {
			latest = &r
		}
		switch {
		case r.Key() == p.Key():
			if r.Cause == integration.CauseRetried {
				return latest, nil // the retry is where the Bill is now
			}
			return &r, nil
		case r.NewerThan(*p):
			newer = r.ID
		case r.Status.Queued():
			waiting = append(waiting, r.ID)
		default:
			if _, ok := r.ReplacedBy(*p); ok {
				waiting = append(waiting, r.ID)
			}
		}
	}
	doubt := false
	p.TakesOver(b.runs)
	var held *integration.Run
	for _, id := range waiting {
		i := b.at(id)
		r := b.runs[i] // what was done to the Bill's others may have changed how it counts
		doubt = doubt || r.InFlight
		if r.HeldByHand() {
			held = &r
		}
		now := r.SupersededBy(p.ID, t.now.UTC())
		if cause, ok := r.ReplacedBy(*p); ok {
			now = r.Replaced(p.ID, cause, t.now.UTC())
		}
		b.set(i, now)
	}
	switch {
	case newer != "" && (!p.Status.Settled() || p.Status.Failed()):
		*p = p.SupersededBy(newer, t.now.UTC())
	default:
		p.InFlight = p.InFlight || doubt
		p.HoldLike(held)
	}
	if _, err := t.endIfGone(p); err != nil {
		return nil, err
	}
	b.add(*p, packed)
	return nil, nil
}

// Known implements delivery.Ledger.
func (s *Store) Known(ctx context.Context, keys []string) ([]bool, error) {
	versions := make([]int64, len(keys))
	for i, k := range keys {
		versions[i] = versionOf(k)
	}
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT version FROM run WHERE version = ANY($1)`, versions)
	if err != nil {
		return nil, s.told(err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, s.told(err)
	}
	out := make([]bool, len(keys))
	for i, v := range versions {
		out[i] = slices.Contains(have, v)
	}
	return out, nil
}

// SaveRun implements delivery.Ledger.
func (s *Store) SaveRun(ctx context.Context, r integration.Run, attempt *integration.Attempt) error {
	return s.saveRun(ctx, r, attempt, nil)
}

// SaveRunSoon is SaveRun: PostgreSQL gathers commits by itself.
func (s *Store) SaveRunSoon(ctx context.Context, r integration.Run, attempt *integration.Attempt) error {
	return s.saveRun(ctx, r, attempt, nil)
}

// SaveProven implements delivery.Ledger.
func (s *Store) SaveProven(ctx context.Context, r integration.Run, attempt *integration.Attempt, seen []integration.Doc) error {
	return s.saveRun(ctx, r, attempt, seen)
}

func (s *Store) saveRun(ctx context.Context, r integration.Run, attempt *integration.Attempt, seen []integration.Doc) error {
	if _, ok := store.IDTime(r.ID); !ok {
		return notFound("run", r.ID)
	}
	var body []byte
	if attempt != nil {
		body = store.PackAttempt(*attempt)
	}
	return s.write(ctx, func(t *tx) error {
		bills, err := t.billsOf(&r, len(seen) > 0)
		if err != nil {
			return err
		}
		b := bills[nameOf(&r)]
		if b == nil || b.at(r.ID) < 0 {
			return notFound("run", r.ID)
		}
		i := b.at(r.ID)
		old := b.runs[i]
		if err := old.MayBecome(r); err != nil {
			return err
		}
		if s.alone == nil {
			if err := t.mayWrite(&old, &r); err != nil {
				return err
			}
		}
		n := r
		n.Seq, n.Modified = old.Seq, t.now.UTC()
		n.Keeps(old)
		if _, err := t.endIfGone(&n); err != nil {
			return err
		}
		if n.Status.Failed() && !old.Status.Failed() {
			for _, by := range b.runs {
				if cause, takes := n.ReplacedBy(by); takes && cause == integration.CauseNewerVersion {
					n = n.Replaced(by.ID, integration.CauseNewerVersion, t.now.UTC())
					break
				}
			}
		}
		b.set(i, n)
		if body != nil {
			t.put(`INSERT INTO attempt VALUES ($1::uuid, $2, $3) ON CONFLICT (id, n) DO UPDATE SET body = EXCLUDED.body`,
				r.ID, attempt.N, body)
		}
		for _, o := range bills {
			if len(seen) > 0 {
				o.settleDoubt(r.ID, seen)
			}
			if err := t.save(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveWatch implements delivery.RunLedger.
func (s *Store) SaveWatch(ctx context.Context, runID string, w integration.Watch) error {
	if _, ok := store.IDTime(runID); !ok {
		return notFound("run", runID)
	}
	return s.write(ctx, func(t *tx) error {
		bills, err := t.lockOf([]string{runID})
		if err != nil {
			return err
		}
		for _, b := range bills {
			i := b.at(runID)
			if i < 0 {
				continue
			}
			n := b.runs[i]
			n.Watch = w
			b.set(i, n)
			return t.save(b)
		}
		return notFound("run", runID)
	})
}

// billsOf locks the Bill of a run, and with all also that of other integrations.
func (t *tx) billsOf(r *integration.Run, all bool) (map[billName]*bill, error) {
	if all {
		return t.lockEverywhere(nameOf(r))
	}
	return t.lock([]billName{nameOf(r)}, false)
}

// settleDoubt takes back what runs other than one have in doubt about documents
// that were looked for.
func (b *bill) settleDoubt(but string, seen []integration.Doc) {
	for i := range b.runs {
		now := b.runs[i]
		if now.ID == but {
			continue
		}
		now.Doubt = slices.Clone(now.Doubt)
		if now.Settle(seen); len(now.Doubt) != len(b.runs[i].Doubt) {
			b.set(i, now)
		}
	}
}

// Attempts reads the attempts of a run, first to last.
func (s *Store) Attempts(ctx context.Context, runID string) (out []integration.Attempt, err error) {
	if _, err := s.Run(ctx, runID); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT body FROM attempt WHERE id = $1::uuid ORDER BY n`, runID)
	if err != nil {
		return nil, s.told(err)
	}
	bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	for _, b := range bodies {
		a, err := store.UnpackAttempt(b)
		if err != nil {
			return nil, fmt.Errorf("read attempt %d of run %s: %w", len(out)+1, runID, err)
		}
		out = append(out, a)
	}
	return out, s.told(err)
}

// Sent implements delivery.Ledger.
func (s *Store) Sent(ctx context.Context, runID string) ([]byte, error) {
	all, err := s.Attempts(ctx, runID)
	if err != nil {
		return nil, err
	}
	for _, a := range slices.Backward(all) {
		if len(a.Document) > 0 {
			return a.Document, nil
		}
	}
	return nil, fmt.Errorf("the document of run %s: %w", runID, integration.ErrNotFound)
}

// Bill reads the Bill of a run, JSON as it came.
func (s *Store) Bill(ctx context.Context, runID string) ([]byte, error) {
	if _, ok := store.IDTime(runID); !ok {
		return nil, notFound("bill of run", runID)
	}
	b, ok, err := one(ctx, s.pool, `SELECT body FROM run_bill_body WHERE id = $1::uuid`, runID)
	if err == nil && !ok {
		err = notFound("bill of run", runID)
	}
	if err != nil {
		return nil, s.told(err)
	}
	return store.Unpack(b)
}

// LatestBill reads the Bill that came last.
func (s *Store) LatestBill(ctx context.Context) ([]byte, error) {
	b, ok, err := one(ctx, s.pool, `SELECT body FROM run_bill_body ORDER BY id DESC LIMIT 1`)
	if err == nil && !ok {
		err = fmt.Errorf("latest bill: %w", integration.ErrNotFound)
	}
	if err != nil {
		return nil, s.told(err)
	}
	return store.Unpack(b)
}

// Siblings implements delivery.Ledger.
func (s *Store) Siblings(ctx context.Context, of integration.Run) (out []integration.Run, err error) {
	rows, err := s.pool.Query(ctx, selectRuns+`WHERE bill_id = $1`, clean(of.EntityID))
	if err != nil {
		return nil, s.told(err)
	}
	runs, err := collect(rows)
	for _, r := range runs {
		if r.ID != of.ID && r.EntityID == of.EntityID && (r.ExternalID != "" || len(r.Doubt) > 0 || r.NewerThan(of)) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b integration.Run) int { return store.Later(b, a) })
	return out, s.told(err)
}

const (
	firstID = "00000000-0000-0000-0000-000000000000"
	lastID  = "ffffffff-ffff-ffff-ffff-ffffffffffff"
)
