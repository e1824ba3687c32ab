package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

var onPlans = screen.Route{Name: screen.Plans, ID: "us"}

// clerk is who has made the plans that another person is to approve.
var clerk = plan.Who{ID: "key:1", Name: "clerk"}

func planOf(id string, by plan.Who) plan.Plan {
	d := decimal.MustParse
	p := plan.Plan{
		ID: id, IntegrationID: "us", Integration: "NetSuite US", System: "NetSuite", Author: by, Period: "2026-07", State: plan.Proposed,
		Created: servicetest.Start.Add(-2 * time.Hour), Expires: servicetest.Start.Add(5 * 24 * time.Hour), Digest: "0f3a52c1d9e7",
		Need: "the approval of another person than " + by.Name, Warnings: []string{"2 Bills: held by a person, and left out"},
		Bills: []plan.Bill{
			{Run: "run-1", ID: "bill-1", Ref: "INVOICE-131", Version: 2, Code: "acme_eu", Date: "2026-07-31", Action: plan.Create,
				Kind: "invoice", External: "m3b-bill-1", Customer: "601", Currency: "USD", Total: d("48200.02"), Hash: "h1",
				Lines: []plan.Line{
					{Item: "101", Description: "API calls, July 2026", Amount: d("48000.02")},
					{Item: "199", Description: "Support", Amount: d("200.00")},
				}},
			{Run: "run-0", ID: "bill-2", Ref: "INVOICE-118", Version: 3, Code: "globex", Action: plan.Update, Kind: "invoice", Currency: "USD",
				Before: d("8010.00"), Total: d("7990.50"), Hash: "h2", Warnings: []string{"the description of line 1 was cut"}},
			{Run: "run-2", ID: "bill-3", Ref: "INVOICE-140", Version: 1, Code: "initech", Action: plan.Create, Kind: "creditMemo", Currency: "EUR",
				Total: d("-120.00"), Hash: "h3"},
			{Run: "run-3", ID: "bill-4", Ref: "INVOICE-141", Version: 1, Code: "umbrella", Action: plan.Stops, Currency: "EUR", Total: d("77.10"),
				Why: "no item for line 1: map its product"},
		},
	}
	p.Sum()
	return p
}

// planning is an integration whose Bills wait for plans: one that another person has
// made, one of one's own.
func planning() *servicetest.Fake {
	f := reviewed()
	d, err := f.Integration(context.Background(), "us")
	if err == nil {
		d.ConfigData.Set(integration.KeyApproval, integration.ApprovalPlan)
		_, err = f.Update(context.Background(), d.Integration)
	}
	if err != nil {
		panic(err)
	}
	f.SetPlan(planOf("p-000000000001", clerk))
	f.SetPlan(planOf("p-000000000002", servicetest.Me))
	for i := range 2 {
		f.AddRun(integration.Run{ID: fmt.Sprint("waits-", i), IntegrationID: "us", EntityType: "Bill", Destination: "Netsuite",
			EntityID: fmt.Sprint("b-waits-", i), BillRef: fmt.Sprint("INVOICE-15", i), Status: integration.Waiting, Outcome: integration.Held,
			Cause: integration.CausePlan, Error: "it waits for a plan", Currency: "USD", AmountIn: decimal.MustParse("10")})
	}
	return f
}

// Two people on the screen: one may not approve what they have made, and may what
// another has; then it is applied, and made anew.
func TestAPlanOnTheScreen(t *testing.T) {
	t.Parallel()
	f := planning()
	f.AddCredentials("us", integration.Credentials{})
	f.SetItems(integration.Named{ID: "101", Name: "Platform fee"})
	drive(t, f, 120, 40, onPlans, func(d *driver) {
		d.shows("Plans", "p-000000000001", "PROPOSED", "48,180.52 USD", "clerk", "waits for the approval of another person than tester")
		d.keys("enter")
		d.shows("Plan p-000000000002", "made by tester", "it waits for the approval of another person",
			"USD  change 48,180.52 by 2 documents, invoices", "before 8,010.00", "credit memos -120.00",
			"2 Bills: held by a person", "INVOICE-131, version 2: invoice m3b-bill-1",
			"API calls, July 2026", "48,000.02", "no item for line 1")
		d.keys("b")
		d.shows("subsidiary", "(not known)", "56,190.52 USD", "period", "2026-07", "item", "101 Platform fee", "48,000.02 USD", "-120.00 EUR")
		d.hides("INVOICE-131")
		d.keys("enter")
		d.shows("a sum has nothing behind it; b shows the Bills")
		d.keys("/", "1", "9", "9", "enter")
		d.shows("200.00 USD")
		d.hides("48,000.02 USD")
		d.keys("esc", "esc")
		d.shows("INVOICE-131", "b group the money")
		d.keys("x", "a")
		d.shows("Approve plan p-000000000002", "3 documents of NetSuite US", "made by tester")
		d.keys("ctrl+s")
		d.shows("tester has made this plan, and may not approve it; another person approves it")
		d.keys("esc", "esc", "down", "enter", "x", "a")
		d.shows("Approve plan p-000000000001", "made by clerk")
		d.typeText("compared with m3ter")
		d.keys("ctrl+s")
		d.shows("plan p-000000000001 is approved", "approved by tester (compared with m3ter)")
		d.keys("x", "p")
		d.shows("Apply plan p-000000000001?", "Sends 3 documents to NetSuite: 48,180.52 USD, -120.00 EUR")
		d.keys("y")
		d.shows("APPLYING", "applied by tester")
		d.keys("x", "s", "ctrl+s")
		d.shows("STOPPED")
		d.keys("esc", "n")
		d.shows("Plan p-3", "INVOICE-150", "INVOICE-151", "20.00")
	})
}

// A plan that is rejected needs a reason.
func TestAPlanIsRejectedOnTheScreen(t *testing.T) {
	t.Parallel()
	drive(t, planning(), 80, 24, onPlans, func(d *driver) {
		d.keys("x", "r", "ctrl+s")
		d.shows("Reason is required")
		d.typeText("the rate is wrong")
		d.keys("ctrl+s")
		d.shows("is rejected", "REJECTED")
	})
}

// Who looks at a run that waits for a plan is led to the plans.
func TestARunLeadsToItsPlan(t *testing.T) {
	t.Parallel()
	drive(t, planning(), 120, 40, screen.Route{Name: screen.Run, ID: "waits-0"}, func(d *driver) {
		d.shows("HELD", "enter opens the plans")
		d.keys("enter")
		d.shows("p-000000000001")
	})
}
