package mappings

import (
	"fmt"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/uitest"
)

const longID = "6cfa7ae8-682c-4f1b-9a55-0d2f6f1e7b11"

// No id is shown in part: where a column has no room for whole ones the rows are
// known by their names, and the row under the cursor stands below with its id.
func TestNoIDIsCut(t *testing.T) {
	for width, row := range map[int]string{
		122: "▸ Account Brightwater Energy " + longID + " Customer 601",
		80:  "▸ Account Brightwater Energy Customer 601",
		60:  "▸ Account Brightwater Energy Customer 601",
	} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := uitest.Start(t, New(uitest.Env(twoMappings(t, "Brightwater Energy")), "us", ""), width, 20)
				s.Shows(row, "m3ter     Account "+longID+"  Br", "Netsuite  Customer 601  for all integrations")
				s.Press("down")
				s.Shows("m3ter     Product prod-api", "Netsuite  Item 12  for NetSuite US alone")
			})
		})
	}
}

// A thing whose name is not known stands by its id.
func TestAnIDStandsForANameThatIsNotKnown(t *testing.T) {
	for _, width := range []int{122, 80} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				uitest.Start(t, New(uitest.Env(twoMappings(t, "")), "us", ""), width, 20).Shows("▸ Account " + longID + " Customer 601")
			})
		})
	}
}

func twoMappings(t *testing.T, name string) *servicetest.Fake {
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true, Authorized: true})
	f.AddCredentials("us", integration.Credentials{Verified: true})
	if name != "" {
		f.SetAccounts(integration.Account{ID: longID, Name: name})
	}
	for _, m := range []integration.ExternalMapping{
		{M3terEntity: account, M3terID: longID, ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "601"},
		{M3terEntity: "Product", M3terID: "prod-api", ExternalSystem: "Netsuite", ExternalTable: "Item", ExternalID: "12", IntegrationID: "us"},
	} {
		if _, err := f.PutMapping(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// What a suggestion leads to is told whole before it is accepted.
func TestASuggestionIsToldByItsWholeID(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := twoMappings(t, "Brightwater Energy")
		f.SetAccounts(integration.Account{ID: longID + "-2", Name: "A company with a name that has no end", Code: "acme", Email: "a@b.example"})
		f.SetCustomers(integration.Named{ID: "60123", Name: "A company with a name that has no end"})
		s := uitest.Start(t, New(uitest.Env(f), "us", ""), 80, 20)
		s.Press("U")
		s.Shows("m3ter     Account "+longID+"-2  A company", "NetSuite  Customer 60123  A company")
	})
}
