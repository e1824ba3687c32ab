package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// run reads one run.
func (t *tx) run(k key) (r integration.Run, ok bool, err error) {
	b := t.Get(bRuns, k[:])
	if b == nil {
		return r, false, nil
	}
	r, err = unpackRun(k, b)
	return r, err == nil, err
}

// mustRun reads a run that an index names.
func (t *tx) mustRun(k key) (integration.Run, error) {
	r, _, err := t.mayRun(k, "")
	return r, err
}

// mayRun reads a run that an index names, unless it has nothing of a text in lower case.
func (t *tx) mayRun(k key, text string) (r integration.Run, may bool, err error) {
	b := t.Get(bRuns, k[:])
	if b == nil {
		return r, false, fmt.Errorf("an index names run %s, which does not exist; run store check --repair", k)
	}
	if !mayHave(k, b, text) {
		return r, false, nil
	}
	r, err = unpackRun(k, b)
	return r, err == nil, err
}

// Run reads one run.
func (s *Store) Run(ctx context.Context, id string) (r integration.Run, err error) {
	err = s.view(ctx, func(t *tx) error {
		k, ok := parseKey(id)
		if ok {
			r, ok, err = t.run(k)
		}
		if err == nil && !ok {
			err = notFound("run", id)
		}
		return err
	})
	return r, err
}

// SaveRun records a change of a run, and an attempt if there is one; an attempt
// of the same number replaces the earlier one. dtLastModified is set here. A
// run that is COMPLETE, because a newer version of its Bill has superseded it or
// a person has settled it, does not come back to life: that is ErrConflict, and
// nothing may be sent for it.
func (s *Store) SaveRun(ctx context.Context, r integration.Run, attempt *integration.Attempt) error {
	return s.saveRun(ctx, r, attempt, s.submit, nil)
}

// SaveRunSoon is SaveRun for callers among many: it waits up to kv.CommitDelay, so
// that several changes share one commit.
func (s *Store) SaveRunSoon(ctx context.Context, r integration.Run, attempt *integration.Attempt) error {
	return s.saveRun(ctx, r, attempt, s.submitDelayed, nil)
}

// SaveProven is SaveRunSoon for a run that was delivered: it takes back what
// other runs of its Bill have in doubt about the documents that were looked for.
func (s *Store) SaveProven(ctx context.Context, r integration.Run, attempt *integration.Attempt, seen []integration.Doc) error {
	return s.saveRun(ctx, r, attempt, s.submitDelayed, seen)
}

func (s *Store) saveRun(
	ctx context.Context, r integration.Run, attempt *integration.Attempt, submit func(func(*tx) error, int) *kv.Op, seen []integration.Doc,
) error {
	k, ok := parseKey(r.ID)
	if !ok {
		return notFound("run", r.ID)
	}
	r.Seq, r.Modified = int64(k.seq()), s.now().UTC()
	packed := packRun(r)
	var body []byte
	if attempt != nil {
		body = packAttempt(*attempt)
	}
	return s.db.Wait(ctx, submit(func(t *tx) error {
		old, ok, err := t.run(k)
		if err == nil && !ok {
			err = notFound("run", r.ID)
		}
		if err == nil {
			err = old.MayBecome(r)
		}
		if err != nil {
			return err
		}
		n, record := r, packed // copies: the change may run again
		kept, ended := n.Keeps(old), t.endIfGone(&n)
		anew := kept || ended
		if n.Status.Failed() && !old.Status.Failed() {
			switch by, ok, err := t.successor(n); {
			case err != nil:
				return err
			case ok:
				n = n.Replaced(by.ID, integration.CauseNewerVersion, t.now.UTC())
				anew = true
			}
		}
		if anew {
			record = packRun(n)
		}
		if body != nil {
			if err := t.Put(bAttempts, attemptKey(k, attempt.N), body); err != nil {
				return err
			}
		}
		t.Changed("run", r.ID)
		if err := t.replaceRun(k, &old, &n, record); err != nil {
			return err
		}
		return t.settleDoubt(&n, seen)
	}, 1))
}

// SaveWatch implements delivery.RunLedger.
func (s *Store) SaveWatch(ctx context.Context, runID string, w integration.Watch) error {
	k, ok := parseKey(runID)
	if !ok {
		return notFound("run", runID)
	}
	return s.db.Wait(ctx, s.submitDelayed(func(t *tx) error {
		old, ok, err := t.run(k)
		if err == nil && !ok {
			err = notFound("run", runID)
		}
		if err != nil || old.Watch.Same(w) {
			return err
		}
		n := old
		n.Watch = w
		t.Changed("run", runID)
		return t.replaceRun(k, &old, &n, packRun(n))
	}, 1))
}

