package run

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/mapping"
	"billferry/ui/screen"
	"billferry/ui/uitest"
)

// Enter does what the advice comes down to.
func TestEnterDoesWhatIsAdvised(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const url = "https://1234567.app.netsuite.com/app/accounting/transactions/custinvc.nl?id=48213"
		failed := func(cause string) integration.Run { return integration.Run{Status: integration.Errored, Cause: cause} }
		to := func(name screen.RouteName, arg string) tea.Msg {
			return screen.PushMsg{To: screen.Route{Name: name, ID: "in", Arg: arg}}
		}
		for _, c := range []struct {
			run  integration.Run
			text string
			want tea.Msg
		}{
			{failed("account_mapping_missing"), "enter maps this account", to(screen.Mappings, "acc-1")},
			{failed("reference_ambiguous"), "enter opens the mappings", to(screen.Mappings, "")},
			{failed("item_missing"), "enter opens the setting", to(screen.Edit, "netsuiteItemMapping")},
			{failed("negative_total"), "enter opens the setting", to(screen.Edit, "billferry.negativeBills")},
			{integration.Run{Status: integration.Complete, Outcome: integration.Skipped, Cause: "account_filter"},
				"enter opens the setting", to(screen.Edit, "accountFilter")},
			{integration.Run{Status: integration.AuthFailed, Cause: "token_invalid_client"},
				"enter connects it", to(screen.Details, screen.ToConnect)},
			{integration.Run{Status: integration.AuthFailed, Cause: "login_refused"}, "enter tests", to(screen.Details, screen.ToTest)},
			{integration.Run{Status: integration.AuthFailed, Cause: "never heard of"}, "enter connects it", to(screen.Details, screen.ToConnect)},
			{integration.Run{Status: integration.Disabled, Cause: "integration_disabled"}, "enter opens the integration", to(screen.Details, "")},
			{integration.Run{Status: integration.Complete, Outcome: integration.Superseded, Cause: "retried"},
				"enter shows every run of the Bill", to(screen.Runs, "bill:bill-1")},
			{failed("reference_unknown"), "enter copies the account's id", screen.CopyMsg{Text: "acc-1", What: "the account's m3ter id"}},
			{failed("total_mismatch"), "enter copies the Bill's id", screen.CopyMsg{Text: "bill-1", What: "the Bill's id"}},
			{integration.Run{Status: integration.Complete, Outcome: integration.Created, Proof: integration.Drift, Cause: "drift",
				Advice: "open the record", URL: url},
				"enter copies the record's address", screen.CopyMsg{Text: url, What: "the address of the record in NetSuite"}},
			{integration.Run{Status: integration.AuthFailed, Cause: "source_credentials_refused"}, "enter copies the command",
				screen.CopyMsg{Text: "billferry source connect", What: "the command: billferry source connect"}},
			{integration.Run{Status: integration.Complete, Outcome: integration.Skipped, Cause: "not_approved"}, "", nil},
			{integration.Run{Status: integration.AwaitingRetry, Cause: "no_answer", Advice: "nothing to do yet"}, "", nil},
			{integration.Run{Status: integration.Complete, Outcome: integration.Created}, "", nil},
		} {
			f := servicetest.New()
			r := c.run
			r.IntegrationID, r.AccountID, r.EntityID, r.BillRef = "in", "acc-1", "bill-1", "INVOICE-1"
			r = f.AddRun(r)
			d := uitest.Start(t, New(uitest.Env(f), r.ID), 160, 40)
			if d.Shows(c.text); c.text == "" {
				d.Hides("enter ")
			}
			d.Press("enter")
			var got tea.Msg
			if n := len(d.Sent); n > 0 {
				got = d.Sent[n-1]
			}
			if m, ok := c.want.(screen.PushMsg); ok && m.To.Name == screen.Edit { // which previews the Bill in question
				m.To.Run = r.ID
				c.want = m
			}
			if got != c.want {
				t.Errorf("%s %s: enter did %#v, want %#v", r.Status, r.Cause, got, c.want)
			}
		}
	})
}

