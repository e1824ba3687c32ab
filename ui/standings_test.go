package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// standings is a store with a run for each way in which one stands that is not its
// status alone: held, its place taken, and each state of the proof.
func standings() *servicetest.Fake {
	f := servicetest.New()
	f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		Enabled: true, Authorized: true})
	money := decimal.MustParse("1727.00")
	for i, r := range []integration.Run{
		{ID: "held", Status: integration.Waiting, Outcome: integration.Held, Cause: "held_by_hand", Error: "the customer asked",
			Advice: "release it when it may go"},
		{ID: "retried", Status: integration.Complete, Outcome: integration.Superseded, Cause: integration.CauseRetried},
		{ID: "superseded", Status: integration.Complete, Outcome: integration.Superseded, Cause: "newer_version"},
		{ID: "proven", Proof: integration.Proven}, {ID: "pending", Proof: integration.Pending},
		{ID: "notposted", Proof: integration.NotPosted, ProofNote: "it waits to be approved there, and no ledger has it before"},
		{ID: "unread", Proof: integration.Unread, ProofNote: "the role may not read invoices"},
		{ID: "drift", Proof: integration.Drift, ProofNote: "total: sent 1727.00, there 1700.00"},
	} {
		if r.Proof != "" {
			r.Status, r.Outcome, r.ExternalID, r.Tries = integration.Complete, integration.Created, fmt.Sprint(48210+i), 1
			r.AmountIncluded, r.AmountOut = money, money
			if r.Proof == integration.Drift {
				r.AmountOut = decimal.MustParse("1700.00")
			}
		}
		r.IntegrationID, r.AccountCode, r.BillRef, r.EntityID = "us", "acme_uk", fmt.Sprint("INVOICE-", 101+i), fmt.Sprint("bill-", i)
		r.PeriodStart, r.PeriodEnd, r.Currency, r.AmountIn = "2026-07-01", "2026-08-01", "USD", money
		r.Created = servicetest.Start.Add(-time.Duration(i) * time.Minute)
		r.Modified = r.Created
		f.AddRun(r)
	}
	return f
}

// What nothing is about to be sent for is grey wherever it stands: held runs, and
// those whose place another took. Not parallel: it sets the colours of all.
func TestWhatIsHeldOrReplacedIsGrey(t *testing.T) {
	before := lipgloss.ColorProfile()
	lipgloss.SetColorProfile(termenv.ANSI)
	defer lipgloss.SetColorProfile(before)
	for _, size := range [][2]int{{60, 30}, {100, 30}, {160, 50}} {
		drive(t, standings(), size[0], size[1], onRuns, func(d *driver) {
			frame := d.root.View()
			for _, word := range []string{"– HELD", "– RETRIED", "– SUPERSEDED"} {
				if !strings.Contains(frame, theme.Dim.Render(word)) {
					t.Errorf("%v: %q is not grey:\n%q", size, word, rowsWith(frame, word))
				}
			}
			if !strings.Contains(frame, theme.Good.Render("✓ COMPLETE")) && !strings.Contains(frame, theme.Good.Render("✓ #48213")) {
				t.Errorf("%v: what is delivered is not green", size)
			}
		})
	}
	drive(t, standings(), 100, 30, onUS, func(d *driver) {
		for _, word := range []string{"– HELD", "– RETRIED", "– SUPERSEDED"} {
			if !strings.Contains(d.root.View(), theme.Dim.Render(word)) {
				t.Errorf("details: %q is not grey", word)
			}
		}
	})
	for _, r := range []integration.Run{
		{Status: integration.Waiting, Outcome: integration.Held}, {Status: integration.Complete, Outcome: integration.Superseded,
			Cause: "newer_version"},
	} {
		word, style := widget.Standing(r)
		if style.Render(word) != theme.Dim.Render(word) {
			t.Errorf("%s is not grey", word)
		}
	}
}

// Home and details tell how far a change is that goes through parked runs, though
// nothing changes meanwhile, and that it is through.
func TestRequeuingIsTold(t *testing.T) {
	t.Parallel()
	for _, at := range []screen.Route{onHome, onUS} {
		drive(t, requeuing(), 100, 50, at, func(d *driver) {
			d.shows("re-queuing: 12,000 of 60,000 runs looked at")
			d.fake.SetInfo(service.Info{Organisation: "acme", Mode: "embedded", Requeueing: 100, RequeueingOf: 60000})
			d.settle()
			d.settle()
			d.shows("re-queuing: 59,900 of 60,000 runs looked at")
			d.fake.SetInfo(service.Info{Organisation: "acme", Mode: "embedded"})
			d.settle()
			d.settle()
			d.hides("re-queuing")
		})
	}
}

// What people did to a document is a word in the list, with the money that it is about,
// if it is about any.
func TestWhatPeopleDidIsAWord(t *testing.T) {
	t.Parallel()
	f := seeded()
	for id, cause := range map[string]string{
		"100": integration.CauseChanged, "90": integration.CauseVoidedSince, "80": integration.CauseDeleted,
	} {
		r := integration.Run{IntegrationID: "us", EntityID: "bill-" + id, Status: integration.Complete, Outcome: integration.Created,
			Proof: integration.Drift, Cause: cause, ExternalID: id, Currency: "USD", AmountIn: decimal.MustParse(id)}
		if r.AmountIncluded = r.AmountIn; cause == integration.CauseChanged { // its memo
			r.AmountOut = r.AmountIn
		}
		f.AddRun(r)
	}
	drive(t, f, 120, 36, screen.Route{Name: screen.Runs, ID: "us", Arg: "proof:drift"}, func(d *driver) {
		d.shows("≠ changed", "≠ voided -90.00", "≠ deleted -80.00")
		d.hides("changed 0", "changed +0")
	})
}
