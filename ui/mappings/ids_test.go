package mappings

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

// While an id of m3ter is cut, no other column has room to spare.
func TestIDsAreWholeWhereThereIsRoom(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
		const id = "6cfa7ae8-682c-4f1b-9a55-0d2f6f1e7b11"
		f.SetAccounts(integration.Account{ID: id, Name: "Brightwater Energy"})
		if _, err := f.PutMapping(t.Context(), integration.ExternalMapping{M3terEntity: account, M3terID: id, ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: "601"}); err != nil {
			t.Fatal(err)
		}
		uitest.Start(t, New(uitest.Env(f), "us", ""), 122, 20).Shows("Brightwater Energy  " + id + " ")
	})
}
