package accessible_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
)

// What failed is read out by cause, and all of one cause is tried again.
func TestFailedRunsByCause(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	for _, ref := range []string{"INVOICE-1", "INVOICE-2"} {
		f.AddRun(integration.Run{ID: ref, IntegrationID: in.ID, EntityID: ref, BillRef: ref, AccountID: "id-acme", Status: integration.Errored,
			Currency: "USD", AmountIn: decimal.MustParse("5"), Cause: "period_closed", Advice: "open the period"})
	}
	got := say(t, f, "failed", "1", "period", "hear", "back", "period", "retry", "yes", "none", "quit")
	contains(t, got, "1. Period closed (period_closed), 2 runs, 10.00 USD", "What to do: open the period",
		"ERROR, INVOICE-1, account id-acme", "2 runs queued again.")
	if f.Calls("Retry") != 2 { // it says first what would become of them
		t.Errorf("%d retries were asked for", f.Calls("Retry"))
	}
}

// A copy of an integration is a draft that has its settings.
func TestAnIntegrationIsDuplicated(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true,
		ConfigData: spec.Values{"netsuiteDefaultItemId": "199"}})
	f.SetPreview(service.Preview{Source: "INVOICE-7", Verdict: "would be sent", Encoded: mapping.Encoded{
		Document: mapping.Document{Total: decimal.MustParse("12.5"), Currency: "USD"}}})
	got := say(t, f, "duplicate", "1", "no",
		"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "no", "", "yes", "no", "quit")
	contains(t, got, "nothing is created yet", "Preview of INVOICE-7: would be sent, 12.50 USD in all.",
		`Name (enter keeps "NetSuite US copy"`, `Default Item Id (enter keeps "199"`,
		"Created NetSuite US copy.")
}

// What m3ter has of mappings is copied.
func TestMappingsAreCopiedFromM3ter(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	contains(t, say(t, f, "external", "1", "", "copy", "quit"), " copied from m3ter.")
	if f.Calls("PullMappings") != 1 {
		t.Error("m3ter was not asked")
	}
}

// Demo's menu is there in demo alone.
func TestDemoActsWithoutAScreen(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	if got := say(t, f, "make", "quit"); f.Calls("DemoActs") != 0 {
		t.Errorf("outside demo it says\n%s", got)
	}
	f.SetInfo(service.Info{Organisation: "2d0f28c7-e7e7-46b2-88bf-2ebc25de6fda", Mode: "embedded", Demo: &service.DemoInfo{}})
	contains(t, say(t, f, "make", "1", "", "quit"), "Organisation: demo, embedded store", "What shall happen?", "Demo: ")
}

// The cut-off and the prepayments of a month are read out for whom asks, and a run is
// reached from what happened to it.
func TestMoreOfAMonthIsReadOut(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	span, err := reconcile.ParseSpan("2026-07", "")
	if err != nil {
		t.Fatal(err)
	}
	five := decimal.MustParse("5")
	f.SetReport(reconcile.Report{ID: in.ID + "." + span.Key(), IntegrationID: in.ID, Span: span, System: "NetSuite",
		CutOff:           []reconcile.CutOff{{Item: "101", Currency: "USD", Lines: 2, After: five}},
		PrepaidCustomers: []reconcile.PrepaidCustomer{{Customer: "7", Name: "Acme", Currency: "USD", Closing: five, Remaining: five}}})
	f.AddRun(integration.Run{ID: "r-1", IntegrationID: in.ID, EntityID: "b", BillRef: "INVOICE-1", AccountCode: "acme",
		Status: integration.Errored})
	f.AddEvent(integration.Event{Name: integration.EventPerform, IntegrationID: in.ID, RunID: "r-1", Message: "it was refused"})
	got := say(t, f, "month", "1", "2026-07", "no", "yes", "yes", "events", "1", "hear its", "", "none", "quit")
	contains(t, got, "Item 101: 2 lines, by the last day of their service.", "5.00 USD is for services that end later: defer it.",
		"Acme: NetSuite: 5.00 USD at the end of the period. m3ter today: 5.00 USD. Both agree.", "Run r-1: Bill INVOICE-1 of account acme")
}
