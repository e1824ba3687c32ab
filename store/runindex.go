package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// entry is one key of an index bucket, with its value if it has one.
type entry struct {
	bucket     *kv.Bucket
	key, value []byte
}

// entries lists what the indexes hold for a run. It depends on the run alone,
// so that the entries of an old version can be found and taken out.
func entries(k key, r *integration.Run) []entry {
	return appendPlaceEntries(appendStateEntries(make([]entry, 0, 5), k, r), k, r)
}

// appendStateEntries are those that change as a run goes its way.
func appendStateEntries(out []entry, k key, r *integration.Run) []entry {
	st := stateOf(r)
	inState := hash8(string(st.key()))
	out = append(out, entry{bucket: bRunState, key: join(inState[:], k[:])})
	if st.timed {
		out = append(out, entry{bucket: bRunDue, key: dueKey(k, r)})
	}
	return out
}

// appendPlaceEntries are those that say whose the run is, of which samePlace
// knows the fields.
func appendPlaceEntries(out []entry, k key, r *integration.Run) []entry {
	account, bill, version, in := hash8(accountOf(r)), hash8(r.EntityID), hash8(r.Key()), hash8(r.IntegrationID)
	out = append(out,
		entry{bucket: bRunAccount, key: join(account[:], k[:])},
		entry{bRunBill, join(bill[:], k[:]), join(version[:], in[:])},
	)
	if e, ok := monthEntry(k, r); ok {
		out = append(out, e)
	}
	return out
}

// samePlace tells whether two versions of a run have the same place entries.
func samePlace(a, b *integration.Run) bool {
	return a.IntegrationID == b.IntegrationID && a.EntityID == b.EntityID && accountOf(a) == accountOf(b) && a.Key() == b.Key() &&
		a.Month() == b.Month()
}

// accountOf is what a run is listed under in run.account.
func accountOf(r *integration.Run) string { return cmp.Or(r.AccountID, r.AccountCode) }

// nameAccount remembers that an account has a code, so that the list under the
// account need not be kept twice; k is accountCodeKey of a run. What was a code
// once stays.
func (t *tx) nameAccount(k []byte) error {
	if k == nil || t.Get(bAccountCode, k) != nil {
		return nil
	}
	return t.Put(bAccountCode, k, present)
}

// accountCodeKey is nil when the code of the account says no more than its id.
func accountCodeKey(r *integration.Run) []byte {
	if r.AccountCode == "" || r.AccountCode == accountOf(r) {
		return nil
	}
	code, id := hash8(r.AccountCode), hash8(accountOf(r))
	return join(code[:], id[:])
}

// present is the value of a key that has none. Within the transaction that puts
// it, bbolt answers nil for an empty one, as for a key that is missing.
var present = []byte{1}

// dueKey sorts the runs of an integration that wait for a time of their own.
func dueKey(k key, r *integration.Run) []byte {
	h := hash8(r.IntegrationID)
	return join(h[:], binary.BigEndian.AppendUint64(nil, uint64(max(r.Next.UnixNano(), 0))), k[:])
}

// billRun is one entry of run.bill.
type billRun struct {
	key     key
	version [8]byte // hash8 of Run.Key
}

// billRuns lists the runs of one Bill in one integration, the last that was
// added first, until f returns false.
func (t *tx) billRuns(integrationID, billID string, f func(billRun) bool) {
	in := hash8(integrationID)
	for _, b := range t.runsOf(billID, in[:]) {
		if !f(b) {
			return
		}
	}
}

// runsOf lists the runs of one Bill, in the integration with that hash8 or, with
// nil, in all: the last that was added first. That is told by the counter in
// their keys, never by the time, which goes back when a clock is set.
//
// It collects forward and answers backward: in a transaction that has deleted,
// bbolt 1.5's Cursor.Prev stops at a page that became empty, and Cursor.Last
// never returns when all have.
func (t *tx) runsOf(billID string, in []byte) []billRun {
	bill := hash8(billID)
	var found []billRun
	c := t.Cursor(bRunBill)
	for k, v := c.Seek(bill[:]); k != nil && bytes.HasPrefix(k, bill[:]); k, v = c.Next() {
		if len(k) == 24 && len(v) == 16 && (in == nil || bytes.Equal(v[8:], in)) {
			found = append(found, billRun{key(k[8:]), [8]byte(v)})
		}
	}
	slices.SortFunc(found, func(a, b billRun) int { return b.key.order(a.key) })
	return found
}

// replaceRun changes a run with everything that follows from it: the record,
// the indexes, the counters and what its Bill's other runs count for. old is
// nil for a new run, now is nil for one that goes; packed is what packRun made
// of now, which is told how it counts.
func (t *tx) replaceRun(k key, old, now *integration.Run, packed []byte) error {
	mates, err := t.mates(k, cmp.Or(old, now))
	if err != nil {
		return err
	}
	if changed, err := t.reckon(old, now, mates); err != nil {
		return err
	} else if changed {
		packed = packRun(*now)
	}
	list := entries
	if old != nil && now != nil && samePlace(old, now) {
		list = func(k key, r *integration.Run) []entry { return appendStateEntries(make([]entry, 0, 2), k, r) }
	}
	var before, after []entry
	if old != nil {
		before = list(k, old)
	}
	if now != nil {
		after = list(k, now)
	}
	if err := t.swapEntries(before, after); err != nil {
		return err
	}
	t.countRun(k, old, -1)
	t.countRun(k, now, 1)
	if now == nil {
		return t.Delete(bRuns, k[:])
	}
	if old == nil || old.AccountID != now.AccountID || old.AccountCode != now.AccountCode {
		if err := t.nameAccount(accountCodeKey(now)); err != nil {
			return err
		}
	}
	return t.Put(bRuns, k[:], packed)
}

// swapEntries takes out what is only in before and puts in what is only in
// after, so that a change of status leaves the other indexes untouched.
func (t *tx) swapEntries(before, after []entry) error {
	same := func(a, b entry) bool {
		return a.bucket == b.bucket && bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
	}
	for _, e := range before {
		if !slices.ContainsFunc(after, func(x entry) bool { return same(e, x) }) {
			if err := t.Delete(e.bucket, e.key); err != nil {
				return err
			}
		}
	}
	for _, e := range after {
		if !slices.ContainsFunc(before, func(x entry) bool { return same(e, x) }) {
			if err := t.Put(e.bucket, e.key, e.value); err != nil {
				return err
			}
		}
	}
	return nil
}
