package delivery_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// What mappings name by external id or by name is asked for once for many Bills,
// with a slot of the account, and again after some minutes or when a person
// retries. It was a query for each of them and each Bill.
func TestRecordsOfMappingsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "useExternalMappingAccountCode", true))
		for _, m := range [][4]string{{"Account", "acc", "Customer", "ext:C-1"}, {"Product", "p1", "Item", "ext:I-1"},
			{"Product", "p2", "Item", "name:Calls"}} {
			b.ledger.PutMapping(integration.ExternalMapping{M3terEntity: m[0], M3terID: m[1], ExternalSystem: "Netsuite",
				ExternalTable: m[2], ExternalID: m[3]})
		}
		b.ns.named = map[string]integration.Named{"customer ext:C-1": {ID: "601"}, "item ext:I-1": {ID: "101"}, "item name:Calls": {ID: "102"}}
		b.start()
		n := 0
		send := func(why string, bills, questions int) {
			t.Helper()
			b.ns.lately(func(n *netsuite) { n.resolves, n.highest = nil, 0 })
			var raws [][]byte
			for range bills {
				n++
				raws = append(raws, billOf(fmt.Sprint("b", n), "acc", 1, "APPROVED"))
			}
			rs := b.submit("us", raws...)
			time.Sleep(time.Minute)
			for _, r := range rs {
				b.want(r.ID, integration.Complete, integration.Created)
			}
			b.ns.lately(func(n *netsuite) {
				if len(n.resolves) != questions {
					t.Errorf("%s: asked %v", why, n.resolves)
				}
			})
		}
		send("the first Bills", 50, 2) // one for each kind of record
		send("Bills after them", 50, 0)
		time.Sleep(10 * time.Minute)
		send("ten minutes later", 50, 2)

		b.ns.lately(func(n *netsuite) { delete(n.named, "customer ext:C-1"); n.resolves = nil })
		time.Sleep(10 * time.Minute)
		var raws [][]byte
		for i := range 20 {
			raws = append(raws, billOf(fmt.Sprint("lost", i), "acc", 1, "APPROVED"))
		}
		lost := b.submit("us", raws...)
		time.Sleep(30 * time.Second)
		for _, r := range lost {
			if got := b.want(r.ID, integration.Errored, ""); got.Cause != "account_mapping_missing" {
				t.Errorf("%s: %s", got.Cause, got.Error)
			}
		}
		b.ns.lately(func(n *netsuite) {
			if len(n.resolves) != 1 {
				t.Errorf("20 Bills of a customer that is not there: asked %v", n.resolves)
			}
			n.named["customer ext:C-1"] = integration.Named{ID: "601"}
		})
		again, err := b.engine.Retry(t.Context(), []string{lost[0].ID})
		if err != nil || len(again) != 1 {
			t.Fatal(again, err)
		}
		time.Sleep(10 * time.Second)
		b.want(again[0].ID, integration.Complete, integration.Created)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// The question holds a slot of the account: at one slot no call goes beside it.
func TestRecordsOfMappingsTakeASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "useExternalMappingAccountCode", true, "billferry.maxConcurrency", 1))
		for i := range 10 {
			ref := fmt.Sprint("ext:C-", i)
			b.ledger.PutMapping(integration.ExternalMapping{M3terEntity: "Account", M3terID: fmt.Sprint("acc", i), ExternalSystem: "Netsuite",
				ExternalTable: "Customer", ExternalID: ref})
		}
		b.ns.named = map[string]integration.Named{}
		for i := range 10 {
			b.ns.named[fmt.Sprint("customer ext:C-", i)] = integration.Named{ID: fmt.Sprint(600 + i)}
		}
		b.ns.latency = func() time.Duration { return time.Second }
		b.start()
		began := time.Now()
		for i := range 10 {
			b.submit("us", billOf(fmt.Sprint("b", i), fmt.Sprint("acc", i), 1, "APPROVED"))
		}
		time.Sleep(19 * time.Second)
		b.ns.lately(func(n *netsuite) {
			if len(n.records) >= 10 {
				t.Errorf("ten questions and ten documents of a second each took %s", time.Since(began))
			}
		})
		time.Sleep(5 * time.Second)
		b.ns.lately(func(n *netsuite) {
			if len(n.records) != 10 || n.slots != 0 {
				t.Errorf("%d documents", len(n.records))
			}
		})
		_ = b.end()
	})
}

// What one integration is told of its login is nothing to another that asks for
// the same record of the same account with credentials of its own.
func TestARefusedLoginIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := delivery.New(newBench(t).o)
		refused := errors.New("refused")
		go func() {
			_, err := e.ResolveWith(t.Context(), "revoked", "ext:C-1", func([]string) (map[string]integration.Named, error) {
				time.Sleep(time.Second)
				return nil, refused
			})
			if !errors.Is(err, refused) {
				t.Error(err)
			}
		}()
		synctest.Wait()
		found, err := e.ResolveWith(t.Context(), "good", "ext:C-1", func([]string) (map[string]integration.Named, error) {
			return map[string]integration.Named{"ext:C-1": {ID: "601"}}, nil
		})
		if err != nil || found["ext:C-1"].ID != "601" {
			t.Errorf("%v, %v", found, err)
		}
		time.Sleep(time.Minute)
	})
}

// An answer holds for who asked, though it is forgotten at once: a retry drops what
// is known, and so does a clock that is set back.
func TestAnAnswerThatIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	o := newBench(t).o
	now := time.Now()
	o.Now = func() time.Time { now = now.Add(-time.Second); return now }
	found, err := delivery.New(o).ResolveWith(t.Context(), "good", "ext:C-1", func([]string) (map[string]integration.Named, error) {
		return map[string]integration.Named{"ext:C-1": {ID: "601"}}, nil
	})
	if err != nil || found["ext:C-1"].ID != "601" {
		t.Errorf("%v, %v", found, err)
	}
}