// What a person decides is asked for; what needs no word is done at once.
func TestEnterSettlesARun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		open := func(r integration.Run) (*uitest.Driver, func() integration.Run) {
			r = f.AddRun(r)
			now := func() integration.Run { got, _ := f.Run(t.Context(), r.ID); return got.Run }
			return uitest.Start(t, New(uitest.Env(f), r.ID), 100, 30), now
		}
		d, _ := open(integration.Run{Status: integration.AlreadyPaid, Cause: "invoice_paid"})
		d.Press("enter")
		d.Shows("Mark as sent")
		d, _ = open(integration.Run{Status: integration.Errored, Cause: "earlier_version_left"})
		d.Press("enter")
		d.Shows("Skip")
		d, now := open(integration.Run{Status: integration.Waiting, Outcome: integration.Held, Cause: "held_by_hand", Advice: "release it"})
		d.Shows("enter releases it")
		if d.Press("enter"); now().HeldByHand() {
			t.Error("it is still held")
		}
		d, _ = open(integration.Run{Status: integration.PeriodClosed, Cause: "period_closed", Advice: "Open the period, then retry."})
		d.Shows("enter explains")
		was := f.Calls("Retry")
		d.Press("enter")
		d.Shows("Period closed: what to do first", "Open the period, then retry.", "A retry before that is refused", "[  No  ]")
		if d.Press("enter"); f.Calls("Retry") != was {
			t.Error("it was retried before a person said that the cause is mended")
		}
		d.Press("enter")
		if d.Press("y"); f.Calls("Retry") != was+1 {
			t.Error("yes does not retry")
		}
		if d.Press("R"); f.Calls("Retry") != was+2 {
			t.Error("R does not retry at once")
		}
		for _, r := range []integration.Run{
			{Status: integration.TimeoutExceeded, Cause: "no_answer"}, {Status: integration.Errored, Cause: "never heard of"}} {
			d, _ = open(r)
			d.Shows("enter retries")
			was := f.Calls("Retry")
			if d.Press("enter"); f.Calls("Retry") != was+1 {
				t.Errorf("%s was not retried", r.Cause)
			}
		}
	})
}

// A customer that NetSuite refuses is mended in its mapping, if it came from one.
func TestARefusedCustomerLeadsToItsMapping(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		var doc service.Preview
		doc.Entity = mapping.Ref{ID: "601"}
		r := f.AddRunDetail(service.RunDetail{Document: &doc,
			Run: integration.Run{IntegrationID: "in", AccountID: "acc-1", Status: integration.Errored, Cause: "customer_refused"}})
		d := uitest.Start(t, New(uitest.Env(f), r.ID), 100, 30)
		d.Press("enter")
		if got := d.Pushed(); got.Name != screen.Mappings || got.Arg != "acc-1" {
			t.Errorf("enter opened %+v", got)
		}
	})
}

// The report has the request and NetSuite's words, and no secret.
func TestAReportIsCopied(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		run := tried(f)
		f.ChangeRun(run.ID, func(r *service.RunDetail) { r.Cause, r.Attempts = "request_malformed", r.Attempts[:1] })
		d := uitest.Start(t, New(uitest.Env(f), run.ID), 160, 40)
		d.Shows("enter copies a report")
		d.Press("enter")
		m, _ := d.Sent[len(d.Sent)-1].(screen.CopyMsg)
		for _, want := range []string{run.ID, "request_malformed", `"externalId": "m3b-1"`, `"title": "Too many"`} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the report lacks %q:\n%s", want, m.Text)
			}
		}
		if strings.Contains(m.Text, "Bearer") {
			t.Error("the report has the token")
		}
	})
}

// A drift and a Bill that a setting left out are retried, as their advice says.
func TestDriftAndSkippedAreRetried(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, c := range []struct {
			outcome integration.Outcome
			proof   integration.Proof
			want    int
		}{{integration.Created, integration.Drift, 1}, {integration.Adopted, integration.Unread, 1}, {integration.Skipped, "", 1},
			{integration.Created, integration.Proven, 0}, {integration.Created, integration.Pending, 0}} {
			f := servicetest.New()
			r := f.AddRun(integration.Run{Status: integration.Complete, Outcome: c.outcome, Proof: c.proof})
			d := uitest.Start(t, New(uitest.Env(f), r.ID), 100, 30)
			if d.Press("R"); f.Calls("Retry") != c.want {
				t.Errorf("R on a run that is %s %s: %d calls", c.outcome, c.proof, f.Calls("Retry"))
			}
		}
	})
}
