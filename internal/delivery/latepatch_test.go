package delivery_test

import (
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// A change of an earlier version that got no answer may reach the document after
// that of a newer one: the document is read back once it cannot any more, in
// another process too, and what it did is told.
func TestALateChangeOfAnOlderVersionIsSeen(t *testing.T) {
	for name, lands := range map[string]bool{"it lands": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				first := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				time.Sleep(time.Minute)
				if r := b.want(first.ID, integration.Complete, integration.Created); r.Proof != integration.Proven {
					t.Fatalf("the first version is %s", r.Proof)
				}
				b.ns.lately(func(n *netsuite) {
					n.before = func(int, mapping.Document, bool) *integration.Failure {
						return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "timeout",
							Unknown: true, After: time.Hour}
					}
				})
				b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
				time.Sleep(time.Minute)
				b.ns.lately(func(n *netsuite) { n.before, n.reads = nil, 0 })
				third := b.submit("us", billOf("b1", "acc", 3, "APPROVED"))[0]
				time.Sleep(5 * time.Minute)
				if r := b.want(third.ID, integration.Complete, integration.Updated); r.Proof != integration.Pending {
					t.Errorf("while the change of version 2 may still land, version 3 is %s", r.Proof)
				}
				if lands {
					b.ns.lately(func(n *netsuite) { n.drift = []string{"total is 102.50, sent 103.50"} })
				}
				if err := b.end(); err != nil {
					t.Fatal(err)
				}
				b.start()
				time.Sleep(12 * time.Minute)
				want := map[bool]integration.Proof{true: integration.Drift, false: integration.Proven}[lands]
				if r := b.run(third.ID); r.Proof != want || r.Status != integration.Complete {
					t.Errorf("afterwards it is %s/%s: %s", r.Status, r.Proof, r.Error)
				}
				if n := b.events()[integration.EventPerform]; n != map[bool]int{true: 1}[lands] {
					t.Errorf("%d events", n)
				}
			})
		})
	}
}

// A change may land late whoever sent it: one of a run that found the document
// although nobody knew of it, one whose doubt a version between has settled, and
// one of the same run under other settings.
func TestALateChangeIsWaitedForWhoeverSentIt(t *testing.T) {
	lost := &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "timeout", Unknown: true,
		After: 5 * time.Minute}
	lose := func(b *bench, landed bool) {
		b.ns.lately(func(n *netsuite) {
			f := func(int, mapping.Document, bool) *integration.Failure { return lost }
			if n.before = f; landed {
				n.before, n.after = nil, f
			}
		})
	}
	answer := func(b *bench) { b.ns.lately(func(n *netsuite) { n.before, n.after = nil, nil }) }
	submit := func(b *bench, version int) integration.Run {
		r := b.submit("us", billOf("b1", "acc", version, "APPROVED"))[0]
		time.Sleep(time.Minute)
		return r
	}
	for name, last := range map[string]func(b *bench) integration.Run{
		"nobody knew of the document": func(b *bench) integration.Run {
			lose(b, true)
			submit(b, 1)
			lose(b, false)
			submit(b, 2)
			answer(b)
			return submit(b, 3)
		},
		"a version between": func(b *bench) integration.Run {
			submit(b, 1)
			lose(b, false)
			submit(b, 2)
			answer(b)
			submit(b, 3)
			return submit(b, 4)
		},
		"a version between that was sent again": func(b *bench) integration.Run {
			submit(b, 1)
			lose(b, false)
			second := submit(b, 2)
			answer(b)
			time.Sleep(6 * time.Minute)
			if r := b.want(second.ID, integration.Complete, integration.Updated); r.Proof != integration.Proven {
				b.t.Errorf("what lands late of version 2 is what it holds, and it is %s", r.Proof)
			}
			return submit(b, 3)
		},
		"a process that was killed": func(b *bench) integration.Run {
			submit(b, 1)
			lose(b, false)
			again := func(onSave func(integration.Run, *integration.Attempt) error) {
				_ = b.end() // what ends a process says nothing here
				b.ledger.OnSave = onSave
				b.start()
			}
			again(func(r integration.Run, _ *integration.Attempt) error {
				if r.BillVersion == 2 && r.Status != integration.Started {
					return errKilled
				}
				return nil
			})
			submit(b, 2)
			answer(b)
			again(nil)
			return submit(b, 3)
		},
		"other settings": func(b *bench) integration.Run {
			submit(b, 1)
			lose(b, false)
			r := submit(b, 2)
			answer(b)
			in, err := b.ledger.Integration(b.t.Context(), "us")
			if err != nil {
				b.t.Fatal(err)
			}
			if err := b.end(); err != nil {
				b.t.Fatal(err)
			}
			in.ConfigData.Set("netsuiteDefaultItemId", "200") // the ledger's own
			b.start()
			time.Sleep(6 * time.Minute)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				r := last(b)
				if got := b.want(r.ID, integration.Complete, integration.Updated); got.Proof != integration.Pending {
					t.Errorf("while an earlier change may land, it is %s", got.Proof)
				}
				time.Sleep(20 * time.Minute)
				if got := b.run(r.ID); got.Proof != integration.Proven {
					t.Errorf("afterwards it is %s", got.Proof)
				}
			})
		})
	}
}

// What waits for its proof while its integration is disabled is read back once it
// is enabled: nothing else would list it before the next start.
func TestAProofGoesOnAfterItsIntegrationIsEnabled(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			n.before = func(int, mapping.Document, bool) *integration.Failure {
				return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "timeout", Unknown: true, After: time.Hour}
			}
		})
		b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) { n.before = nil })
		r := b.submit("us", billOf("b1", "acc", 3, "APPROVED"))[0]
		time.Sleep(time.Minute)
		for _, wait := range []time.Duration{20 * time.Minute, time.Minute} {
			on := wait == time.Minute
			if _, err := b.ledger.SetEnabled(t.Context(), "us", on, "by a person"); err != nil {
				t.Fatal(err)
			}
			if err := b.engine.ConfigChanged(t.Context(), "us"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
		}
		if got := b.run(r.ID); got.Proof != integration.Proven {
			t.Errorf("it is %s", got.Proof)
		}
	})
}
