package accessible_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// withoutCustomers is an integration with three accounts that have no customer: two have
// one of just their name in NetSuite, one a similar one. A run waits for the last.
func withoutCustomers() *servicetest.Fake {
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		Authorized: true})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true})
	f.AddRun(integration.Run{IntegrationID: in.ID, Status: integration.Errored, Cause: "account_mapping_missing", AccountID: "a-3"})
	f.SetAccounts(integration.Account{ID: "a-1", Name: "Acme"}, integration.Account{ID: "a-2", Name: "Globex"},
		integration.Account{ID: "a-3", Name: "Initech"})
	f.SetCustomers(integration.Named{ID: "601", Name: "Acme Inc"}, integration.Named{ID: "602", Name: "Globex Europe"},
		integration.Named{ID: "603", Name: "Initech"})
	return f
}

// The accounts that have a customer of just their name are mapped together, after a
// yes; one that is only similar, and one that is mapped, stay.
func TestSuggestionsAreAcceptedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := withoutCustomers()
	got := say(t, f, "external", "1", "", "accept", "no", // and nothing is mapped
		"external", "1", "", "accept", "yes", "external", "1", "", "accept", "quit")
	contains(t, got, "3 accounts without a customer.", "3 looked at.",
		"Acme, id a-1 is Acme Inc, id 601.", "Initech, id a-3 is Initech, id 603.",
		"Map 2 accounts?",
		"2 accounts mapped: NetSuite US uses no mappings of accounts until",
		"1 account without a customer.", "None of them has a customer with just its name")
	all, err := f.Mappings(t.Context(), service.MappingFilter{})
	if err != nil || len(all) != 2 || f.Calls("PutMapping") != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

// One by one an account is mapped to what is suggested, to another customer, or left; what
// most runs wait for comes first, and a refusal is asked again.
func TestUnmappedAccountsAreWalkedThrough(t *testing.T) {
	t.Parallel()
	f := withoutCustomers()
	f.Fail("PutMapping", errors.New("the store is busy"))
	walk := func(answers ...string) string {
		return say(t, f, slices.Concat([]string{"external", "1", "", "map accounts"}, answers, []string{"quit"})...)
	}
	got := walk("initech", "", "stop")
	contains(t, got, "3 accounts without a customer.", "Account Initech, id a-3. One run waits for it.", "Error: the store is busy")
	f.Fail("PutMapping", nil)
	got = walk("", "back", "go back")
	if contains(t, got, "0 accounts mapped."); strings.Count(got, "0 mappings. What next?") != 2 {
		t.Errorf("back does not go to the menu of mappings:\n%s", got)
	}
	got = walk("", "", "leave", "look", "back", "look", "acme", "1")
	contains(t, got, "Account Acme, id a-1. No run waits for it.", "1. Map it to Initech, id 603, which has the same name, code or email",
		"1. Map it to Globex Europe, id 602, which is similar",
		"a-2 is mapped to 601: NetSuite US uses no mappings of accounts until Use External Mapping Account Code is on, under "+
			"Entity Config in its settings.", "2 accounts mapped.")
	if strings.Index(got, "Account Initech") > strings.Index(got, "Account Acme") {
		t.Error("what a run waits for does not come first")
	}
	all, err := f.Mappings(t.Context(), service.MappingFilter{})
	if err != nil || len(all) != 2 || all[0].IntegrationID != "us" {
		t.Errorf("%+v, %v", all, err)
	}
	f.Fail("Customers", errors.New("NetSuite does not answer"))
	contains(t, walk("", "", "quit"), "1 account without a customer.", "There are no suggestions",
		"NetSuite does not answer", "0 accounts mapped.")
}

// Where the account stops answering the walk goes on without suggestions, and asks no more.
func TestTheWalkGoesOnWithoutSuggestions(t *testing.T) {
	t.Parallel()
	f := withoutCustomers()
	f.Fail("Customers", errors.New("NetSuite does not answer"))
	got := say(t, f, "external", "1", "", "map accounts", "", "leave", "leave", "leave", "quit")
	contains(t, got, "Account Globex", "0 accounts mapped.")
	if n := strings.Count(got, "There are no suggestions"); n != 1 || f.Calls("Customers") > 2 {
		t.Errorf("it was said %d times, after %d searches", n, f.Calls("Customers"))
	}
}

// A mapping of another integration leaves an account without a customer here.
func TestAMappingOfAnotherIntegrationIsNone(t *testing.T) {
	t.Parallel()
	f := withoutCustomers()
	for of, id := range map[string]string{"eu": "a-1", "": "a-2"} {
		if _, err := f.PutMapping(t.Context(), integration.ExternalMapping{IntegrationID: of, M3terEntity: "Account", M3terID: id,
			ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "601"}); err != nil {
			t.Fatal(err)
		}
	}
	contains(t, say(t, f, "external", "1", "", "map accounts", "", "stop", "quit"), "2 accounts without a customer.")
}

// Of many that have a name ten are read out, and that there may be others is said.
func TestOfManyCustomersTenAreReadOut(t *testing.T) {
	t.Parallel()
	f := withoutCustomers()
	var many []integration.Named
	for i := range 12 {
		many = append(many, integration.Named{ID: fmt.Sprint(700 + i), Name: "Umbrella"})
	}
	f.SetCustomers(many...)
	got := say(t, f, "external", "1", "", "add a mapping of an", "a-1", "1", "umbrella", "10", "quit")
	contains(t, got, "There may be others: more of its name finds them.", "a-1 is mapped to 709")
}
