package delivery_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// A request to make an invoice that got no answer may make it again once a person
// has deleted what a second request made. A version with the other sign is told of
// that, whichever request went without an answer, and after a restart.
func TestALateCreateIsToldToTheOtherKind(t *testing.T) {
	lost := func(int, mapping.Document, bool) *integration.Failure {
		return &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Message: "timeout", Unknown: true,
			After: 10 * time.Second}
	}
	for name, lose := range map[string]func(b *bench){
		"of the run": func(b *bench) {
			b.ns.lately(func(n *netsuite) { n.before = lost })
			b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
			time.Sleep(5 * time.Second)
			b.ns.lately(func(n *netsuite) { n.before = nil })
		},
		"of the same call": func(b *bench) {
			b.ns.lately(func(n *netsuite) { n.lateCreate = true })
			b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		},
		"of an earlier version": func(b *bench) {
			b.ns.lately(func(n *netsuite) { n.before = lost })
			b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
			time.Sleep(5 * time.Second)
			b.ns.lately(func(n *netsuite) { n.before = nil })
			b.submit("us", billOf("b1", "acc", 2, "APPROVED"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				lose(b)
				time.Sleep(time.Minute)
				if err := b.end(); err != nil {
					t.Fatal(err)
				}
				b.ns.lately(func(n *netsuite) { n.others = nil })
				in, err := b.ledger.Integration(b.t.Context(), "us")
				if err != nil {
					t.Fatal(err)
				}
				in.ConfigData.Set("billferry.negativeBills", "CREDIT_MEMO") // the ledger's own
				credit := bytes.ReplaceAll(billOf("b1", "acc", 3, "APPROVED"), []byte(":103"), []byte(":-103"))
				b.start()
				b.submit("us", bytes.ReplaceAll(credit, []byte(":0.5,"), []byte(":-0.5,")))
				time.Sleep(time.Minute)
				b.ns.lately(func(n *netsuite) {
					if !slices.ContainsFunc(n.others, func(d integration.Doc) bool {
						return d.Kind == string(mapping.Invoice) && time.Since(d.Since) < 5*time.Minute
					}) {
						t.Errorf("the credit memo is told of %+v", n.others)
					}
				})
			})
		})
	}
}
