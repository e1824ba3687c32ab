package ledgertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// Suite is what every delivery.Ledger promises, as tests. open gives an empty
// ledger with one integration in it, and that integration's id.
func Suite(t *testing.T, open func(t *testing.T) (delivery.Ledger, string)) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, l delivery.Ledger, in string)
	}{
		{"a known version is left out", knownVersion},
		{"a Bill is kept in memory of its own", ownsBills},
		{"a newer version supersedes what waits", supersedes},
		{"an older version does not supersede", olderVersion},
		{"what is in flight passes its doubt on", passesDoubt},
		{"a hold keeps a run back and passes on", holds},
		{"nothing leaves what is complete", staysComplete},
		{"a retry is work of its own", retried},
		{"due runs come oldest first", dueOrder},
		{"started runs are in flight, not due", inFlight},
		{"what was or may have been sent is known", siblings},
		{"runs page without loss", pages},
		{"integration state and small things are kept", small},
		{"what happens again is counted on the open event", countsEvents},
		{"the money of a Bill counts once", countsOnce},
		{"what is seen of a document stays with it", watches},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, in := open(t)
			c.do(t, l, in)
		})
	}
}

var epoch = time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)

func newRun(in, billID string, version int64) delivery.NewRun {
	return delivery.NewRun{
		Run: integration.Run{
			IntegrationID: in, EntityType: "Bill", EntityID: billID, Destination: "Netsuite", BillVersion: version,
			BillCalculated: epoch.Format(time.RFC3339), BillStatus: "APPROVED", AccountID: "acc-1", Currency: "USD",
			Status: integration.Waiting, Created: epoch, Modified: epoch,
		},
		Bill: []byte(`{"id":"` + billID + `"}`),
	}
}

func add(t *testing.T, l delivery.Ledger, news ...delivery.NewRun) []delivery.AddedRun {
	t.Helper()
	out, err := l.AddRuns(t.Context(), news)
	if err != nil || len(out) != len(news) {
		t.Fatalf("AddRuns gave %d of %d: %v", len(out), len(news), err)
	}
	return out
}

func read(t *testing.T, l delivery.Ledger, id string) integration.Run {
	t.Helper()
	r, err := l.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func save(t *testing.T, l delivery.Ledger, r integration.Run, a *integration.Attempt) {
	t.Helper()
	if err := l.SaveRun(t.Context(), r, a); err != nil {
		t.Fatal(err)
	}
}

func knownVersion(t *testing.T, l delivery.Ledger, in string) {
	out := add(t, l, newRun(in, "b1", 1), newRun(in, "b1", 1), newRun(in, "b2", 1))
	if !out[0].Added || out[1].Added || !out[2].Added || out[1].Run.ID != out[0].Run.ID || out[0].Run.ID == "" {
		t.Errorf("added %v %v %v, ids %q %q", out[0].Added, out[1].Added, out[2].Added, out[0].Run.ID, out[1].Run.ID)
	}
	if again := add(t, l, newRun(in, "b1", 1)); again[0].Added || again[0].Run.ID != out[0].Run.ID {
		t.Errorf("the second time it gave %+v", again[0])
	}
	known, err := l.Known(t.Context(), []string{newRun(in, "b1", 1).Run.Key(), newRun(in, "b1", 2).Run.Key()})
	if err != nil || !slices.Equal(known, []bool{true, false}) {
		t.Errorf("Known = %v, %v", known, err)
	}
	if b, err := l.Bill(t.Context(), out[0].Run.ID); err != nil || string(b) != `{"id":"b1"}` {
		t.Errorf("Bill = %s, %v", b, err)
	}
	if _, err := l.Run(t.Context(), "nobody"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("an unknown run gave %v", err)
	}
}

func ownsBills(t *testing.T, l delivery.Ledger, in string) {
	n := newRun(in, "b1", 1)
	want := string(n.Bill)
	r := add(t, l, n)[0].Run
	clear(n.Bill) // as one does who reads Bills into one buffer
	if got, err := l.Bill(t.Context(), r.ID); err != nil || string(got) != want {
		t.Errorf("the Bill is %q, not %q: %v", got, want, err)
	}
}

func supersedes(t *testing.T, l delivery.Ledger, in string) {
	old := add(t, l, newRun(in, "b1", 1))[0].Run
	add(t, l, newRun(in, "b1", 2))
	if r := read(t, l, old.ID); r.Status != integration.Complete || r.Outcome != integration.Superseded {
		t.Errorf("the older run is %s/%s", r.Status, r.Outcome)
	}
	old.Status, old.InFlight = integration.Started, true
	if err := l.SaveRun(t.Context(), old, nil); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("a superseded run came back to life: %v", err)
	}
	started := add(t, l, newRun(in, "b2", 1))[0].Run
	started.Status, started.InFlight = integration.Started, true
	save(t, l, started, nil)
	add(t, l, newRun(in, "b2", 2))
	if r := read(t, l, started.ID); r.Status != integration.Started {
		t.Errorf("a started run became %s", r.Status)
	}
	started.Status, started.InFlight, started.Cause = integration.PeriodClosed, false, "period_closed"
	save(t, l, started, nil)
	if r := read(t, l, started.ID); r.Status != integration.Complete || r.Outcome != integration.Superseded ||
		r.Cause != integration.CauseNewerVersion {
		t.Errorf("a run that failed after a newer version had come is %s %s %s: the Bill would need a person twice", r.Status, r.Outcome, r.Cause)
	}
}

