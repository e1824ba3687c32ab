package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/store/kv"
)

func TestAuditTrail(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	for i := range 5 {
		if err := b.Audit(t.Context(), "anna", "retry", fmt.Sprint("run ", i)); err != nil {
			t.Fatal(err)
		}
	}
	n, last, err := b.VerifyAudit(t.Context())
	if err != nil || n != 5 || len(last) != 32 {
		t.Fatalf("%d entries, hash %x, %v", n, last, err)
	}
	trail, err := b.AuditTrail(t.Context(), 2)
	if err != nil || len(trail) != 2 || trail[0].Detail != "run 4" || trail[0].Seq != 5 || string(trail[0].Hash) != string(last) {
		t.Errorf("the trail ends with %+v, %v", trail, err)
	}
	key := func(n byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, n} }
	for name, tamper := range map[string]func(*tx) error{
		"entry 3 is not": func(x *tx) error {
			return x.Put(bAudit, key(3), []byte(strings.Replace(string(x.Get(bAudit, key(3))), "anna", "otto", 1)))
		},
		"entry 2 is missing": func(x *tx) error { return x.Delete(bAudit, key(2)) },
		"entry 4 is not":     func(x *tx) error { return x.Put(bAudit, key(4), x.Get(bAudit, key(3))) },
		"entry 6 is not":     func(x *tx) error { return x.Put(bAudit, key(6), x.Get(bAudit, key(5))) },
		"entry 5 is not":     func(x *tx) error { return x.Put(bAudit, key(5), []byte("x")) },
	} {
		undo := errors.New("undo")
		err := b.behind(func(x *tx) error {
			if err := tamper(x); err != nil {
				return err
			}
			_, _, err := verifyAudit(x)
			if !errors.Is(err, ErrTampered) || !strings.Contains(err.Error(), name) {
				t.Errorf("want %q, got %v", name, err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	}
}

func TestCheckRepairs(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	var runs []integration.Run
	for i := range 20 {
		runs = append(runs, b.add(newRun(in, fmt.Sprint("b", i), 1))...)
	}
	b.fail(runs[3], integration.Errored, "item_missing")
	parked, err := b.Run(t.Context(), runs[3].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.AddEvent(t.Context(), integration.Event{Name: integration.EventDisabled, IntegrationID: in}); err != nil {
		t.Fatal(err)
	}
	want, err := b.Totals(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	b.checkClean()
	err = b.behind(func(x *tx) error {
		h := hash8("nobody's state")
		k := newKey(b.clock.now(), 1)
		lost, _ := parseKey(parked.ID)
		return errors.Join(
			x.Delete(bRunState, entries(lost, &parked)[0].key),
			x.Put(bRunState, join(h[:], k[:]), nil),
			x.Put(bCounters, []byte(counterKey(in, countNeeds)), []byte("77")),
			x.Put(bStates, state{currency: "USD"}.key(), []byte("1 1 1")),
		)
	})
	if err := errors.Join(err, b.empty(bEventOpen)); err != nil {
		t.Fatal(err)
	}
	rep, err := b.Check(t.Context(), false, nil)
	if err != nil || rep.Found != 5 || rep.Repaired != 0 || rep.Runs != 20 {
		t.Fatalf("check found %+v, %v", rep, err)
	}
	if rep, err = b.Check(t.Context(), true, nil); err != nil || rep.Repaired != 5 {
		t.Fatalf("repair did %+v, %v", rep, err)
	}
	b.checkClean()
	got, err := b.Totals(t.Context(), in)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("totals became %v, want %v, %v", got, want, err)
	}
	if p, err := b.Runs(t.Context(), integration.RunFilter{Causes: []string{"item_missing"}}, "", 10); err != nil || len(p.Runs) != 1 {
		t.Errorf("the cause finds %d runs, %v", len(p.Runs), err)
	}
}

// The file must not grow when as much is purged as is added.
func TestPurgeLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	var size int64
	for round := range 10 {
		var news []delivery.NewRun
		for i := range 300 {
			n := newRun(in, fmt.Sprintf("b%d-%d", round, i), 1)
			n.Run.Status = integration.Complete
			news = append(news, n)
		}
		runs := b.add(news...)
		for _, r := range runs[:5] {
			b.save(r, &integration.Attempt{N: 1, Document: []byte(strings.Repeat("x", 3000))})
		}
		b.clock.advance(48 * time.Hour)
		if n, err := b.Purge(t.Context(), b.clock.now().Add(-time.Hour), 100); err != nil || n != 300 {
			t.Fatalf("purged %d, %v", n, err)
		}
		info, err := os.Stat(b.path())
		if err != nil {
			t.Fatal(err)
		}
		if round == 2 {
			size = info.Size()
		}
		if round > 2 && info.Size() > size+size/4 {
			t.Errorf("round %d: the file grew from %d to %d bytes", round, size, info.Size())
		}
	}
	for _, k := range []*kv.Bucket{bRuns, bBills, bAttempts, bRunState, bRunBill, bRunAccount, bStates, bCounters, bHours} {
		var n int
		if err := b.view(t.Context(), func(x *tx) error { n = x.Count(k); return nil }); err != nil || n != 0 {
			t.Errorf("%s keeps %d keys, %v", k, n, err)
		}
	}
}
