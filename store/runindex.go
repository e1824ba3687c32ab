package store

import (
	"bytes"
	"encoding/binary"
	"slices"

	"billferry/internal/integration"
)

// entry is one key of an index bucket, with its value if it has one.
type entry struct {
	bucket     bucket
	key, value []byte
}

// entries lists what the indexes hold for a run. It depends on the run alone,
// so that the entries of an old version can be found and taken out.
func entries(k key, r *integration.Run) []entry {
	out := make([]entry, 0, 9)
	add := func(b bucket, value string) {
		if value != "" {
			h := hash8(value)
			out = append(out, entry{bucket: b, key: join(h[:], k[:])})
		}
	}
	add(bRunIntegration, r.IntegrationID)
	add(bRunStatus, string(r.Status))
	add(bRunOutcome, string(r.Outcome))
	add(bRunCause, r.Cause)
	add(bRunAccount, r.AccountID)
	if r.AccountCode != r.AccountID {
		add(bRunAccount, r.AccountCode)
	}
	add(bRunCurrency, r.Currency)
	bill := hash16(r.EntityID)
	out = append(out, entry{bRunBill, join(bill[:], k[:]), billValue(r)})
	if !r.Status.Settled() && r.Status != integration.Started {
		out = append(out, entry{bucket: bRunDue, key: dueKey(k, r)})
	}
	return out
}

// dueKey sorts the waiting runs of an integration by when they are due; those
// that are due at once come first.
func dueKey(k key, r *integration.Run) []byte {
	var at uint64
	if !r.Next.IsZero() {
		at = uint64(max(r.Next.UnixNano(), 1))
	}
	h := hash8(r.IntegrationID)
	return join(h[:], binary.BigEndian.AppendUint64(nil, at), k[:])
}

// Flags in the value of run.bill, which spare reading the runs of a Bill.
const (
	flagWaiting = 1 << iota // not settled and not under way: a newer version may take its place
	flagNeeds               // a person has to look
	flagSent                // the destination holds what this run sent
)

// billValue is flags, hash8 of Run.Key, hash8 of the integration id.
func billValue(r *integration.Run) []byte {
	var flags byte
	if !r.Status.Settled() && r.Status != integration.Started {
		flags |= flagWaiting
	}
	if needsPerson(r) {
		flags |= flagNeeds
	}
	if sent(r) {
		flags |= flagSent
	}
	version, in := hash8(r.Key()), hash8(r.IntegrationID)
	return join([]byte{flags}, version[:], in[:])
}

// sent tells whether the destination holds what this run made. A run that
// failed on an invoice it found is not one of them.
func sent(r *integration.Run) bool {
	return r.Status == integration.Complete && r.ExternalID != "" &&
		r.Outcome != integration.Superseded && r.Outcome != integration.Skipped
}

// billRun is one entry of run.bill.
type billRun struct {
	key     key
	flags   byte
	version [8]byte
}

// billRuns lists the runs of one Bill in one integration, newest first, until
// f returns false.
//
// It collects forward and answers backward: in a transaction that has deleted,
// bbolt 1.5's Cursor.Prev stops at a page that became empty, and Cursor.Last
// never returns when all have.
func (t *tx) billRuns(integrationID, billID string, f func(billRun) bool) {
	bill, in := hash16(billID), hash8(integrationID)
	var found []billRun
	c := t.bucket(bRunBill).Cursor()
	for k, v := c.Seek(bill[:]); k != nil && bytes.HasPrefix(k, bill[:]); k, v = c.Next() {
		if len(k) == 32 && len(v) == 17 && bytes.Equal(v[9:], in[:]) {
			found = append(found, billRun{key(k[16:]), v[0], [8]byte(v[1:9])})
		}
	}
	for _, b := range slices.Backward(found) {
		if !f(b) {
			return
		}
	}
}

// needs tells whether the newest run of a Bill needs a person, before and
// after run k changes from old to now; nil is a run that is not there.
func (t *tx) needs(k key, old, now *integration.Run) (before, after bool) {
	any := old
	if any == nil {
		any = now
	}
	var other billRun
	t.billRuns(any.IntegrationID, any.EntityID, func(b billRun) bool {
		if b.key != k {
			other = b
		}
		return b.key == k
	})
	newest := func(r *integration.Run) bool {
		if r != nil && bytes.Compare(k[:], other.key[:]) > 0 {
			return needsPerson(r)
		}
		return other.flags&flagNeeds != 0
	}
	return newest(old), newest(now)
}

func needsPerson(r *integration.Run) bool {
	return r.Status.Failed() || r.Outcome == integration.Drift
}

// replaceRun changes a run with everything that follows from it: the record,
// the indexes and the counters. old is nil for a new run, now is nil for one
// that goes; packed is what packRun made of now.
func (t *tx) replaceRun(k key, old, now *integration.Run, packed []byte) error {
	needed, needs := t.needs(k, old, now)
	var before, after []entry
	var in string
	if old != nil {
		before, in = entries(k, old), old.IntegrationID
	}
	if now != nil {
		after, in = entries(k, now), now.IntegrationID
	}
	if err := t.swapEntries(before, after); err != nil {
		return err
	}
	t.countRun(k, old, -1)
	t.countRun(k, now, 1)
	if needs && !needed {
		t.count(counterKey(in, countNeeds, ""), 1)
	} else if needed && !needs {
		t.count(counterKey(in, countNeeds, ""), -1)
	}
	if now == nil {
		return t.del(bRuns, k[:])
	}
	return t.put(bRuns, k[:], packed)
}

// swapEntries takes out what is only in before and puts in what is only in
// after, so that a change of status leaves the other indexes untouched.
func (t *tx) swapEntries(before, after []entry) error {
	same := func(a, b entry) bool {
		return a.bucket == b.bucket && bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
	}
	for _, e := range before {
		if !slices.ContainsFunc(after, func(x entry) bool { return same(e, x) }) {
			if err := t.del(e.bucket, e.key); err != nil {
				return err
			}
		}
	}
	for _, e := range after {
		if !slices.ContainsFunc(before, func(x entry) bool { return same(e, x) }) {
			if err := t.put(e.bucket, e.key, e.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// countRun adds a run to the counters, or takes it out.
func (t *tx) countRun(k key, r *integration.Run, sign int64) {
	if r == nil {
		return
	}
	t.count(counterKey(r.IntegrationID, countStatus, string(r.Status)), sign)
	t.countHour(r.IntegrationID, k, sign)
	if in, out, ok := moneyOf(r); ok {
		if sign < 0 {
			in, out = in.Neg(), out.Neg()
		}
		t.addMoney(counterKey(r.IntegrationID, countMoney, r.Currency), in, out)
	}
}
