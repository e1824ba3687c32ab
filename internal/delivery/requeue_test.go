package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/integration"
)

// Runs of an integration that was deleted stay as they are when mappings come,
// and keep no others from going on.
func TestAMappingLeavesTheRunsOfADeletedIntegration(t *testing.T) {
	us := connected("us", "useExternalMappingAccountCode", true, "netsuiteDefaultItemId", "")
	eu := connected("eu", "useExternalMappingAccountCode", true, "netsuiteDefaultItemId", "")
	story(t, func(t *testing.T, b *bench) {
		item := func(entity, id string) integration.ExternalMapping {
			table := map[string]string{"Product": "Item", "Account": "Customer"}[entity]
			return integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: table, M3terEntity: entity, M3terID: id, ExternalID: "5"}
		}
		b.ledger.PutMapping(item("Account", "acc1"))
		left := b.submit("us", billOf("b1", "acc1", 1, "APPROVED"), billOf("b2", "acc2", 1, "APPROVED"))
		goes := b.submit("eu", billOf("b3", "acc1", 1, "APPROVED"), billOf("b4", "acc2", 1, "APPROVED"))
		time.Sleep(time.Minute)
		for i, cause := range []string{"item_missing", "account_mapping_missing", "item_missing", "account_mapping_missing"} {
			if r := b.run(append(slices.Clone(left), goes...)[i].ID); r.Cause != cause {
				t.Fatalf("run %d: cause %s: %s", i, r.Cause, r.Error)
			}
		}
		b.ledger.Drop("us")
		added := []integration.ExternalMapping{item("Account", "acc2"), item("Product", "p1"), item("Product", "p2")}
		for _, m := range added {
			b.ledger.PutMapping(m)
		}
		if err := b.engine.MappingsAdded(t.Context(), added); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		for _, r := range left {
			b.want(r.ID, integration.Errored, "")
		}
		for _, r := range goes {
			b.want(r.ID, integration.Complete, integration.Created)
		}
	}, us, eu)
}

// What a person settles while runs are re-queued stays settled: it would be sent
// although somebody has put it into NetSuite by hand.
func TestARequeueLeavesWhatAPersonSettled(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		r := b.submit("us", billOf("b1", "acc1", 1, "APPROVED"))[0]
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Errored, "")
		var once sync.Once
		b.ledger.OnSave = func(run integration.Run, _ *integration.Attempt) error {
			if run.Status == integration.Waiting { // it was read, and is saved in a moment
				once.Do(func() {
					if _, err := b.engine.Skip(context.Background(), run.ID, "invoiced by hand", "anna"); err != nil {
						t.Error(err)
					}
				})
			}
			return nil
		}
		m := integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "Customer", M3terEntity: "Account",
			M3terID: "acc1", ExternalID: "77"}
		b.ledger.PutMapping(m)
		if err := b.engine.MappingsAdded(t.Context(), []integration.ExternalMapping{m}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		b.want(r.ID, integration.Complete, integration.Skipped)
		b.ns.lately(func(n *netsuite) {
			if n.calls != 0 {
				t.Error("it was sent all the same")
			}
		})
	}, connected("us", "useExternalMappingAccountCode", true))
}

// An import that frees few of many parked runs reads and changes only those, and
// closes the events of the customers that it maps, and of no others.
func TestAnImportReadsOnlyWhatItFrees(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		var bills [][]byte
		for i := range 40 {
			bills = append(bills, billOf(fmt.Sprint("b", i), fmt.Sprint("acc", i), 1, "APPROVED"))
		}
		runs := b.submit("us", bills...)
		time.Sleep(time.Minute)
		var ms []integration.ExternalMapping
		for i := range 1000 {
			ms = append(ms, integration.ExternalMapping{ExternalSystem: "netsuite", ExternalTable: "Customer", M3terEntity: "account",
				M3terID: fmt.Sprint("acc", 38+i), ExternalID: "77"})
		}
		for _, m := range ms {
			b.ledger.PutMapping(m)
		}
		var saved atomic.Int32 // runs are saved side by side
		b.ledger.OnSave = func(r integration.Run, _ *integration.Attempt) error {
			if r.Status == integration.Waiting {
				saved.Add(1)
			}
			return nil
		}
		if err := b.engine.MappingsAdded(t.Context(), ms); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := saved.Load(); n != 2 {
			t.Errorf("%d runs were re-queued", n)
		}
		for i, r := range runs {
			if i < 38 {
				b.want(r.ID, integration.Errored, "")
			} else {
				b.want(r.ID, integration.Complete, integration.Created)
			}
		}
		if left, of := b.engine.Requeueing(); left != 0 || of != 0 {
			t.Errorf("%d of %d are to be looked at", left, of)
		}
	}, connected("us", "useExternalMappingAccountCode", true))
}
