// Package storetest holds a store to what app.Store promises.
package storetest

import (
	"testing"

	"billferry/internal/app"
	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
	"billferry/store"
)

// Place is where one store lies, which tests open, leave and open again.
type Place struct {
	Open func(store.Options) (app.Store, error)
	// Crash goes on with what is durable, while the store that was open has not
	// been closed; then it closes that.
	Crash func(was app.Store, o store.Options) (app.Store, error)
	// AtRest is all that is kept, as the bytes that lie there.
	AtRest func() ([]byte, error)
	// Check tells what does not follow from the runs.
	Check func(app.Store) (store.Report, error)
}

// Suite is what every app.Store promises, as tests. place gives an empty place.
func Suite(t *testing.T, place func(t *testing.T) Place) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, b *testbed)
	}{
		{"an integration from its draft to its end", integrationLife},
		{"what belongs to an integration goes with it", deleteTakes},
		{"runs do not wait for a deleted integration", deletedEndsRuns},
		{"nothing begins to wait for a deleted integration", nothingWaitsForDeleted},
		{"secrets are sealed", sealed},
		{"a key that is not given stays", keepsSecrets},
		{"secrets need a key", needsSealer},
		{"another sealing key opens nothing", otherKey},
		{"mappings", mappings},
		{"mappings are imported at once", importMappings},
		{"failed runs are grouped", groups},
		{"accounts are found by id and code", accounts},
		{"Bills are kept as they came", bills},
		{"ids that cannot sort are refused", idsThatCannotSort},
		{"sums", sums},
		{"sums of months", months},
		{"documents are found by how far they are paid", payments},
		{"hours", hours},
		{"attempts", attempts},
		{"an event that goes on grows", eventGroups},
		{"an event that names a run counts there", eventJoined},
		{"events by id", eventByID},
		{"events follow each other", eventsFollow},
		{"events", events},
		{"what is not done is not purged", purgeKeeps},
		{"changes are told", hooksHear},
		{"many writers", manyWriters},
		{"drafts", drafts},
		{"a draft is connected", connectedDraft},
		{"reports", reports},
		{"the audit trail", audit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.do(t, newTestbed(t, place(t)))
		})
	}
	lastRunStands(t, place)
	t.Run("it is a ledger", func(t *testing.T) {
		t.Parallel()
		ledgertest.Suite(t, func(t *testing.T) (delivery.Ledger, string) {
			b := newTestbed(t, place(t))
			t.Cleanup(b.checkClean)
			return b.Store, b.integration("NetSuite US").ID
		})
	})
}