// successor finds the run about a newer version of the Bill that takes the place
// of one which has failed: it came while that was on its way.
func (t *tx) successor(failed integration.Run) (by integration.Run, ok bool, err error) {
	t.billRuns(failed.IntegrationID, failed.EntityID, func(b billRun) bool {
		if by, err = t.mustRun(b.key); err != nil {
			return false
		}
		cause, takes := failed.ReplacedBy(by)
		ok = takes && cause == integration.CauseNewerVersion
		return !ok
	})
	return by, ok, err
}

func attemptKey(k key, n int) []byte { return binary.BigEndian.AppendUint32(k[:], uint32(n)) }

// Sent implements delivery.Ledger.
func (s *Store) Sent(ctx context.Context, runID string) (document []byte, err error) {
	err = s.view(ctx, func(t *tx) error {
		packed, err := t.attempts(runID)
		if err != nil {
			return err
		}
		for n, v := range slices.Backward(packed) { // the last one mostly has it
			a, err := unpackAttempt(v)
			if err != nil {
				return fmt.Errorf("read attempt %d of run %s: %w", n+1, runID, err)
			}
			if len(a.Document) > 0 {
				document = a.Document
				return nil
			}
		}
		return fmt.Errorf("the document of run %s: %w", runID, integration.ErrNotFound)
	})
	return document, err
}

// attempts are those of a run as they are packed, first to last.
func (t *tx) attempts(runID string) (packed [][]byte, err error) {
	k, ok := parseKey(runID)
	if !ok || t.Get(bRuns, k[:]) == nil {
		return nil, notFound("run", runID)
	}
	err = t.Each(bAttempts, k[:], func(_, v []byte) error {
		packed = append(packed, v)
		return nil
	})
	return packed, err
}

// Attempts reads the attempts of a run, first to last.
func (s *Store) Attempts(ctx context.Context, runID string) (out []integration.Attempt, err error) {
	err = s.view(ctx, func(t *tx) error {
		packed, err := t.attempts(runID)
		if err != nil {
			return err
		}
		for n, v := range packed {
			a, err := unpackAttempt(v)
			if err != nil {
				return fmt.Errorf("read attempt %d of run %s: %w", n+1, runID, err)
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// Bill reads the Bill of a run, JSON as it came.
func (s *Store) Bill(ctx context.Context, runID string) (bill []byte, err error) {
	err = s.view(ctx, func(t *tx) error {
		k, ok := parseKey(runID)
		b := t.Get(bBills, k[:])
		if !ok || b == nil {
			return notFound("bill of run", runID)
		}
		if bill, err = unpack(b); err != nil {
			return fmt.Errorf("read the bill of run %s: %w", runID, err)
		}
		return nil
	})
	return bill, err
}

// LatestBill reads the Bill that came last, for a preview. It answers
// ErrNotFound, wrapped, while there is none.
func (s *Store) LatestBill(ctx context.Context) (bill []byte, err error) {
	err = s.view(ctx, func(t *tx) error {
		k, b := t.Cursor(bBills).Last()
		if k == nil {
			return fmt.Errorf("latest bill: %w", integration.ErrNotFound)
		}
		if bill, err = unpack(b); err != nil {
			return fmt.Errorf("read the bill of run %s: %w", key(k), err)
		}
		return nil
	})
	return bill, err
}

// Siblings lists the other runs of the Bill of this one that matter to it, of
// every integration, the last that was added first: those that reached the
// destination or may have, and those about a newer version.
func (s *Store) Siblings(ctx context.Context, of integration.Run) (out []integration.Run, err error) {
	own, _ := parseKey(of.ID)
	err = s.view(ctx, func(t *tx) error {
		for _, b := range t.runsOf(of.EntityID, nil) {
			if b.key == own {
				continue
			}
			r, err := t.mustRun(b.key)
			if err != nil {
				return err
			}
			if r.EntityID == of.EntityID && (r.ExternalID != "" || len(r.Doubt) > 0 || r.NewerThan(of)) {
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

// settleDoubt takes back what other runs of a Bill than this one have in doubt
// about documents that were looked for.
func (t *tx) settleDoubt(of *integration.Run, seen []integration.Doc) error {
	if len(seen) == 0 {
		return nil
	}
	for _, b := range t.runsOf(of.EntityID, nil) {
		old, err := t.mustRun(b.key)
		if err != nil {
			return err
		}
		now := old
		if now.Settle(seen); len(now.Doubt) == len(old.Doubt) || old.EntityID != of.EntityID || old.ID == of.ID {
			continue
		}
		if err := t.replaceRun(b.key, &old, &now, packRun(now)); err != nil {
			return err
		}
		t.Changed("run", now.ID)
	}
	return nil
}
