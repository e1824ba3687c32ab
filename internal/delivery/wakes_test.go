package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// accounts sends each integration to a NetSuite of its own.
type accounts map[string]*netsuite

func (a accounts) Destination(ctx context.Context, in integration.Integration) (delivery.Destination, error) {
	return a[in.ID].Destination(ctx, in)
}

func (a accounts) System(entityType, destination string) (delivery.System, error) {
	return newNetsuite().System(entityType, destination)
}

// wide has it known that an account takes ten requests at once.
func (b *bench) wide(account string) {
	if err := b.ledger.SetMeta(b.t.Context(), "pace/"+account, []byte(`{"limit":10}`)); err != nil {
		b.t.Fatal(err)
	}
}

// ahead is how many Bills are on their way at once into an account of ten slots.
const ahead = 6*10 + 4

// backlog makes so many Bills.
func backlog(name string, n int) (bills [][]byte) {
	for i := range n {
		bills = append(bills, billOf(fmt.Sprintf("%s%02d", name, i), "acc", 1, "PENDING"))
	}
	return bills
}

// A Bill that waits in one integration while another has it goes out as soon as
// that one is done, though the other's account is busy with a backlog and the
// engine need not look for more of it.
func TestABillIsNotHeldUpByAnotherAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("slow", "billferry.maxConcurrency", 10), connected("quick"))
		slow, quick := newNetsuite(), newNetsuite()
		slow.account, quick.account = "SLOW", "QUICK"
		slow.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			if d.ExternalID != "m3b-both" {
				time.Sleep(time.Hour)
			}
			return nil
		}
		b.o.Resolver = accounts{"slow": slow, "quick": quick}
		b.wide("SLOW")
		b.start()
		b.submit("slow", billOf("both", "acc", 1, "PENDING"))
		synctest.Wait() // it has a slot
		b.submit("slow", backlog("late", ahead)...)
		synctest.Wait() // and there is no room for more
		r := b.submit("quick", billOf("both", "acc", 1, "PENDING"))[0]
		synctest.Wait()
		b.want(r.ID, integration.Waiting, "")
		time.Sleep(time.Second)
		b.want(r.ID, integration.Complete, integration.Created)
		time.Sleep(5 * time.Hour)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// The runs of an integration that is disabled for its faults say so at once,
// though it shares its account with one that has a backlog.
func TestADisabledIntegrationDoesNotWaitForItsAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ten := []any{"billferry.maxConcurrency", 10}
		b := newBench(t, connected("busy", ten...), connected("faulty", append(ten, "netsuiteDefaultItemId", "")...))
		b.ns.latency = func() time.Duration { return time.Hour }
		b.wide(b.ns.account)
		if err := b.ledger.SetMeta(t.Context(), "health/faulty", []byte(`{"faults":24}`)); err != nil {
			t.Fatal(err)
		}
		b.start()
		b.submit("busy", backlog("late", ahead-3)...) // leaves room for three
		synctest.Wait()
		rs := b.submit("faulty", backlog("faulty", 5)...)
		time.Sleep(time.Second)
		got := map[integration.Status]int{}
		for _, r := range rs {
			got[b.run(r.ID).Status]++
		}
		if got[integration.Errored] != 3 || got[integration.Disabled] != 2 {
			t.Errorf("the first of three faults disables: %v", got)
		}
		time.Sleep(5 * time.Hour)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}
