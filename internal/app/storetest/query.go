package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

func groups(t *testing.T, b *testbed) {
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

func bills(t *testing.T, b *testbed) {
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

func idsThatCannotSort(t *testing.T, b *testbed) {
	n := newRun("in", "b1", 1)
	for _, id := range []string{"run-1", uuid.NewString(), idAt(b.clock.now().Add(-time.Hour))} {
		n.Run.ID = id
		if _, err := b.AddRuns(t.Context(), []delivery.NewRun{n}); err == nil || !strings.Contains(err.Error(), "leave it empty") {
			t.Errorf("id %q gave %v", id, err)
		}
	}
	n.Run.ID = idAt(b.clock.now())
	if got := b.add(n)[0]; got.ID != n.Run.ID {
		t.Errorf("the id %s became %s", n.Run.ID, got.ID)
	}
}

// Sum by walking runs and Sum by counters agree, and money of superseded runs
// counts in neither.
func sums(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	runs := b.add(newRun(in, "b1", 1), newRun(in, "b1", 2), newRun(in, "b2", 1), newRun(in, "b3", 1))
	runs[2].Status, runs[2].Outcome, runs[2].AmountOut = integration.Complete, integration.Created, decimal.MustParse("10.50")
	b.save(runs[2], nil)
	runs[3].Outcome = integration.Held
	b.save(runs[3], nil)
	walked, err := b.Sum(t.Context(), integration.RunFilter{IntegrationID: in, Account: "acc-1"}) // no sum knows accounts
	if err != nil {
		t.Fatal(err)
	}
	counted, err := b.Sum(t.Context(), integration.RunFilter{IntegrationID: in})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]integration.Totals{"walked": walked, "counted": counted} {
		if m := got.Money["USD"]; !m.In.Equal(decimal.MustParse("31.50")) || !m.Out.Equal(decimal.MustParse("10.50")) {
			t.Errorf("%s: in %s, out %s", name, m.In, m.Out)
		}
		want := []integration.Standing{{Word: "COMPLETE", Status: integration.Complete, Runs: 1},
			{Word: "WAITING", Status: integration.Waiting, Runs: 1}, {Word: "HELD", Runs: 1}, {Word: "superseded", Runs: 1}}
		if got.ByStatus[integration.Complete] != 2 || got.ByStatus[integration.Waiting] != 2 {
			t.Errorf("%s: %v", name, got.ByStatus)
		}
		if stand := got.Standings(); !slices.Equal(stand, want) {
			t.Errorf("%s: held are %v, and they stand %v", name, got.Held, stand)
		}
	}
	part, err := b.Sum(t.Context(), integration.RunFilter{Statuses: []integration.Status{integration.Waiting}})
	if err != nil || !part.Money["USD"].In.Equal(decimal.MustParse("21")) || len(part.ByStatus) != 1 {
		t.Errorf("part: %+v, %v", part, err)
	}
}

// Sums of a month are those of its runs, whatever is asked for beside it.
func months(t *testing.T, b *testbed) {
	us, uk := b.integration("US").ID, b.integration("UK").ID
	for i := range 12 {
		n := newRun([]string{us, uk}[i%2], fmt.Sprint("b", i/2), int64(i))
		if i == 11 {
			n.Run.PeriodStart = ""
		}
		r := b.add(n)[0]
		switch i % 3 {
		case 1:
			r.Status, r.Outcome, r.AmountOut = integration.Complete, integration.Created, r.AmountIn
			b.save(r, nil)
		case 2:
			b.fail(r, integration.Errored, "x")
		}
	}
	for _, f := range []integration.RunFilter{
		{Period: "2026-10"}, {Period: "2026-11"}, {Period: "2026-12"},
		{Period: "2026-11", IntegrationID: us}, {Period: "2026-11", IntegrationID: uk},
		{Period: "2026-11", Statuses: []integration.Status{integration.Errored}}, {Period: "2026-10", Causes: []string{"x"}, IntegrationID: us},
		{Period: "2026-10", Currency: "USD"}, {Period: "2026-10", Currency: "EUR"},
	} {
		read := f
		read.HasMin = true // which no sum knows
		want, err := b.Sum(t.Context(), read)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Sum(t.Context(), f)
		if err != nil || !reflect.DeepEqual(got.ByStatus, want.ByStatus) {
			t.Errorf("%+v sums to %v, want %v (%v)", f, got.ByStatus, want.ByStatus, err)
		}
		for c, m := range want.Money {
			if !got.Money[c].Plus(m.Neg()).IsZero() {
				t.Errorf("%+v sums to %v, want %v", f, got.Money, want.Money)
			}
		}
	}
}

// An account is found by its id and by any code it had, and each code finds
// the runs made under it alone.
func accounts(t *testing.T, b *testbed) {
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
	if _, err := b.Runs(t.Context(), integration.RunFilter{}, "not a token", 10); err == nil || !strings.Contains(err.Error(), "start again") {
		t.Errorf("a bad token gave %v", err)
	}
}
