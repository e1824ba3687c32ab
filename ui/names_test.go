package ui

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/screen"
)

// An id that is stored or typed shows its name, on the details and in the wizard;
// one that has none stays as it is, and can be saved.
func TestNamesStandBesideIds(t *testing.T) {
	t.Parallel()
	named := func() *servicetest.Fake {
		f := servicetest.New()
		in := f.AddIntegration(integration.Integration{ID: "n", Name: "Named", EntityType: "Bill", Destination: "Netsuite",
			Enabled: true, Authorized: true,
			ConfigData: spec.Values{"netsuiteDefaultItemId": "199", "netsuiteCommitmentItemId": "404", "accountIds": []any{"acc-1"}}})
		f.AddCredentials(in.ID, integration.Credentials{Verified: true})
		f.SetItems(integration.Named{ID: "199", Name: "Services (default)"}, integration.Named{ID: "101", Name: "Usage"},
			integration.Named{ID: "102", Name: "Support"})
		f.SetAccounts(integration.Account{ID: "acc-1", Name: "Acme"})
		return f
	}
	drive(t, named(), 130, 40, screen.Route{Name: screen.Details, ID: "n"}, func(d *driver) {
		d.shows("199 Services (default)", "acc-1 Acme", "404")
	})
	// What is typed while names are on their way takes none of them away. The hold is
	// made inside the bubble: a channel of outside would keep its clock from going on.
	drive(t, named(), 130, 40, screen.Route{Name: screen.Edit, ID: "n", Arg: "netsuiteCommitmentItemId"}, func(d *driver) {
		release := d.fake.Hold("Names")
		d.keys("backspace", "backspace", "backspace")
		d.typeText("102")
		d.keys("down")
		d.typeText("101")
		d.keys("down")
		d.hides("101 Usage", "102 Support")
		release()
		d.settle()
		d.shows("101 Usage", "102 Support")
	})
	drive(t, named(), 130, 40, screen.Route{Name: screen.Edit, ID: "n", Arg: "netsuiteMinimumSpendId"}, func(d *driver) {
		d.shows("199 Services (default)")
		d.typeText("101")
		d.keys("down")
		d.shows("101 Usage")
	})
}

// An account without a code is called by its name wherever a run tells of it, and a
// document's items by theirs; what has no name keeps its id.
func TestARunTellsNames(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "n", Name: "Named", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true})
	f.SetItems(integration.Named{ID: "199", Name: "Services"})
	f.SetAccounts(integration.Account{ID: "acc-1", Name: "Acme Inc"}, integration.Account{ID: "acc-2", Name: "Globex Ltd"})
	run := func(ref, account, code string) {
		f.AddRunDetail(service.RunDetail{Run: integration.Run{ID: ref, IntegrationID: in.ID, EntityID: ref, BillRef: ref, AccountID: account,
			AccountCode: code, Status: integration.Complete, Currency: "USD"},
			Document: &service.Preview{Verdict: "as mapped", Encoded: mapping.Encoded{Document: mapping.Document{Currency: "USD",
				Lines: []mapping.Line{{ItemID: "199"}, {ItemID: "404"}, {ItemID: "199"}}}}}})
	}
	run("INVOICE-1", "acc-1", "")
	run("INVOICE-2", "acc-2", "globex")
	run("INVOICE-3", "acc-3", "")
	drive(t, f, 120, 30, screen.Route{Name: screen.Runs, ID: "n"}, func(d *driver) {
		d.shows("Acme Inc", "globex", "acc-3")
		d.hides("acc-1", "Globex Ltd")
	})
	drive(t, f, 120, 40, screen.Route{Name: screen.Run, ID: "INVOICE-1"}, func(d *driver) {
		d.shows("INVOICE-1 · Acme Inc", "Acme Inc · acc-1")
		d.keys("3")
		d.shows("Account         Acme Inc", "Items           199 Services")
		d.hides("404 ")
	})
	drive(t, f, 120, 40, screen.Route{Name: screen.Run, ID: "INVOICE-2"}, func(d *driver) {
		d.shows("INVOICE-2 · globex", "Globex Ltd · globex · acc-2")
	})
}
