package store

import (
	"fmt"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// A page of 50 looks at the keys of 51 runs, a few more where two lists have
// to agree, and at no others, however many there are: what a page costs does
// not grow with the store. Each run found is one record to read.
func TestPageReadsLittle(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	var runs []integration.Run
	for range 6 {
		var news []delivery.NewRun
		for range 1000 {
			n := newRun(in, newUUID(), 1)
			at := (len(runs) + len(news)) % 40
			n.Run.AccountID, n.Run.AccountCode = fmt.Sprint("acc-", at), fmt.Sprint("code_", at)
			news = append(news, n)
		}
		runs = append(runs, b.add(news...)...)
	}
	for i := 7; i < len(runs); i += 20 * 40 { // eight of account 7's
		b.fail(runs[i], integration.Errored, "account_mapping_missing")
	}
	failed := []integration.Status{integration.Errored}
	for name, c := range map[string]struct {
		f          integration.RunFilter
		found, may int // runs, keys
	}{
		"newest":               {integration.RunFilter{}, 51, 51},
		"oldest":               {integration.RunFilter{Oldest: true}, 51, 51},
		"failed":               {integration.RunFilter{Statuses: failed}, 8, 9},
		"account by id":        {integration.RunFilter{Account: "acc-7"}, 51, 51},
		"account by code":      {integration.RunFilter{Account: "code_7"}, 51, 51},
		"account, oldest":      {integration.RunFilter{Account: "code_7", Oldest: true}, 51, 51},
		"account and status":   {integration.RunFilter{Account: "acc-7", Statuses: failed}, 8, 3 * 9},
		"another, and status":  {integration.RunFilter{Account: "acc-8", Statuses: failed}, 0, 3 * 9},
		"account of one state": {integration.RunFilter{Account: "acc-7", Statuses: []integration.Status{integration.Waiting}}, 51, 3 * 51},
		"bill":                 {integration.RunFilter{BillID: runs[9].EntityID}, 1, 2},
	} {
		keys, found := b.pageWork(t, c.f, 51)
		if found != c.found || keys > c.may {
			t.Errorf("%s: %d keys for %d runs, want %d for %d", name, keys, found, c.may, c.found)
		}
	}
}

// What rests costs a round over the documents nothing: it looks at no key of it.
func TestWhatRestsIsNotRead(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	for i := range 40 {
		r := b.add(newRun(in, newUUID(), 1))[0]
		r.Status, r.Outcome, r.Proof = integration.Complete, integration.Created, integration.Proven
		b.save(r, nil)
		if err := b.SaveWatch(t.Context(), r.ID, integration.Watch{Stamp: "1", Payment: integration.Paid, Rests: i%10 > 0}); err != nil {
			t.Fatal(err)
		}
	}
	rests := false
	f := integration.RunFilter{IntegrationID: in, Statuses: []integration.Status{integration.Complete}, Rests: &rests}
	if keys, found := b.pageWork(t, f, 51); found != 4 || keys > 5 {
		t.Errorf("%d keys for %d runs", keys, found)
	}
}

// pageWork walks the keys of a page: how many it looked at, how many runs it found.
func (b *testbed) pageWork(t *testing.T, f integration.RunFilter, most int) (keys, found int) {
	t.Helper()
	err := b.view(t.Context(), func(tx *tx) error {
		q := newQuery(f)
		l, err := q.list(tx)
		if err != nil {
			return err
		}
		for at, _ := q.bounds(); found < most; found++ {
			k, ok, _ := l.seek(at)
			if !ok {
				break
			}
			if at = k.prev(); f.Oldest {
				at = k.next()
			}
		}
		keys = pageKeys - l.budget
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys, found
}
