package ledgertest_test

import (
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
	"billferry/internal/integration"
)

func TestMemoryIsALedger(t *testing.T) {
	t.Parallel()
	ledgertest.Suite(t, func(*testing.T) (delivery.Ledger, string) {
		return ledgertest.New(integration.Integration{ID: "in-1", EntityType: "Bill", Enabled: true, Authorized: true, Version: 1}), "in-1"
	})
}
