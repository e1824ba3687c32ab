package store

import (
	"fmt"
	"strings"
	"testing"

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
