package delivery_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func proofs(b *bench) map[integration.Proof]int {
	out := map[integration.Proof]int{}
	for _, r := range b.ledger.All() {
		out[r.Proof]++
	}
	return out
}

// A month end costs hardly more calls than Bills, and waits for hardly any.
func TestManyDocumentsAreProvenTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.maxConcurrency", 10))
		_ = b.ledger.SetMeta(t.Context(), "pace/TSTDRV1", []byte(`{"limit":10}`))
		b.ns.queries = true
		m := deliver(t, b, 2000, 10)
		synctest.Wait()
		sum := 0
		for _, n := range b.ns.batches {
			sum += n
		}
		if got := proofs(b); got[integration.Proven] != 2000 || b.ns.reads != 0 || sum != 2000 || len(b.ns.batches) > 20 {
			t.Errorf("%v, %d read by themselves, %d batches", got, b.ns.reads, len(b.ns.batches))
		}
		if d := b.engine.Paces()[0].ToProve; d <= 0 || d > 10*time.Second {
			t.Errorf("it tells that a proof takes %s", d)
		}
		if m.eff() < 0.94 {
			t.Errorf("want 0.94 of creating alone: %s", m)
		}
	})
}

// A few Bills are proven at once when nothing else is to be sent, and within
// seconds while Bills arrive.
func TestAProofWaitsForSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.maxConcurrency", 5))
		b.ns.queries = true
		delivered, took := map[string]time.Time{}, []time.Duration{}
		b.o.OnRun = func(r integration.Run) {
			b.ns.lately(func(*netsuite) {
				switch r.Proof {
				case integration.Pending:
					delivered[r.ID] = time.Now()
				case integration.Proven:
					took = append(took, time.Since(delivered[r.ID]))
				}
			})
		}
		b.start()
		b.submit("us", billOf("first", "acc", 1, "APPROVED"))
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if got := proofs(b); got[integration.Proven] != 1 {
			t.Errorf("alone: %v", got)
		}
		for i := range 600 { // 20 a second
			b.submit("us", billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		slices.Sort(took)
		if len(took) != 601 || took[len(took)*95/100] > 3*time.Second {
			t.Errorf("%d proven, 95 of 100 within %s", len(took), took[len(took)*95/100])
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// What a query does not prove is read by itself, and only that tells a drift.
func TestWhatABatchDoesNotProveIsReadByItself(t *testing.T) {
	for name, c := range map[string]struct {
		drift []string
		batch func(docs []delivery.Written, out []*delivery.Proof) ([]*delivery.Proof, error)
		want  map[integration.Proof]int
		reads int
	}{
		"all":   {want: map[integration.Proof]int{integration.Proven: 10}},
		"drift": {drift: []string{"total is 101.40, was sent as 101.50"}, want: map[integration.Proof]int{integration.Drift: 10}, reads: 10},
		"one is hidden": {batch: func(docs []delivery.Written, out []*delivery.Proof) ([]*delivery.Proof, error) {
			for i, d := range docs {
				if d.Doc.ExternalID == "m3b-b3" {
					out[i] = nil
				}
			}
			return out, nil
		}, want: map[integration.Proof]int{integration.Proven: 10}, reads: 1},
		"no query is permitted": {batch: func([]delivery.Written, []*delivery.Proof) ([]*delivery.Proof, error) {
			return nil, &integration.Failure{Class: integration.ClassRefused, Cause: "permission_missing", Message: "no"}
		}, want: map[integration.Proof]int{integration.Proven: 10}, reads: 10},
		"no answer for ever": {batch: func([]delivery.Written, []*delivery.Proof) ([]*delivery.Proof, error) {
			return nil, &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "no"}
		}, want: map[integration.Proof]int{integration.Proven: 10}, reads: 10},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.lately(func(n *netsuite) { n.queries, n.drift, n.batch = true, c.drift, c.batch })
				var bills [][]byte
				for i := range 10 {
					bills = append(bills, billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
				}
				b.submit("us", bills...)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if got := proofs(b); got[integration.Proven] != c.want[integration.Proven] || got[integration.Drift] != c.want[integration.Drift] ||
					b.ns.reads != c.reads {
					t.Errorf("%v, %d read by themselves", got, b.ns.reads)
				}
			})
		})
	}
}

