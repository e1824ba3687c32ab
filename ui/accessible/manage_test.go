package accessible_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service/servicetest"
)

// What the screens do is done by prompts: test, disable and enable, events, mappings
// found by name, month end, retry of many, settling a run, deleting by name.
func TestEverythingWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		Authorized: true})
	f.AddCredentials(in.ID, integration.Credentials{Verified: true})
	f.SetAccounts(integration.Account{ID: "11111111-0000-4000-8000-000000000001", Name: "Acme Corp", Code: "acme"})
	f.SetCustomers(integration.Named{ID: "601", Name: "Acme Corporation"})
	f.SetItems(integration.Named{ID: "101", Name: "Usage"})
	f.AddEvent(integration.Event{Name: integration.EventSource, IntegrationID: in.ID, Message: "m3ter does not answer"})
	add := func(id string, st integration.Status) {
		f.AddRun(integration.Run{ID: id, IntegrationID: in.ID, EntityID: id, BillRef: "INVOICE-" + id, Status: st, Currency: "USD",
			AmountIn: decimal.MustParse("5")})
	}
	add("failed", integration.Errored)
	add("waits", integration.Waiting)
	got := say(t, f,
		"6", "1", // test
		"7", "1", "yes", "7", "1", // disable, enable
		"8", "1", "", "", // the event is seen to; there is no other
		"9", "1", "", "1", "acme", "1", "acme", "1", // map an account to a customer, both by name
		"9", "1", "acme corporation", "account 1", "delete", "yes", // and take the mapping out again
		"10", "1", "2026-07", // month end
		"4", "1", "1", "1", "hold", "wait", "release", "", "back", // hold what waits, release it
		"4", "1", "2", "1", "6", "invoiced by hand", "", "back", // skip what failed
		"11", "1", // nothing is left to retry
		"delete", "1", "Wrong", "delete", "1", "NetSuite US", // delete
		"quit")
	contains(t, got, "passed", "NetSuite US is DISABLED.", "NetSuite US is CONNECTED.",
		"Which event?", "m3ter does not answer",
		"Marked as seen to.", "Acme Corp acme, id 11111111", "Acme Corporation, id 601", "is mapped to 601", "1 mapping. What next?",
		"Account 11111111-0000-4000-8000-000000000001 Acme Corp is Customer 601 Acme Corporation of Netsuite",
		"Verdict: ", "It is held.", "It is released.", "It is skipped.",
		"There is nothing to retry.", "That is not its name. It stays.", "Deleted.")
	if all, _ := f.Integrations(t.Context()); len(all) != 0 {
		t.Errorf("%d integrations are left", len(all))
	}
}

// A filter is saved, chooses the runs that are read out, is renamed and deleted.
func TestFiltersAreSavedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	f.AddRun(integration.Run{ID: "a", IntegrationID: in.ID, BillRef: "INVOICE-1", AccountCode: "acme", Status: integration.Errored})
	f.AddRun(integration.Run{ID: "b", IntegrationID: in.ID, BillRef: "INVOICE-2", AccountCode: "globex", Status: integration.Errored})
	got := say(t, f,
		"saved", "new", "status:nonsense", "Mine", // it says what is wrong with it
		"new", "acct:acme", "Mine", "go",
		"review", "1", "mine", "back", // by its name
		"review", "1", "those", "acct:globex", "back",
		"saved", "mine", "rename", "", "Ours", "ours", "delete", "yes", "go",
		"quit")
	contains(t, got, `there is no status "nonsense"`, "Saved as Mine.", "Mine: acct:acme", "1. ERROR, INVOICE-1,", "1. ERROR, INVOICE-2,",
		"Saved as Ours.", "Delete the filter Ours?", "Deleted.")
	if all, _ := f.SavedFilters(t.Context()); len(all) != 0 {
		t.Errorf("%d filters are left", len(all))
	}
}

// A break of a month is resolved with a reason and a reference, and opened again.
func TestABreakIsResolvedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	span, err := reconcile.ParseSpan("2026-07", "")
	if err != nil {
		t.Fatal(err)
	}
	f.SetReport(reconcile.Report{ID: in.ID + "." + span.Key(), IntegrationID: in.ID, Span: span, System: "NetSuite", Breaks: []reconcile.Break{
		{ID: "b-1", Code: reconcile.FailedCode, Ref: "INVOICE-131", Account: "acme", Currency: "USD", Amount: decimal.MustParse("5"),
			Text: "its period is closed"},
	}})
	got := say(t, f, "month", "1", "2026-07", "no", "resolve", "settled", "posted by hand", "JE-1042", "undo", "", "quit")
	contains(t, got, "Resolve INVOICE-131 of acme, 5.00 USD: its period is closed", "It is settled.",
		"Undo the resolution of INVOICE-131 of acme", "It is open again.")
	if f.Calls("ResolveBreak") != 1 || f.Calls("UndoBreak") != 1 {
		t.Errorf("%d resolved, %d undone", f.Calls("ResolveBreak"), f.Calls("UndoBreak"))
	}
}
