package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// fail parks a run.
func (b *testbed) fail(r integration.Run, status integration.Status, cause string) {
	b.t.Helper()
	r.Status, r.Cause, r.Advice = status, cause, "mend "+cause
	b.save(r, nil)
}

// counted is how many runs Sum adds up.
func (b *testbed) counted(f integration.RunFilter) (n int, err error) {
	b.t.Helper()
	sum, err := b.Sum(b.t.Context(), f)
	for _, runs := range sum.ByStatus {
		n += runs
	}
	return n, err
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in, other := b.integration("x").ID, b.integration("y").ID
	var runs []integration.Run
	for i := range 5 {
		n := newRun(in, fmt.Sprint("b", i), 1)
		if i == 2 {
			n.Run.Currency = "EUR"
		}
		runs = append(runs, b.add(n)...)
		b.clock.advance(time.Minute)
	}
	for _, r := range runs[:3] {
		b.fail(r, integration.Errored, "account_mapping_missing")
	}
	b.fail(runs[3], integration.AuthFailed, "auth_failed")
	b.fail(b.add(newRun(other, "b9", 1))[0], integration.Errored, "account_mapping_missing")
	groups, err := b.Groups(t.Context(), integration.RunFilter{IntegrationID: in})
	if err != nil || len(groups) != 2 {
		t.Fatalf("%+v, %v", groups, err)
	}
	g := groups[0]
	if g.Cause != "account_mapping_missing" || g.Count != 3 || !g.Money["USD"].Equal(decimal.MustParse("21")) ||
		!g.Money["EUR"].Equal(decimal.MustParse("10.5")) || g.Sample != runs[2].ID || g.Advice != "mend account_mapping_missing" ||
		!g.First.Equal(runs[0].Created) || !g.Last.Equal(runs[2].Created) {
		t.Errorf("the first group is %+v", g)
	}
	none, err := b.Groups(t.Context(), integration.RunFilter{Statuses: []integration.Status{integration.Waiting}})
	if err != nil || len(none) != 0 {
		t.Errorf("what waits has not failed: %+v, %v", none, err)
	}
}

// An account is found by its id and by any code it had, and each code finds
// the runs made under it alone.
func TestAccountsByIDAndCode(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	for i, code := range []string{"old", "new", "new", ""} {
		n := newRun(in, fmt.Sprint("b", i), 1)
		n.Run.AccountID, n.Run.AccountCode = "acc-1", code
		b.add(n)
	}
	n := newRun(in, "b9", 1)
	n.Run.AccountID, n.Run.AccountCode = "", "new"
	b.add(n)
	for account, want := range map[string]int{"acc-1": 4, "old": 1, "new": 3, "": 5, "none": 0} {
		f := integration.RunFilter{Account: account}
		p, err := b.Runs(t.Context(), f, "", 10)
		if err != nil || len(p.Runs) != want {
			t.Errorf("account %q lists %d runs, want %d, %v", account, len(p.Runs), want, err)
		}
		if n, err := b.counted(f); err != nil || n != want {
			t.Errorf("account %q counts %d runs, want %d, %v", account, n, want, err)
		}
	}
	if err := b.empty(bAccountCode); err != nil {
		t.Fatal(err)
	}
	if rep, err := b.Check(t.Context(), true, nil); err != nil || rep.Found != 2 || rep.Repaired != 2 {
		t.Errorf("repair of account.code: %+v, %v", rep, err)
	}
	b.checkClean()
}

func TestLatestBillAndBills(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	if _, err := b.LatestBill(t.Context()); err == nil {
		t.Error("there is a latest bill before any came")
	}
	in := b.integration("x").ID
	b.add(newRun(in, "b1", 1))
	big := newRun(in, "b2", 1)
	big.Bill = []byte(`{"id":"b2","lineItems":[` + strings.Repeat(`{"lineItemType":"USAGE"},`, 20000) + `{}]}`)
	r := b.add(big)[0]
	got, err := b.LatestBill(t.Context())
	if err != nil || !slices.Equal(got, big.Bill) {
		t.Errorf("the latest bill has %d bytes, want %d, %v", len(got), len(big.Bill), err)
	}
	if got, err = b.Bill(t.Context(), r.ID); err != nil || !slices.Equal(got, big.Bill) {
		t.Errorf("the bill has %d bytes, %v", len(got), err)
	}
}

// Lists that never meet, and filters without an index, must not hold up a page:
// it ends early and names where to go on.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	var news []delivery.NewRun
	for i := range pageRecords + 500 {
		n := newRun(in, fmt.Sprint("b", i), 1)
		n.Run.AmountIn = decimal.New(int64(i), 0)
		news = append(news, n)
	}
	first := b.add(news...)[0]
	f := integration.RunFilter{Text: "INVOICE-B0"}
	p, err := b.Runs(t.Context(), f, "", 10)
	if err != nil || len(p.Runs) != 0 || p.Next == "" {
		t.Fatalf("the first page has %d runs, next %q, %v", len(p.Runs), p.Next, err)
	}
	if p, err = b.Runs(t.Context(), f, p.Next, 10); err != nil || len(p.Runs) != 1 || p.Runs[0].ID != first.ID || p.Next != "" {
		t.Errorf("the second has %d runs, next %q, %v", len(p.Runs), p.Next, err)
	}
	n, err := b.counted(integration.RunFilter{HasMin: true, MinAmount: decimal.New(100, 0)})
	if err != nil || n != pageRecords+400 {
		t.Errorf("counted %d, %v", n, err)
	}
	if _, err := b.Runs(t.Context(), f, "not a token", 10); err == nil || !strings.Contains(err.Error(), "start again") {
		t.Errorf("a bad token gave %v", err)
	}
}

func TestListsThatNeverMeetEndAPage(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	for i := range 20 {
		n := newRun(in, fmt.Sprint("b", i), 1)
		n.Run.Currency, n.Run.AccountID = "USD", "even"
		if i%2 == 1 {
			n.Run.Currency, n.Run.AccountID = "EUR", "odd"
		}
		b.add(n)
	}
	q := newQuery(integration.RunFilter{Currency: "USD", Account: "odd"})
	err := b.view(t.Context(), func(x *tx) error {
		l, err := q.list(x)
		if err != nil {
			return err
		}
		l.budget = 10
		from, _ := q.bounds()
		at, ok, spent := l.seek(from)
		if !ok || !spent {
			t.Errorf("a search of 20 steps did not stop at 10: %v %v", ok, spent)
		}
		if l, err = q.list(x); err != nil {
			return err
		}
		if _, ok, _ := l.seek(at); ok {
			t.Error("going on found a run that is in both")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestIDsThatCannotSort(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	n := newRun("in", "b1", 1)
	for _, id := range []string{"run-1", newUUID(), newKey(b.clock.now().Add(-time.Hour), 1).String()} {
		n.Run.ID = id
		if _, err := b.AddRuns(t.Context(), []delivery.NewRun{n}); err == nil || !strings.Contains(err.Error(), "leave it empty") {
			t.Errorf("id %q gave %v", id, err)
		}
	}
	n.Run.ID = newKey(b.clock.now(), 1).String()
	if got := b.add(n)[0]; got.ID != n.Run.ID {
		t.Errorf("the id %s became %s", n.Run.ID, got.ID)
	}
}
