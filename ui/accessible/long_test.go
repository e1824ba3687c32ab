package accessible_test

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// Of a long list ten are read out at once, and the rest can be reached: breaks, plans,
// events and the Bills of a plan.
func TestTheRestOfALongListIsReached(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	span, err := reconcile.ParseSpan("2026-07", "")
	if err != nil {
		t.Fatal(err)
	}
	report := reconcile.Report{ID: in.ID + "." + span.Key(), IntegrationID: in.ID, Span: span, System: "NetSuite"}
	long := plan.Plan{ID: "p-long", IntegrationID: in.ID, Integration: in.Name, System: "NetSuite", State: plan.Applied,
		Created: servicetest.Start.AddDate(0, 0, 1)}
	for i := range 12 {
		ref := fmt.Sprintf("INVOICE-%d", 100+i)
		report.Breaks = append(report.Breaks, reconcile.Break{ID: "b-" + ref, Code: reconcile.FailedCode, Ref: ref, Account: "acme",
			Currency: "USD", Amount: decimal.MustParse("5"), Text: "its period is closed"})
		f.AddRun(integration.Run{ID: "run-" + ref, IntegrationID: in.ID, EntityID: "bill-" + ref, BillRef: ref, AccountCode: "acme",
			Status: integration.Errored, Currency: "USD"})
		long.Bills = append(long.Bills, plan.Bill{Run: "run-" + ref, ID: "bill-" + ref, Ref: ref, Code: "acme", Currency: "USD"})
		f.AddEvent(integration.Event{Name: integration.EventSource, Message: "event " + ref})
		f.SetPlan(plan.Plan{ID: "p-" + ref, IntegrationID: in.ID, Integration: in.Name, State: plan.Expired, Created: servicetest.Start})
	}
	f.SetReport(report)
	f.SetPlan(long)
	got := say(t, f, "month", "1", "2026-07", "no", "more", "resolve invoice-111", "settled", "by hand", "", "", "quit")
	contains(t, got, "It is settled.", "Undo the resolution of INVOICE-111")
	got = say(t, f, "events", "older", "1", "", "", "quit")
	contains(t, got, "event INVOICE-101\n", "Marked as seen to.")
	got = say(t, f, "plans", "1", "more", "none", "quit")
	if strings.Count(got, ", EXPIRED, made by") != 12 {
		t.Error(got)
	}
	got = say(t, f, "plans", "1", "p-long", "hear", "nobody", "hear", "acme", "more", "invoice-111", "go back", "", "none", "quit")
	contains(t, got, `no Bill of the plan is found for "nobody"`, "11 of", "Bill INVOICE-111 of account acme")
}

// Runs and causes of all integrations are heard together, and from a run all of its Bill.
func TestRunsOfAllIntegrations(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	for _, id := range []string{"us", "eu"} {
		f.AddIntegration(integration.Integration{ID: id, Name: "NetSuite " + id, EntityType: "Bill", Destination: "Netsuite", Enabled: true})
		f.AddRun(integration.Run{ID: id, IntegrationID: id, EntityID: "bill-" + id, BillRef: "INVOICE-" + id, Status: integration.Errored,
			Cause: "period_closed", Currency: "USD"})
	}
	f.AddRun(integration.Run{ID: "older", IntegrationID: "us", EntityID: "bill-us", BillRef: "VERSION-1",
		Status: integration.Complete, Outcome: integration.Superseded})
	got := say(t, f, "review", "all of", "failed", "back", "review", "netsuite us", "failed", "1", "hear every", "back", "go", "back",
		"failed", "all", "none", "quit")
	contains(t, got, "INVOICE-us", "INVOICE-eu", "VERSION-1", ", 2 runs,")
}

// An event leads to its run, to all runs of its kind, to its integration and to a mapping
// of its account.
func TestWhatAnEventIsAbout(t *testing.T) {
	t.Parallel()
	f := twoRuns(t)
	f.ChangeRun("INVOICE-2", func(r *service.RunDetail) { r.Cause = "account_mapping_missing" })
	f.AddEvent(integration.Event{Name: integration.EventMissingMapping, IntegrationID: "us", RunID: "INVOICE-1", AccountID: acmeID,
		Cause: "account_mapping_missing", Status: integration.Waiting, Count: 2, Message: "no customer"})
	got := say(t, f, "events", "1", "hear its", "go", "1", "hear about", "1", "hear all", "back", "1", "map", "acme", "1", "", "quit")
	contains(t, got, "Bill INVOICE-1 of account acme", "It is CONNECTED.", "1. WAITING, INVOICE-2", acmeID+" is mapped to 601")
}
