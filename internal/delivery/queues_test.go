package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// counted is a ledger that knows how many due runs it was asked for.
type counted struct {
	delivery.Ledger
	most int // at once
}

func (c *counted) DueFor(ctx context.Context, id string, now time.Time, limit int) ([]integration.Run, time.Time, error) {
	due, next, err := c.Ledger.DueFor(ctx, id, now, limit)
	c.most = max(c.most, len(due))
	return due, next, err
}

// What an account's queue reads has nothing to do with how many Bills other
// accounts have on their way.
func TestAQueueReadsPastItsOwnBillsAlone(t *testing.T) {
	t.Parallel()
	read := func(names ...string) int {
		c := &counted{}
		synctest.Test(t, func(t *testing.T) {
			var ins []integration.Integration
			to := accounts{}
			for _, name := range names {
				ins = append(ins, connected(name, "billferry.maxConcurrency", 10))
				to[name] = newNetsuite()
				to[name].account = name
			}
			b := newBench(t, ins...)
			c.Ledger = b.ledger
			b.o.Ledger, b.o.Resolver, b.o.Workers = c, to, 10
			var rs []integration.Run
			for _, name := range names {
				b.wide(name)
			}
			b.start()
			for _, name := range names {
				rs = append(rs, b.submit(name, backlog(name+"-", 3*ahead)...)...)
			}
			time.Sleep(time.Hour)
			for _, r := range rs {
				b.want(r.ID, integration.Complete, integration.Created)
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
		return c.most
	}
	if one, four, page := read("a"), read("a", "b", "c", "d"), 64+ahead; one > page || four > page {
		t.Errorf("at one account %d runs are read at once, at four %d, of %d at most", one, four, page)
	}
}

// A Bill behind hundreds that another account has on their way does not wait for them.
func TestAQueueReadsPastTheBillsOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("slow", "billferry.maxConcurrency", 50), connected("quick"))
		slow, quick := newNetsuite(), newNetsuite()
		slow.account, quick.account = "SLOW", "QUICK"
		slow.latency = func() time.Duration { return time.Hour }
		b.o.Resolver = accounts{"slow": slow, "quick": quick}
		if err := b.ledger.SetMeta(t.Context(), "pace/SLOW", []byte(`{"limit":50}`)); err != nil {
			t.Fatal(err)
		}
		b.start()
		var both [][]byte
		for i := range 6 * 50 {
			both = append(both, billOf(fmt.Sprint("both", i), "acc", 1, "PENDING"))
		}
		b.submit("slow", both...)
		time.Sleep(time.Second)
		b.submit("quick", both...)
		own := b.submit("quick", billOf("own", "acc", 1, "PENDING"))[0]
		time.Sleep(time.Second)
		b.want(own.ID, integration.Complete, integration.Created)
		time.Sleep(12 * time.Hour)
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}
