package ui

import (
	"errors"
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

var onMonth = screen.Route{Name: screen.Month, ID: "us"}

// july is the report of the month before the clock of the fake.
func july() reconcile.Report {
	d := decimal.MustParse
	span, _ := reconcile.ParseSpan("2026-07", "")
	steps := func(name string, n int, usd, eur string) reconcile.Step {
		return reconcile.Step{Name: name, Bills: n, Money: map[string]decimal.D{"USD": d(usd), "EUR": d(eur)}}
	}
	return reconcile.Report{
		ID: "us." + span.Key(), IntegrationID: "us", Integration: "NetSuite US", System: "NetSuite", Span: span, Source: "m3ter",
		Periods: []reconcile.Period{{ID: "7", Name: "Jul 2026", From: "2026-07-01", To: "2026-07-31", State: "open"}},
		Begun:   servicetest.Start.Add(-3 * time.Minute), Ended: servicetest.Start.Add(-2 * time.Minute), Bills: 1240, Documents: 1226,
		Requests: 58,
		Totals: []reconcile.Total{
			{Currency: "EUR", Subsidiary: "Parent Company", Bills: 310, Source: d("318440.02"), Posted: d("318440.02"), Documents: 310,
				Ledger: d("318440.02")},
			{Currency: "USD", Subsidiary: "Parent Company", Bills: 930, Source: d("1114210.4438"), Posted: d("1040000.00"),
				NotPosting:  d("12000.98"),
				NotApproved: d("14009.44"), Rounding: d("0.0038"), Open: d("48200.02"), Documents: 916, Ledger: d("1052000.98")},
		},
		Steps: []reconcile.Step{steps(reconcile.StepSource, 1240, "1114210.4438", "318440.02"),
			steps(reconcile.StepApproved, 1228, "1100201.0038", "318440.02"),
			steps(reconcile.StepSent, 1225, "1052000.98", "318440.02"), steps(reconcile.StepProven, 1225, "1052000.98", "318440.02"),
			steps(reconcile.StepReconciled, 0, "0", "0")},
		CutOff: []reconcile.CutOff{
			{Item: "101", Currency: "EUR", Subsidiary: "Parent Company", Lines: 310, Within: d("318440.02")},
			{Item: "101", Currency: "USD", Subsidiary: "Parent Company", Lines: 4120, Before: d("12000.98"), Within: d("1000000.00")},
			{Item: "102", Currency: "USD", Subsidiary: "Parent Company", Lines: 12, After: d("40000.00")},
		},
		PrepaidCustomers: []reconcile.PrepaidCustomer{
			{Customer: "601", Name: "Northwind Analytics", Accounts: []string{"northwind"}, Currency: "USD", Closing: d("9000.00"),
				Since: d("-120.50"), Lines: 9, Remaining: d("9379.50"), Unbilled: d("600.00")},
			{Customer: "602", Name: "Globex Logistics", Accounts: []string{"globex"}, Currency: "USD", Closing: d("400.00"), Lines: 3,
				Remaining: d("400.0042"), Expired: d("400.0042"), ExpiredHere: d("400.0042")},
		},
		Breaks: []reconcile.Break{
			{ID: "b-000000000001", Code: reconcile.FailedCode, Cause: "period_closed", Title: "Failed", Bill: "bill-1", Ref: "INVOICE-131",
				Account: "acme_eu", Run: "run-1",
				Date: "2026-07-31", Currency: "USD", Subsidiary: "Parent Company", Amount: d("48200.02"), Difference: d("48200.02"),
				Bucket: reconcile.InOpen,
				Text:   "accounting period Jun 2026 is closed", Advice: "open the period in Setup > Accounting > Manage Accounting Periods and retry"},
			{ID: "b-000000000002", Code: reconcile.Changed, Title: "Changed in NetSuite since", Bill: "bill-2", Ref: "INVOICE-118",
				Account: "globex", Run: "run-0", Doc: "48211",
				Number: "INV48211", Date: "2026-07-15", Currency: "USD", Subsidiary: "Parent Company", Amount: d("8010.00"), Bucket: reconcile.InOpen,
				Sent:  true,
				Worth: d("8010.00"), URL: "https://example.com/48211", Facts: []reconcile.Fact{{Name: "memo", Ours: "INVOICE-118",
					Theirs: "goodwill, see mail"}},
				Text:   "invoice INV48211 is not as it was sent: memo goodwill, see mail instead of INVOICE-118",
				Advice: "compare both sides; set the document back, or accept the break"},
			{ID: "b-000000000003", Code: reconcile.Duplicate, Title: "Made by hand beside ours", Bill: "bill-3", Ref: "INVOICE-119",
				Account: "initech", Doc: "48300",
				Number: "INV48300", Date: "2026-07-20", Currency: "EUR", Subsidiary: "Parent Company", Amount: d("4000.00"), Sent: true,
				Worth:  d("4000.00"),
				Text:   "invoice INV48300 has the customer, date and amount of INVOICE-119, and no external id of ours",
				Advice: "void the one that is too much; or accept the break if they are two sales"},
		},
	}
}

func closing() *servicetest.Fake {
	f := reviewed()
	f.SetReport(july())
	return f
}

// From home to the break and its run, resolved and undone, as a person goes.
func TestAMonthOnTheScreen(t *testing.T) {
	t.Parallel()
	drive(t, closing(), 120, 40, onHome, func(d *driver) {
		d.keys("M")
		d.shows("July 2026", "BREAKS", "Failed: period closed", "Changed in NetSuite since", "1,114,210.4438 USD = posted 1,040,000.00")
		d.keys("down", "down", "enter")
		d.shows("INVOICE-118", "goodwill, see mail", "compare both sides")
		d.keys("x", "a")
		d.shows("Resolve: INVOICE-118")
		d.keys("down")
		d.typeText("agreed with sales")
		d.keys("ctrl+s")
		d.shows("INVOICE-118 is accepted")
		d.hides("Changed in NetSuite since")
		d.keys("G", "enter")
		d.shows("accepted by tester: agreed with sales")
		d.keys("x", "u")
		d.shows("open again")
		d.shows("Changed in NetSuite since")
		d.keys("x", "r")
		d.shows("! 3 open breaks")
	})
}

// The cut-off stands in place of the breaks, and esc goes back to them.
func TestTheCutOffOnTheScreen(t *testing.T) {
	t.Parallel()
	drive(t, closing(), 120, 40, onMonth, func(d *driver) {
		d.keys("C")
		d.shows("ENDED BEFORE", "12,000.98", "ENDS AFTER", "40,000.00")
		d.keys("down")
		d.shows("12,000.98 USD is revenue of an earlier period: accrue it there")
		d.keys("esc")
		d.shows("Changed in NetSuite since")
		d.hides("ENDED BEFORE")
	})
}

// Customers with prepayments stand there with both sides and what is to be done.
func TestPrepaymentsOnTheScreen(t *testing.T) {
	t.Parallel()
	drive(t, closing(), 120, 40, onMonth, func(d *driver) {
		d.keys("B")
		d.shows("PREPAYMENTS OF", "IN M3TER", "NOT BILLED", "9,379.50", "100.00",
			"NetSuite: 9,000.00 USD at the end of the period, 8,879.50 USD today", "not billed yet. NetSuite has 100.00 USD more.")
		d.keys("down")
		d.shows("expired unused in this", "Both agree.")
		d.keys("esc")
		d.shows("Changed in NetSuite since")
	})
	r := july()
	r.PrepaidCustomers, r.NoHoldings = nil, "the service user may not read Balances"
	f := closing()
	f.SetReport(r)
	drive(t, f, 120, 40, onMonth, func(d *driver) {
		d.keys("B")
		d.shows("prepayments are not compared: the service user may not read Balances")
	})
}

// While a month is reconciled nothing else stands there: esc stops that, from a group
// too, and comes back to it.
func TestEscStopsAReconciliation(t *testing.T) {
	t.Parallel()
	drive(t, closing(), 120, 40, onMonth, func(d *driver) {
		release := d.fake.Hold("Reconcile")
		d.keys("down", "down", "enter", "x", "r")
		d.shows("reading accounting periods", "esc stops it")
		d.keys("right")
		d.shows("a reconciliation is under way: esc stops it")
		d.keys("esc")
		d.shows("stopped; nothing of it is kept", "INVOICE-118", "goodwill, see mail")
		release()
		d.settle()
		d.hides("open break")
	})
}

// Where there is too little room the bars give way, not the money of a currency.
func TestAMonthShowsAllItsMoney(t *testing.T) {
	t.Parallel()
	r := july()
	for _, s := range r.Steps {
		s.Money["GBP"], s.Money["JPY"] = decimal.MustParse("3616.90593258"), decimal.MustParse("304134.708043")
	}
	r.Breaks[1].Facts = append(r.Breaks[1].Facts, reconcile.Fact{Name: "total", Ours: "643715.865219", Theirs: "8010.5"})
	for _, c := range []string{"GBP", "JPY"} {
		r.Totals = append(r.Totals, reconcile.Total{Currency: c, Bills: 1, Source: r.Steps[0].Money[c], Open: r.Steps[0].Money[c]})
	}
	f := reviewed()
	f.SetReport(r)
	drive(t, f, 80, 24, onMonth, func(d *driver) {
		d.shows("318,440.02", "3,616.91", "304,135", "1,114,210.44")
		d.keys("down", "down", "enter")
		d.shows("sent 643,715.865219", "holds 8,010.50")
	})
}

// What is not sent is the Bill's total, and what was is told as it was sent.
func TestABreakSaysWhoseTotalItShows(t *testing.T) {
	t.Parallel()
	for code, want := range map[reconcile.Code]string{reconcile.Deleted: "sent 1,979.62 ", reconcile.FailedCode: "Bill 1,979.62 "} {
		r := july()
		r.Breaks = r.Breaks[:1]
		r.Breaks[0].Code, r.Breaks[0].Facts = code, []reconcile.Fact{{Name: "total", Ours: "1979.62"}}
		f := reviewed()
		f.SetReport(r)
		drive(t, f, 120, 40, onMonth, func(d *driver) {
			d.keys("down", "enter")
			d.shows(want)
		})
	}
}

// A month without a break has no acts on one.
func TestTheMenuOfAMonthWithoutABreakHasNoActsOnOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		breaks        []reconcile.Break
		verdict       reconcile.Verdict
		shown, hidden []string
	}{
		{july().Breaks, reconcile.Breaks, []string{"reconcile this month now", "resolve this break", "open a group first"}, nil},
		{nil, reconcile.Equal, []string{"reconcile this month now", "evidence"}, []string{"open a group first", "this break", "the document's"}},
	} {
		r := july()
		r.Breaks, r.Verdict = c.breaks, c.verdict
		f := closing()
		f.SetReport(r)
		drive(t, f, 120, 40, onMonth, func(d *driver) {
			d.keys("x")
			d.shows(c.shown...)
			d.hides(c.hidden...)
		})
	}
}

