package accessible_test

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// The accounts that have a customer of just their name are mapped together, after a
// yes; one that is only similar, and one that is mapped, stay.
func TestSuggestionsAreAcceptedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		Authorized: true})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true})
	f.SetAccounts(integration.Account{ID: "a-1", Name: "Acme"}, integration.Account{ID: "a-2", Name: "Globex"},
		integration.Account{ID: "a-3", Name: "Initech"})
	f.SetCustomers(integration.Named{ID: "601", Name: "Acme Inc"}, integration.Named{ID: "602", Name: "Globex Europe"},
		integration.Named{ID: "603", Name: "Initech"})
	got := say(t, f, "external", "1", "", "accept", "no", // and nothing is mapped
		"external", "1", "", "accept", "yes", "external", "1", "", "accept", "quit")
	contains(t, got, "3 accounts without a customer, 3 looked at.", "Acme is Acme Inc, id 601.", "Initech is Initech, id 603.",
		"Map 2 accounts?", "2 accounts mapped.", "1 account without a customer, 1 looked at.", "None of them has a customer with just its name")
	all, err := f.Mappings(t.Context(), service.MappingFilter{})
	if err != nil || len(all) != 2 || f.Calls("PutMapping") != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}
