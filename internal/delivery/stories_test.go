package delivery_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// poll takes Bills in as the poller does: heads first, whole ones where the
// engine asks for them.
func (b *bench) poll(bills ...[]byte) (runs []integration.Run, fetched int) {
	b.t.Helper()
	heads := make([]bill.Head, len(bills))
	for i, raw := range bills {
		h, err := bill.DecodeHead(raw)
		if err != nil {
			b.t.Fatal(err)
		}
		heads[i] = h
	}
	missing, err := b.engine.Missing(b.t.Context(), heads)
	if err != nil {
		b.t.Fatal(err)
	}
	for i, m := range missing {
		if !m {
			continue
		}
		fetched++
		rs, err := b.engine.Submit(b.t.Context(), "", bills[i], "poll")
		if err != nil {
			b.t.Fatal(err)
		}
		runs = append(runs, rs...)
	}
	return runs, fetched
}

// story runs f against a started engine and ends it.
func story(t *testing.T, f func(t *testing.T, b *bench), ins ...integration.Integration) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, ins...)
		b.start()
		f(t, b)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestStoryApprovalGate(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		if rs, fetched := b.poll(billOf("b1", "acc", 1, "PENDING")); len(rs) != 0 || fetched != 0 {
			t.Errorf("a pending Bill made %d runs after %d fetches", len(rs), fetched)
		}
		rs, _ := b.poll(billOf("b1", "acc", 2, "APPROVED"))
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Created)
		sent := b.ns.records["m3b-b1"]
		// Recalculation takes the approval back: the invoice is left alone.
		if rs, _ := b.poll(billOf("b1", "acc", 3, "PENDING")); len(rs) != 0 {
			t.Errorf("approved, then pending made %d runs", len(rs))
		}
		time.Sleep(time.Minute)
		if b.ns.records["m3b-b1"] != sent {
			t.Error("the invoice changed without approval")
		}
		rs, _ = b.poll(billOf("b1", "acc", 4, "APPROVED"))
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Updated)
		// Submitted by hand, the same refusal is told.
		rs = b.submit("us", billOf("b2", "acc", 1, "PENDING"))
		if r := b.want(rs[0].ID, integration.Complete, integration.Skipped); r.Cause != mapping.CauseNotApproved || r.Error == "" {
			t.Errorf("the reason is %s: %q", r.Cause, r.Error)
		}
	}, connected("us", "onlySendBillOnApproval", true))
}

func TestStoryRegenerationUpdatesTheInvoice(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		for v, want := range []integration.Outcome{integration.Created, integration.Updated, integration.Updated} {
			rs, _ := b.poll(billOf("b1", "acc", v+1, "PENDING"))
			time.Sleep(time.Minute)
			b.want(rs[0].ID, integration.Complete, want)
		}
		if b.ns.creates["m3b-b1"] != 1 || b.ns.records["m3b-b1"].total != "103.50" {
			t.Errorf("creates %d, total %s", b.ns.creates["m3b-b1"], b.ns.records["m3b-b1"].total)
		}
		if _, fetched := b.poll(billOf("b1", "acc", 3, "PENDING")); fetched != 0 {
			t.Error("an unchanged Bill was fetched")
		}
		// The same content in a new version: nothing is sent.
		same := billOf("b1", "acc", 3, "APPROVED")
		rs, _ := b.poll(same)
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Unchanged)
		// A version that comes late does not undo the newer one.
		rs = b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Superseded)
	})
}

func TestStoryAdHocAndLockedBills(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		rs, _ := b.poll(billOf("b1", "acc", 1, "PENDING", "AD_HOC"))
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Created)
		// Locking changes neither version nor calculation: no run comes of it.
		if rs, fetched := b.poll(billOf("b1", "acc", 1, "PENDING", "AD_HOC")); len(rs)+fetched != 0 {
			t.Errorf("a locked Bill made %d runs", len(rs))
		}
	})
}

func TestStoryNewerVersionSupersedesTheOneThatWaits(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.latency = func() time.Duration { return time.Minute }
		first := b.submit("us", billOf("b1", "acc", 1, "PENDING"))[0]
		time.Sleep(time.Second)
		b.want(first.ID, integration.Started, "")
		second := b.submit("us", billOf("b1", "acc", 2, "PENDING"))[0]
		time.Sleep(time.Second)
		b.want(second.ID, integration.Waiting, "") // one at a time for one Bill
		third := b.submit("us", billOf("b1", "acc", 3, "PENDING"))[0]
		time.Sleep(5 * time.Minute)
		b.want(first.ID, integration.Complete, integration.Created)
		b.want(second.ID, integration.Complete, integration.Superseded)
		b.want(third.ID, integration.Complete, integration.Updated)
		if b.ns.highest != 1 || b.ns.calls != 2 {
			t.Errorf("%d calls, %d at once", b.ns.calls, b.ns.highest)
		}
	})
}

func TestStoryTwoIntegrationsOnOneBill(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		rs, fetched := b.poll(billOf("b1", "acc", 1, "PENDING"))
		if len(rs) != 2 || fetched != 1 {
			t.Fatalf("%d runs of %d fetches", len(rs), fetched)
		}
		time.Sleep(time.Minute)
		b.want(rs[0].ID, integration.Complete, integration.Created)
		b.want(rs[1].ID, integration.Complete, integration.Created)
		if len(b.ns.records) != 2 {
			t.Errorf("records: %v", b.ns.changes)
		}
	}, connected("us"), connected("uk", "billferry.externalIdPrefix", "uk-"))
}

