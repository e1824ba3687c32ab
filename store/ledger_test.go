package store

import (
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
)

func TestStoreIsALedger(t *testing.T) {
	t.Parallel()
	ledgertest.Suite(t, func(t *testing.T) (delivery.Ledger, string) {
		b := newTestbed(t)
		t.Cleanup(b.checkClean)
		return b.Store, b.integration("NetSuite US").ID
	})
}
