package delivery_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// bookkeeper is a destination that tells what it holds of a Bill: its document over 1,
// or over what the Bill comes to.
type bookkeeper struct {
	*netsuite
	same   bool
	issued atomic.Bool
	looks  atomic.Int32
}

func (k *bookkeeper) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	return k, nil
}

func (k *bookkeeper) Holdings(
	_ context.Context, q delivery.HoldingsQuery, _ func(integration.Exchange),
) (h mapping.Holdings, err error) {
	k.looks.Add(1)
	k.lately(func(n *netsuite) {
		if len(n.records) > 0 {
			one := decimal.New(1, 0)
			h.Documents = []mapping.Held{{Kind: q.Doc.Kind, ID: "1", ExternalID: q.Doc.ExternalID, CurrencyID: "1", Posts: true, Total: one,
				Date: q.Doc.TranDate, Lines: []mapping.HeldLine{{ItemID: "199", Amount: one}}}}
			if d := &h.Documents[0]; k.same {
				d.Total, d.Lines = q.Doc.Total, nil
				for _, l := range q.Doc.Lines {
					d.Lines = append(d.Lines, mapping.HeldLine{ItemID: l.ItemID, Amount: l.Amount, Fields: l.Fields})
				}
			}
			if k.issued.Load() {
				h.Documents[0].Issued = "emailed"
			}
		}
	})
	return h, nil
}

// A change that has waited is not sent on the strength of a look from before: what
// was emailed meanwhile stays as the customer has it.
func TestAChangeThatWaitedIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait   time.Duration
		issued bool
		same   bool
		looks  int32
		want   integration.Outcome
	}{
		"at once":                       {looks: 1, want: integration.Updated},
		"it waited":                     {wait: time.Minute, looks: 2, want: integration.Updated},
		"it was issued meanwhile":       {wait: time.Minute, issued: true, looks: 2, want: integration.Held},
		"issued, with the same amounts": {wait: time.Minute, issued: true, same: true, looks: 3, want: integration.Unchanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, connected("us", "billferry.whenIssued", "AS_FINAL"))
				k := &bookkeeper{netsuite: b.ns, same: c.same}
				b.o.Resolver = k
				b.start()
				b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
				time.Sleep(time.Minute)
				b.ns.lately(func(n *netsuite) {
					refused := c.wait == 0
					n.before = func(int, mapping.Document, bool) *integration.Failure {
						if refused {
							return nil
						}
						refused = true
						k.issued.Store(c.issued)
						return &integration.Failure{Class: integration.ClassLoad, Cause: "concurrency_limit", Message: "too many requests", After: c.wait}
					}
				})
				k.looks.Store(0)
				second := b.submit("us", billOf("b1", "acc", 2, "APPROVED"))[0]
				time.Sleep(10 * time.Minute)
				r := b.run(second.ID)
				changed := slices.Contains(b.ns.changes, r.ExternalRef+" updated")
				if r.Outcome != c.want || changed != (c.want == integration.Updated) || k.looks.Load() != c.looks {
					t.Errorf("%s %s %s, changed %t after %d looks: %s", r.Status, r.Outcome, r.Cause, changed, k.looks.Load(), r.Error)
				}
				if err := b.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