func olderVersion(t *testing.T, l delivery.Ledger, in string) {
	newer := add(t, l, newRun(in, "b1", 2))[0].Run
	if r := add(t, l, newRun(in, "b1", 1))[0].Run; r.Outcome != integration.Superseded {
		t.Errorf("the older version came as %s/%s", r.Status, r.Outcome)
	}
	if r := read(t, l, newer.ID); r.Status != integration.Waiting {
		t.Errorf("an older version made the newer one %s/%s", r.Status, r.Outcome)
	}
	add(t, l, newRun(in, "b2", 2))
	off := newRun(in, "b2", 1)
	off.Run.Status, off.Run.Cause, off.Run.Completed = integration.Disabled, "integration_disabled", epoch
	if r := add(t, l, off)[0].Run; r.Status != integration.Complete || r.Outcome != integration.Superseded {
		t.Errorf("the older version, added while the integration was disabled, came as %s/%s: nobody could settle it", r.Status, r.Outcome)
	}
}

func passesDoubt(t *testing.T, l delivery.Ledger, in string) {
	old := add(t, l, newRun(in, "b1", 1))[0].Run
	old.Status, old.InFlight, old.Next = integration.AwaitingRetry, true, epoch
	save(t, l, old, nil)
	if next := add(t, l, newRun(in, "b1", 2))[0].Run; !next.InFlight || !read(t, l, next.ID).InFlight {
		t.Error("the new run does not know that the older one may have had its effect")
	}
}