// While slots are scarce a batch that is not full waits, for half a minute; and
// a Bill whose document waits is free for a newer version.
func TestAPartOfABatchWaitsForASpareSlot(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.lately(func(n *netsuite) {
			n.queries = true
			n.latency = func() time.Duration { return 10 * time.Second }
		})
		var bills [][]byte
		for i := range 12 {
			bills = append(bills, billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
		}
		b.submit("us", bills...)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if len(b.ns.batches) != 0 {
			t.Errorf("batches %v while Bills wait for slots", b.ns.batches)
		}
		second := b.submit("us", billOf("b0", "acc", 2, "APPROVED"))[0]
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		b.wantProof(second.ID, integration.Updated, integration.Proven)
		first := b.ledger.All()[0]
		if first.EntityID != "b0" || first.Proof != integration.Unread && first.Proof != integration.Proven {
			t.Errorf("%+v", first)
		}
		if got := proofs(b); got[integration.Pending] != 0 || got[integration.Drift] != 0 {
			t.Errorf("%v, batches %v", got, b.ns.batches)
		}
	})
}

// A newer version that is sent while the older one's document waits takes its
// place, and is not compared with it.
func TestABatchLeavesOutWhatIsOvertaken(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		hold := make(chan struct{})
		b.ns.lately(func(n *netsuite) {
			n.queries = true
			n.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
				if strings.HasPrefix(d.ExternalID, "m3b-slow") {
					<-hold
				}
				return nil
			}
		})
		b.submit("us", billOf("slow1", "acc", 1, "APPROVED")) // something is always to be sent
		one := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
		time.Sleep(500 * time.Millisecond)
		b.wantProof(one.ID, integration.Created, integration.Pending)
		two := b.submit("us", billOf("b1", "acc", 2, "APPROVED"))[0]
		time.Sleep(time.Minute)
		synctest.Wait()
		close(hold)
		b.wantProof(two.ID, integration.Updated, integration.Proven)
		if r := b.wantProof(one.ID, integration.Created, integration.Unread); !strings.Contains(r.ProofNote, two.ID) {
			t.Errorf("it says %q", r.ProofNote)
		}
	})
}

// The process ends at each step of a batch: the next one proves what is left,
// and makes nothing anew.
func TestABatchSurvivesAnEndAtEachStep(t *testing.T) {
	t.Parallel()
	for _, step := range []string{delivery.StepBatch, delivery.StepProved, delivery.StepProofSaved} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.ns.queries = true
			dead := false
			b.o.Step = func(name string) {
				b.ns.lately(func(*netsuite) { dead = dead || name == step })
			}
			b.ledger.OnSave = func(integration.Run, *integration.Attempt) (err error) {
				b.ns.lately(func(*netsuite) {
					if dead {
						err = errKilled
					}
				})
				return err
			}
			b.start()
			var bills [][]byte
			for i := range 30 {
				bills = append(bills, billOf(fmt.Sprint("b", i), "acc", 1, "APPROVED"))
			}
			b.submit("us", bills...)
			time.Sleep(5 * time.Second)
			if err := b.end(); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			b.o.Step = nil
			b.ns.lately(func(*netsuite) { dead = false })
			b.start()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if got := proofs(b); got[integration.Proven] != 30 {
				t.Errorf("%s: %v", step, got)
			}
			for id, n := range b.ns.creates {
				if n != 1 {
					t.Errorf("%s: %s was created %d times", step, id, n)
				}
			}
			_ = b.end()
		})
	}
}
