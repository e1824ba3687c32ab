package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// byPlan hears whether a run asks to be sent as one of a plan.
type byPlan struct {
	delivery.Ledger
	asked []bool
}

func (l *byPlan) MaySend(ctx context.Context, id string, planned bool) (bool, error) {
	l.asked = append(l.asked, planned)
	return l.Ledger.MaySend(ctx, id, planned)
}

// A plan's word for a document stands for no other, should Approval be taken back,
// and come again while the run waits for its slot.
func TestAPlanSpeaksForItsOwnDocumentAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		l := &byPlan{Ledger: b.ledger}
		b.o.Ledger = l
		down := &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "no answer", Advice: "wait"}
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure { return down }
		b.start()
		defer func() { _ = b.end() }()
		id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(10 * time.Second)
		synctest.Wait()
		r := b.run(id) // it waits, let go by a plan for another document
		r.Plan, r.PlanHash = "p-1", "of what was approved"
		if err := b.ledger.SaveRun(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		b.ns.lately(func(n *netsuite) { n.before = nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		if r = b.want(id, integration.Complete, integration.Created); r.Plan != "p-1" {
			t.Errorf("it went out as %+v", r)
		}
		if len(l.asked) < 2 || slices.Contains(l.asked, true) {
			t.Errorf("it asked to be sent by plan: %v", l.asked)
		}
	})
}

// A plan of many Bills asks the destination once for what they share: a slot for
// each would stand behind all that is delivered meanwhile.
func TestAPlanAsksForACurrencyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.engine = delivery.New(b.o) // nothing is delivered
		var runs []integration.Run
		for i := range 5 {
			runs = append(runs, b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))...)
		}
		planner, err := b.engine.Planner(t.Context(), connected("us"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if got, err := planner.Plan(t.Context(), r); err != nil || got.Document.CurrencyID == "" {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if b.ns.asked != 1 {
			t.Errorf("it was asked %d times", b.ns.asked)
		}
	})
}
