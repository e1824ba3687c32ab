package delivery_test

import (
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// A Bill whose runs may have been deleted is looked for before it is sent, of either
// kind: what it made under an earlier version may be a document of the other. One that
// came later is spared that.
func TestABillOfWhatWasDeletedIsLookedFor(t *testing.T) {
	for purged, want := range map[string]bool{"": false, "2026-08-01": false, "2026-08-02": true} {
		t.Run(purged, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				for _, date := range []string{purged, "2020-01-01"} { // what was deleted once stays deleted
					if at, err := time.Parse(time.DateOnly, date); err == nil {
						if err := delivery.Purges(t.Context(), b.ledger, at); err != nil && purged != "" {
							t.Fatal(err)
						}
					}
				}
				var looked []bool
				b.ns.lately(func(n *netsuite) {
					n.before = func(_ int, _ mapping.Document, look bool) *integration.Failure {
						looked = append(looked, look)
						return nil
					}
				})
				b.submit("us", billOf("b1", "acc", 1, "APPROVED")) // of 1 August
				time.Sleep(time.Minute)
				b.ns.lately(func(*netsuite) {
					if len(looked) != 1 || looked[0] != want {
						t.Errorf("looked %v, want %v", looked, want)
					}
				})
			})
		})
	}
}