func staysComplete(t *testing.T, l delivery.Ledger, in string) {
	r := add(t, l, newRun(in, "b1", 1))[0].Run
	read := r // by somebody who is slow
	r.Status, r.Outcome, r.Cause = integration.Complete, integration.Skipped, "skipped_by_hand"
	save(t, l, r, nil)
	for name, do := range map[string]func(context.Context, integration.Run, *integration.Attempt) error{
		"SaveRun": l.SaveRun, "SaveRunSoon": l.SaveRunSoon,
	} {
		if err := do(t.Context(), read, nil); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := l.Run(t.Context(), r.ID); err != nil || got.Status != integration.Complete || got.Outcome != integration.Skipped {
		t.Errorf("the run is %s/%s, %v", got.Status, got.Outcome, err)
	}
}

func retried(t *testing.T, l delivery.Ledger, in string) {
	old := add(t, l, newRun(in, "b1", 1))[0].Run
	old.Status = integration.Errored
	save(t, l, old, nil)
	n := newRun(in, "b1", 1)
	n.Run.ReplayedFrom = old.ID
	out := add(t, l, n, n)
	if !out[0].Added || out[1].Added || out[0].Run.ID == old.ID {
		t.Errorf("the retry gave %+v", out)
	}
	if r := read(t, l, old.ID); r.Status != integration.Complete || r.Outcome != integration.Superseded ||
		r.Cause != integration.CauseRetried ||
		!strings.Contains(r.Error, out[0].Run.ID) || !strings.Contains(r.Error, "ERROR") {
		t.Errorf("the replayed run became %s/%s: %s", r.Status, r.Outcome, r.Error)
	}
	if known := add(t, l, newRun(in, "b1", 1)); known[0].Added || known[0].Run.ID != out[0].Run.ID {
		t.Errorf("the same version again gave run %s, not the retry", known[0].Run.ID)
	}
	done := add(t, l, newRun(in, "b2", 1))[0].Run
	done.Status, done.Outcome = integration.Complete, integration.Skipped
	save(t, l, done, nil)
	n = newRun(in, "b2", 1)
	n.Run.ReplayedFrom = done.ID
	add(t, l, n)
	if r := read(t, l, done.ID); r.Outcome != integration.Skipped {
		t.Errorf("the skipped run became %s/%s", r.Status, r.Outcome)
	}
}

func dueOrder(t *testing.T, l delivery.Ledger, in string) {
	for _, x := range []struct {
		bill string
		next time.Time
	}{{"late", epoch.Add(time.Hour)}, {"second", epoch.Add(-time.Minute)}, {"first", epoch.Add(-time.Hour)}} {
		r := add(t, l, newRun(in, x.bill, 1))[0].Run
		r.Status, r.Next = integration.AwaitingRetry, x.next
		save(t, l, r, nil)
	}
	due, next, err := l.DueFor(t.Context(), in, epoch, 10)
	if err != nil || len(due) != 2 || !next.Equal(epoch.Add(time.Hour)) {
		t.Fatalf("DueFor gave %d runs, next %s: %v", len(due), next, err)
	}
	if due, next, err = l.DueFor(t.Context(), "nobody", epoch, 10); err != nil || len(due) != 0 || !next.IsZero() {
		t.Errorf("nobody has %d due, next %s: %v", len(due), next, err)
	}
	all, _, err := l.DueFor(t.Context(), in, epoch.Add(2*time.Hour), 2)
	if err != nil || len(all) != 2 {
		t.Errorf("DueFor gave %d of at most 2: %v", len(all), err)
	}
}

func inFlight(t *testing.T, l delivery.Ledger, in string) {
	r := add(t, l, newRun(in, "b1", 1))[0].Run
	r.Status, r.InFlight, r.ExternalRef = integration.Started, true, "m3b-b1"
	save(t, l, r, nil)
	due, _, err := l.DueFor(t.Context(), in, epoch, 10)
	if err != nil || len(due) != 0 {
		t.Errorf("a started run is due: %v, %v", due, err)
	}
	up, err := l.InFlight(t.Context())
	if err != nil || len(up) != 1 || up[0].ID != r.ID || up[0].ExternalRef != "m3b-b1" {
		t.Errorf("InFlight = %+v, %v", up, err)
	}
	r.Status, r.InFlight = integration.Complete, false
	save(t, l, r, &integration.Attempt{N: 1, Start: epoch, End: epoch.Add(time.Second), Status: integration.Complete})
	if up, err = l.InFlight(t.Context()); err != nil || len(up) != 0 {
		t.Errorf("a settled run is in flight: %v, %v", up, err)
	}
}

// siblings: what was sent, or may have been, is found whoever sent it, until a
// delivery of the Bill has settled it; and so is what is newer.
func siblings(t *testing.T, l delivery.Ledger, in string) {
	of := func(r integration.Run, want ...string) {
		t.Helper()
		all, err := l.Siblings(t.Context(), r)
		var got []string
		for _, s := range all {
			got = append(got, s.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Siblings of version %d = %v, %v; want %v", r.BillVersion, got, err, want)
		}
	}
	first := add(t, l, newRun(in, "b1", 1))[0].Run
	of(first)
	doc := integration.Doc{Account: "TSTDRV1", Kind: "invoice", ExternalID: "m3b-b1", Since: epoch}
	first.Status, first.InFlight = integration.AwaitingRetry, true
	first.Suspect(doc)
	save(t, l, first, nil)
	second := add(t, l, newRun(in, "b1", 2))[0].Run // supersedes the first
	other := add(t, l, newRun("another", "b1", 2))[0].Run
	add(t, l, newRun(in, "b2", 1))
	of(second, first.ID)
	of(other, first.ID)
	of(read(t, l, first.ID), other.ID, second.ID)
	if r := read(t, l, first.ID); !r.Doubts(doc) || !r.Doubt[0].Since.Equal(epoch) {
		t.Errorf("the superseded run has the doubt %+v", r.Doubt)
	}
	second.Status, second.Outcome, second.ExternalID = integration.Complete, integration.Created, "77"
	prove := func(account string) {
		t.Helper()
		seen := doc
		seen.Account = account
		if err := l.SaveProven(t.Context(), second, nil, []integration.Doc{seen}); err != nil {
			t.Error(err)
		}
	}
	prove("OTHER")
	of(other, second.ID, first.ID)
	prove("TSTDRV1")
	of(other, second.ID)
	if r := read(t, l, first.ID); len(r.Doubt) != 0 || r.Outcome != integration.Superseded {
		t.Errorf("the superseded run is %s with the doubt %+v", r.Outcome, r.Doubt)
	}
}

func pages(t *testing.T, l delivery.Ledger, in string) {
	var want []string
	for _, b := range []string{"b1", "b2", "b3", "b4", "b5"} {
		r := add(t, l, newRun(in, b, 1))[0].Run
		r.Status, r.Cause = integration.Errored, "account_mapping_missing"
		if b == "b3" {
			r.Cause = "item_missing"
		} else {
			want = append(want, r.ID)
		}
		save(t, l, r, nil)
	}
	f := integration.RunFilter{
		IntegrationID: in, Statuses: []integration.Status{integration.Errored},
		Causes: []string{"account_mapping_missing"}, Account: "acc-1",
	}
	var got []string
	for token := ""; ; {
		p, err := l.Runs(t.Context(), f, token, 2)
		if err != nil || len(p.Runs) > 2 {
			t.Fatalf("a page of %d: %v", len(p.Runs), err)
		}
		for _, r := range p.Runs {
			got = append(got, r.ID)
		}
		if token = p.Next; token == "" {
			break
		}
	}
	slices.Reverse(got) // newest first
	if !slices.Equal(got, want) {
		t.Errorf("pages gave %v, want %v", got, want)
	}
}

func small(t *testing.T, l delivery.Ledger, in string) {
	ctx := context.Background()
	before, err := l.Integration(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	flags(t, l, before)
	for _, may := range []struct{ enabled, authorized bool }{{true, false}, {false, true}, {false, false}, {true, true}} {
		_, err := l.SetEnabled(ctx, in, may.enabled, "")
		if _, err2 := l.SetAuthorized(ctx, in, "", may.authorized); err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if ok, err := l.MaySend(ctx, in, false); err != nil || ok != (may.enabled && may.authorized) {
			t.Errorf("MaySend of %+v = %v, %v", may, ok, err)
		}
	}
	if ok, err := l.MaySend(ctx, "no such integration", true); ok || !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("MaySend of no integration = %v, %v", ok, err)
	}
	if b, err := l.Meta(ctx, "no such key"); err != nil || b != nil {
		t.Errorf("a missing key gave %q, %v", b, err)
	}
	if err := l.SetMeta(ctx, "cursor", []byte("42")); err != nil {
		t.Fatal(err)
	}
	if b, err := l.Meta(ctx, "cursor"); err != nil || string(b) != "42" {
		t.Errorf("Meta = %q, %v", b, err)
	}
	if all, err := l.MetaUnder(ctx, "curs"); err != nil || len(all) != 1 || string(all["cursor"]) != "42" {
		t.Errorf("MetaUnder = %q, %v", all, err)
	}
	if err := l.SetMeta(ctx, "cursor", nil); err != nil {
		t.Fatal(err)
	}
	if all, err := l.MetaUnder(ctx, "curs"); err != nil || len(all) != 0 {
		t.Errorf("MetaUnder = %q after it was removed, %v", all, err)
	}
	if err := l.AddEvent(ctx, integration.Event{ID: "ev-1", Name: integration.EventPerform, Time: epoch, IntegrationID: in,
		Message: "x"}); err != nil {
		t.Error(err)
	}
	_, _, ok, err := l.LookupMapping(ctx, in, "Netsuite", "Customer", "Account", "nobody")
	if ok || err != nil {
		t.Errorf("a mapping nobody made: %v, %v", ok, err)
	}
}