// What the two sides do not show is said: runs of Bills of the month that are not
// through, with the key that leads to them, and why more is sent than approved.
func TestAMonthTellsWhatIsNotSettled(t *testing.T) {
	t.Parallel()
	r := july()
	r.Verdict, r.Breaks, r.NotCompared = reconcile.Equal, nil, []string{"department", "line.custcol_share"}
	for i := range r.Steps {
		if r.Steps[i].Bills = 10; r.Steps[i].Name == reconcile.StepSent {
			r.Steps[i].Bills = 12
		}
	}
	f := seeded()
	f.SetReport(r)
	for i, st := range []integration.Status{integration.PeriodClosed, integration.Waiting, integration.Complete, integration.Errored} {
		month := "2026-07"
		if st == integration.Errored {
			month = "2026-06"
		}
		f.AddRun(integration.Run{IntegrationID: "us", EntityID: fmt.Sprint("july-", i), BillRef: fmt.Sprint("JULY-", i), Status: st,
			PeriodStart: month + "-01", PeriodEnd: "2026-08-01", Currency: "USD", AmountIn: decimal.MustParse("5")})
	}
	drive(t, f, 80, 24, onMonth, func(d *driver) {
		d.shows("! 2 runs of this period are not settled: r shows them", "No break was found, but 2 runs of this period are not settled.",
			"sent has 2 Bills that m3ter has not approved: Only Send Bill On Approval is off", "1,114,210.4438 USD = posted")
		d.hides("may be closed")
		d.update(tea.WindowSizeMsg{Width: 120, Height: 24})
		d.shows("r shows them · ! not compared: department, line.custcol_share")
		d.update(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.keys("r")
		d.shows("period:2026-07 status:failed,open", "JULY-0", "JULY-1", "2 runs")
		d.hides("JULY-2", "JULY-3")
		d.keys("esc", "esc", "right")
		d.keys("left", "x", "r")
	})
}

// A month that nobody has reconciled says so, and enter does it; a refusal is told
// with what to do, and nothing is lost by leaving.
func TestAMonthIsReconciledOnTheScreen(t *testing.T) {
	t.Parallel()
	f := seeded()
	f.Fail("Reconcile", &integration.Failure{Message: "NetSuite refuses the query", Advice: "give the role SuiteAnalytics Workbook"})
	drive(t, f, 100, 30, onMonth, func(d *driver) {
		d.shows("was not reconciled yet")
		d.keys("enter")
		d.shows("NetSuite refuses the query", "SuiteAnalytics Workbook")
		f.Fail("Reconcile", nil)
		release := f.Hold("Reconcile")
		d.keys("enter", "enter")
		d.shows("reading accounting periods", "esc stops it")
		d.keys("esc")
		d.shows("nothing of it is kept", "was not reconciled yet")
		release()
		d.keys("enter")
		d.shows("EQUAL", "the period may be closed")
		d.keys("left")
		d.shows("June 2026")
		f.Fail("Reconciliation", errors.New("the store is away"))
		d.keys("left")
		d.shows("the store is away")
	})
}