func TestStoryDisjointAccountLists(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		rs, fetched := b.poll(billOf("b1", "us1", 1, "PENDING"), billOf("b2", "uk1", 1, "PENDING"), billOf("b3", "other", 1, "PENDING"))
		if len(rs) != 2 || fetched != 2 || rs[0].IntegrationID != "us" || rs[1].IntegrationID != "uk" {
			t.Errorf("%d fetched, runs %+v", fetched, rs)
		}
		// Told to send it there, the integration says why it does not.
		r := b.submit("us", billOf("b4", "uk1", 1, "PENDING"))[0]
		if r = b.want(r.ID, integration.Complete, integration.Skipped); r.Cause != mapping.CauseNotListed {
			t.Errorf("the reason is %s", r.Cause)
		}
	}, connected("us", "accountIds", []any{"us1"}), connected("uk", "accountIds", []any{"uk1"}))
}

func TestStoryNothingLeftToSend(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		rs, _ := b.poll(billOf("b1", "acc", 1, "PENDING"))
		time.Sleep(time.Minute)
		if r := b.want(rs[0].ID, integration.Complete, integration.Skipped); r.Cause != "all_excluded" || r.ExternalID != "" {
			t.Errorf("the run says %+v", r)
		}
		if b.ns.calls != 0 {
			t.Error("something was sent")
		}
	}, connected("us", "excludedLineItemTypes", []any{"USAGE", "STANDING_CHARGE"}))
}

func TestStoryDisabledThenEnabledAndReplayed(t *testing.T) {
	in := connected("us")
	in.Enabled = false
	story(t, func(t *testing.T, b *bench) {
		rs, _ := b.poll(billOf("b1", "acc", 1, "PENDING"))
		b.want(rs[0].ID, integration.Disabled, "")
		if again, fetched := b.poll(billOf("b1", "acc", 1, "PENDING")); len(again)+fetched != 0 {
			t.Error("a recorded Bill was fetched again")
		}
		if out, err := b.engine.Retry(t.Context(), []string{rs[0].ID}); err != nil || len(out) != 0 {
			t.Errorf("retry while disabled: %v, %v", out, err)
		}
		if _, err := b.ledger.SetEnabled(t.Context(), "us", true, ""); err != nil {
			t.Fatal(err)
		}
		out, err := b.engine.Retry(t.Context(), []string{rs[0].ID})
		if err != nil || len(out) != 1 || out[0].ReplayedFrom != rs[0].ID || out[0].Trigger != "retry" {
			t.Fatalf("retry: %+v, %v", out, err)
		}
		time.Sleep(time.Minute)
		b.want(out[0].ID, integration.Complete, integration.Created)
		old := b.want(rs[0].ID, integration.Complete, integration.Superseded)
		if old.Cause != integration.CauseRetried || !strings.Contains(old.Error, out[0].ID) || !strings.Contains(old.Error, "DISABLED") {
			t.Errorf("what happened does not stay said: %+v", old)
		}
	}, in)
}

func TestStoryDisabledWhileRunsWait(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.latency = func() time.Duration { return time.Minute }
		var bills [][]byte
		for _, id := range []string{"b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"} {
			bills = append(bills, billOf(id, "acc", 1, "PENDING"))
		}
		rs := b.submit("us", bills...)
		time.Sleep(time.Second)
		if _, err := b.ledger.SetEnabled(t.Context(), "us", false, "by hand"); err != nil {
			t.Fatal(err)
		}
		b.engine.Wake()
		time.Sleep(time.Hour)
		got := map[integration.Status]int{}
		for _, r := range rs {
			got[b.run(r.ID).Status]++
		}
		if got[integration.Complete] != 2 || got[integration.Disabled] != 7 {
			t.Errorf("two were under way: %v", got)
		}
	})
}

func TestStoryTwoIntegrationsTakeTurns(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		var many [][]byte
		for i := range 200 {
			many = append(many, billOf("us"+string(rune('a'+i/26))+string(rune('a'+i%26)), "acc", 1, "PENDING"))
		}
		b.submit("us", many...)
		r := b.submit("uk", billOf("uk1", "acc", 1, "PENDING"))[0]
		time.Sleep(time.Second) // 200 Bills at 2 to 5 slots take more than 2 s
		b.want(r.ID, integration.Complete, integration.Created)
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			if len(n.records) != 201 {
				t.Errorf("%d records", len(n.records))
			}
		})
	}, connected("us"), connected("uk"))
}

func TestHistoryKeepsANewIntegrationFromOldBills(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := connected("us")
		in.Created = time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
		b := newBench(t, in)
		b.o.History = 24 * time.Hour
		b.start()
		if rs, _ := b.poll(billOf("b1", "acc", 1, "PENDING")); len(rs) != 0 { // calculated on 1 August
			t.Error("a Bill from before the integration was taken")
		}
		if rs := b.submit("us", billOf("b1", "acc", 1, "PENDING")); len(rs) != 1 {
			t.Error("by hand it must be taken")
		}
		_ = b.end()
	})
}
