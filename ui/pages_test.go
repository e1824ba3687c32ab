package ui

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/screen"
)

// page leads to one screen or dialog, by keys from where it starts.
type page struct {
	name  string
	start screen.Route
	of    func() *servicetest.Fake // nil: seeded
	do    func(*driver)
}

var (
	onHome     = screen.Route{}
	onUS       = screen.Route{Name: screen.Details, ID: "us"}
	onUK       = screen.Route{Name: screen.Details, ID: "uk"}
	onRuns     = screen.Route{Name: screen.Runs, ID: "us"}
	onRun      = screen.Route{Name: screen.Run, ID: "tried"}
	onEvents   = screen.Route{Name: screen.Events, ID: "us"}
	onMappings = screen.Route{Name: screen.Mappings, ID: "us"}
)

// pages are all screens, and all dialogs and states of them that look
// different. What is tested of every screen is tested of every one of these.
var pages = []page{
	{name: "welcome", of: servicetest.New},
	{name: "welcome-demo", of: newcomer},
	{name: "tour", of: newcomer, do: keys("enter")},
	{name: "tour-connect", of: newcomer, do: func(d *driver) {
		d.keys("enter", "n", "enter", "enter")
		d.typeText("NetSuite US")
		d.keys("ctrl+s", "c")
	}},
	{name: "tour-run", start: onRuns, of: stopped, do: touringAt("s", "enter")},
	{name: "demo-menu", of: stopped, do: touringAt("D")},
	{name: "demo-asks", of: stopped, do: keys("D", "o")},
	{name: "home"},
	{name: "home-glance", of: monthEnd},
	{name: "home-needs", of: monthEnd, do: keys("up", "up")},
	{name: "home-30d", of: monthEnd, do: keys("T", "z", "z")},
	{name: "home-requeuing", of: requeuing},
	{name: "home-certificate", of: expiring, do: keys("up")},
	{name: "details-requeuing", start: onUS, of: requeuing},
	{name: "home-filter", do: press1("/", "uk")},
	{name: "home-draft", do: keys("n", "enter", "enter", "H", "esc", "esc", "esc")},
	{name: "home-discard", do: keys("n", "enter", "enter", "H", "esc", "esc", "esc", "g", "d")},
	{name: "create-1", do: keys("n")},
	{name: "create-2", do: keys("n", "enter")},
	{name: "create-3", do: press1("n enter enter", "NetSuite US")},
	{name: "create-3-errors", do: keys("n", "enter", "enter", "ctrl+s", "down")},
	{name: "create-3-preview", do: keys("n", "enter", "enter", "ctrl+p")},
	{name: "create-3-grid", do: keys("n", "enter", "enter", "pgdown", "pgdown", "down", "down", "down", "down", "down",
		"down", "enter", "down")},
	{name: "create-3-rules", of: ruled, do: typeRule},
	{name: "create-3-rules-preview", of: ruled, do: func(d *driver) { typeRule(d); d.keys("ctrl+p") }},
	{name: "create-3-overlap", of: overlapping, do: press1("n enter enter", "NetSuite DE 2")},
	{name: "create-3-asked", of: overlapping, do: func(d *driver) {
		d.keys("n", "enter", "enter")
		d.typeText("NetSuite DE 2")
		d.keys("ctrl+s")
	}},
	{name: "create-3-shut", do: keys("n", "enter", "enter", "ctrl+o", "pgdown", "ctrl+o")},
	{name: "create-3-find", do: func(d *driver) { d.keys("n", "enter", "enter", "ctrl+f"); d.typeText("item") }},
	{name: "create-3-help", do: keys("n", "enter", "enter", "f1")},
	{name: "accounts", do: keys("n", "enter", "enter", "tab", "enter")},
	{name: "types", do: keys("n", "enter", "enter", "pgdown", "down", "down", "down", "down", "enter")},
	{name: "edit", start: screen.Route{Name: screen.Edit, ID: "uk"}},
	{name: "edit-items", start: screen.Route{Name: screen.Edit, ID: "us"}, do: keys("pgdown", "pgdown", "down", "down", "down", "ctrl+l")},
	{name: "edit-whatif", start: dueDate, of: changing, do: change},
	{name: "edit-whatif-unknown", start: dueDate, do: func(d *driver) {
		d.fake.Fail("Coverage", errors.New("the network is down"))
		change(d)
	}},
	{name: "edit-discard", start: screen.Route{Name: screen.Edit, ID: "uk"}, do: keys("X", "esc")},
	{name: "edit-conflict", start: onUK, do: conflict},
	{name: "details", start: onUS},
	{name: "details-end", start: onUS, do: keys("G")},
	{name: "details-new", start: onUK},
	{name: "details-disabled", start: screen.Route{Name: screen.Details, ID: "de"}},
	{name: "details-certificate", start: onUS, of: expiring},
	{name: "connect", start: onUK, do: keys("c")},
	{name: "connect-errors", start: onUK, do: keys("c", "ctrl+s")},
	{name: "connect-key", start: onUK, do: func(d *driver) { d.keys("c"); d.pasteKey() }},
	{name: "connect-failed", start: onUK, do: func(d *driver) { d.connect(errors.New("the network is down")) }},
	{name: "connect-discard", start: onUK, do: keys("c", "1", "esc")},
	{name: "connected", start: onUK, do: func(d *driver) { d.connect(nil) }},
	{name: "delete", start: onUS, do: keys("d")},
	{name: "details-menu", start: onUS, do: keys("x")},
	{name: "disable", start: onUS, do: keys("x", "e")},
	{name: "delete-new", start: onUK, do: keys("d")},
	{name: "test", start: onUS, do: keys("t")},
	{name: "help", do: keys("?")},
	{name: "help-find", do: press1("? /", "fold")},
	{name: "palette", of: monthEnd, do: keys(":")},
	{name: "palette-typed", start: onUS, of: monthEnd, do: press1(":", "runus")},
	{name: "fault", start: onUK, do: keys("t")},
	{name: "leave", start: screen.Route{Name: screen.Edit, ID: "uk"}, do: keys("X", "ctrl+c")},
	{name: "runs", start: onRuns, of: reviewed},
	{name: "runs-typing", start: onRuns, of: reviewed, do: press1("/", "sta")},
	{name: "runs-filtered", start: onRuns, of: reviewed, do: keys("s")},
	{name: "saved", start: onRuns, of: saving, do: keys("F")},
	{name: "saved-none", do: keys("F")},
	{name: "saved-edit", start: onRuns, of: saving, do: keys("F", "e")},
	{name: "saved-delete", start: onRuns, of: saving, do: keys("F", "d")},
	{name: "runs-none", start: onRuns, of: reviewed, do: press1("/", "acct:nobody")},
	{name: "runs-marked", start: onRuns, of: reviewed, do: keys("space", "down", "space")},
	{name: "runs-marked-menu", start: onRuns, of: reviewed, do: keys("space", "space", "x")},
	{name: "groups", start: onRuns, of: reviewed, do: keys("b")},
	{name: "group-retry", start: onRuns, of: reviewed, do: keys("b", "R")},
	{name: "runs-menu", start: onRuns, of: reviewed, do: keys("x")},
	{name: "settle", start: onRuns, of: reviewed, do: keys("down", "down", "x", "s")},
	{name: "run", start: onRun, of: reviewed},
	{name: "run-bill", start: onRun, of: reviewed, do: keys("2")},
	{name: "run-document", start: onRun, of: reviewed, do: keys("3")},
	{name: "run-request", start: onRun, of: reviewed, do: keys("4")},
	{name: "run-response", start: onRun, of: reviewed, do: keys("5", "[")},
	{name: "run-difference", start: onRun, of: reviewed, do: keys("6")},
	{name: "run-lines", start: onRun, of: reviewed, do: keys("7")},
	{name: "run-find", start: onRun, of: reviewed, do: press1("2 /", "line")},
	{name: "run-end", start: onRun, of: reviewed, do: keys("G")},
	{name: "run-menu", start: onRun, of: reviewed, do: keys("x")},
	{name: "learn", start: screen.Route{Name: screen.Run, ID: "demanded"}, of: demanded, do: keys("enter")},
	{name: "learn-picker", start: screen.Route{Name: screen.Run, ID: "demanded"}, of: demanded, do: keys("enter", "enter")},
	{name: "standings", start: onRuns, of: standings},
	{name: "standings-proof", start: onRuns, of: standings, do: func(d *driver) {
		d.keys("/")
		d.typeText("proof:pending,not_posted,unread,drift")
		d.keys("enter")
	}},
	{name: "standings-details", start: onUS, of: standings},
	{name: "run-held", start: screen.Route{Name: screen.Run, ID: "held"}, of: standings},
	{name: "run-pending", start: screen.Route{Name: screen.Run, ID: "pending"}, of: standings},
	{name: "run-unread", start: screen.Route{Name: screen.Run, ID: "unread"}, of: standings},
	{name: "run-notposted", start: screen.Route{Name: screen.Run, ID: "notposted"}, of: standings},
	{name: "run-drift", start: screen.Route{Name: screen.Run, ID: "drift"}, of: standings},
	{name: "month", start: onMonth, of: closing},
	{name: "month-new", start: onMonth},
	{name: "month-breaks", start: onMonth, of: closing, do: keys("down", "down", "enter")},
	{name: "month-menu", start: onMonth, of: closing, do: keys("down", "down", "enter", "x")},
	{name: "month-resolve", start: onMonth, of: closing, do: keys("down", "down", "enter", "x", "a")},
	{name: "plans", start: onPlans, of: planning},
	{name: "plans-none", start: onPlans},
	{name: "plans-bills", start: onPlans, of: planning, do: keys("enter")},
	{name: "plans-sums", start: onPlans, of: planning, do: keys("enter", "b")},
	{name: "plans-menu", start: onPlans, of: planning, do: keys("x")},
	{name: "plans-approve", start: onPlans, of: planning, do: keys("x", "a")},
	{name: "events", start: onEvents, of: reviewed},
	{name: "events-all", start: onEvents, of: reviewed, do: keys("i", "G")},
	{name: "mappings", start: onMappings, of: reviewed},
	{name: "mappings-none", start: onMappings, do: keys("/", "x")},
	{name: "mapping-new", start: onMappings, of: reviewed, do: keys("n")},
	{name: "mapping-customers", start: onMappings, of: reviewed, do: keys("n", "ctrl+l")},
	{name: "mapping-delete", start: onMappings, of: reviewed, do: keys("d")},
	{name: "mapping-import", start: onMappings, of: reviewed, do: keys("I")},
	{name: "mapping-export", start: onMappings, of: reviewed, do: keys("E")},
	{name: "unmapped", start: onMappings, of: reviewed, do: keys("U")},
}

// demanded is a service with a run that was refused for fields.
func demanded() *servicetest.Fake {
	f := seeded()
	f.AddRun(integration.Run{ID: "demanded", IntegrationID: "us", EntityType: "Bill", Destination: "Netsuite", EntityID: "b-demanded",
		BillRef: "INVOICE-1200",
		Status:  integration.Errored, Cause: "field_missing", Error: "Please enter value(s) for: Department, Class",
		Advice: "NetSuite demands Department, Class: give them rules under Fields (department, line.class)"})
	f.SetFields(integration.Field{Key: "department", Label: "Department", Type: "REFERENCE", Writable: true},
		integration.Field{Key: "line.class", Label: "Class", Type: "REFERENCE", Writable: true})
	f.SetOptions("department", integration.Named{ID: "5", Name: "Sales"}, integration.Named{ID: "6", Name: "Support"})
	return f
}

// keys presses keys by name.
func keys(names ...string) func(*driver) { return func(d *driver) { d.keys(names...) } }

// press1 presses keys, then types a text.
func press1(names, text string) func(*driver) {
	return func(d *driver) { d.keys(strings.Fields(names)...); d.typeText(text) }
}

// open drives to a page.
func (p page) open(t *testing.T, width, height int, then func(*driver)) {
	t.Helper()
	f := seeded()
	if p.of != nil {
		f = p.of()
	}
	drive(t, f, width, height, p.start, func(d *driver) {
		if p.do != nil {
			p.do(d)
		}
		then(d)
	})
}

// conflict saves an edit that somebody else was quicker with.
func conflict(d *driver) {
	d.keys("e", "2")
	other, err := d.fake.Integration(d.t.Context(), "uk")
	if err != nil {
		d.t.Fatal(err)
	}
	other.ConfigData.Set("netsuiteSendDueDate", true)
	if _, err := d.fake.Update(d.t.Context(), other.Integration); err != nil {
		d.t.Fatal(err)
	}
	d.keys("ctrl+s")
}

// connect fills the form in with the same values each time, and saves it.
func (d *driver) connect(fault error) {
	if fault != nil {
		d.fake.Fail("Connect", &integration.Failure{Class: integration.ClassTransient, Message: fault.Error(),
			Advice: "check the network, then save again"})
	}
	d.keys("c")
	for _, s := range []string{"1234567", "client", "key"} {
		d.typeText(s)
		d.keys("tab")
	}
	d.update(tea.KeyMsg{Type: tea.KeyRunes, Paste: true, Runes: []rune(d.sameKey())})
	d.settle()
	d.keys("ctrl+s")
}

// pasteKey goes to the field of the key and pastes it.
func (d *driver) pasteKey() {
	d.keys("tab", "tab", "tab")
	d.update(tea.KeyMsg{Type: tea.KeyRunes, Paste: true, Runes: []rune(d.sameKey())})
	d.settle()
}

// sameKey is a private key that is the same in every run, so that its
// fingerprint can stand in a golden file. It opens nothing.
func (d *driver) sameKey() string {
	secret := make([]byte, 32)
	secret[31] = 7
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		d.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// requeuing is a store in which a change goes through parked runs.
func requeuing() *servicetest.Fake {
	f := seeded()
	f.SetInfo(service.Info{Organisation: "acme", Mode: "embedded", Requeueing: 48000, RequeueingOf: 60000})
	return f
}

// expiring is a store in which the certificate of a key ends soon.
func expiring() *servicetest.Fake {
	f := seeded()
	f.AddCredentials("us", integration.Credentials{
		Values:          spec.Values{"externalCustomerId": "1234567_SB1", "clientId": "c1", "keyId": "k1"},
		KeyType:         "EC P-256",
		Algorithm:       "ES256",
		Verified:        true,
		ConnectedAt:     servicetest.Start,
		CertificateEnds: servicetest.Start.Add(20 * 24 * time.Hour),
	})
	return f
}

// reviewed is a store with something on every screen of the run review.
func reviewed() *servicetest.Fake {
	f := seeded()
	at := servicetest.Start
	for i, r := range []integration.Run{
		{AccountCode: "globex", Status: integration.RateLimitRetry, Cause: "concurrency_limit", Next: at.Add(4 * time.Second), Tries: 2},
		{AccountCode: "初音ミク株式会社", Status: integration.Waiting, Currency: "JPY", AmountIn: decimal.MustParse("983917")},
		{AccountCode: "umbrella", Status: integration.PeriodClosed, Cause: "period_closed", Error: "accounting period Jun 2026 is closed",
			Tries: 1},
		{AccountCode: "acme_eu", Status: integration.Complete, Outcome: integration.Created, Proof: integration.Drift, ExternalID: "48211",
			AmountOut: decimal.MustParse("1700.50"), Tries: 1},
	} {
		r.ID, r.IntegrationID, r.BillRef, r.PeriodStart, r.PeriodEnd = fmt.Sprint("more-", i), "us", fmt.Sprint("INVOICE-", 201+i),
			"2026-07-01", "2026-08-01"
		if r.Currency == "" {
			r.Currency, r.AmountIn = "USD", decimal.MustParse("1234567.89")
		}
		r.Created = at.Add(-time.Minute * time.Duration(i))
		f.AddRun(r)
	}
	f.AddRunDetail(tried())
	for i := range 5 {
		f.AddEvent(integration.Event{Name: integration.EventPerform, Time: at.Add(-time.Hour * time.Duration(i)), IntegrationID: "us",
			RunID: "tried", AccountID: "acct-1",
			Message: fmt.Sprintf("Bill INVOICE-%d of northwind: accounting period Jun 2026 is closed; the document of 2026-06-01 would be posted "+
				"into it. To do: open the period in Setup > Accounting > Manage Accounting Periods and retry, or change the Bill's invoice date to an "+
				"open period in m3ter", 101+i)})
	}
	f.AddEvent(integration.Event{Name: integration.EventDisabled, Time: at.Add(-20 * time.Hour), IntegrationID: "us",
		Message: "disabled after 5 authentication failures", Actioned: at})
	f.SetCustomers(integration.Named{ID: "21", Name: "Globex"}, integration.Named{ID: "22", Name: "Acme Corporation"})
	for i, table := range []string{"Customer", "Item"} {
		m := integration.ExternalMapping{M3terEntity: []string{"Account", "Product"}[i], M3terID: fmt.Sprint("m3ter-", i),
			ExternalSystem: "Netsuite", ExternalTable: table, ExternalID: fmt.Sprint(600 + i)}
		if _, err := f.PutMapping(context.Background(), m); err != nil {
			panic(err)
		}
	}
	return f
}

// tried is a run with attempts, a document, and an answer that differs from it.
func tried() service.RunDetail {
	at := servicetest.Start
	sent := []byte(`{"externalId":"m3b-1","entity":{"id":"7"},"total":1727.00,"item":{"items":[{"item":{"id":"12"},"amount":1727.00}]}}`)
	post := integration.Exchange{Purpose: "create", Method: "POST",
		URL:     "https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice",
		ReqHead: map[string]string{"Content-Type": "application/json"}, ReqBody: sent, Duration: 312 * time.Millisecond}
	refused, created := post, post
	refused.Status, refused.RespBody = 429, []byte(`{"title":"Too many requests","status":429}`)
	created.Status, created.RespHead = 204, map[string]string{"Location": "/invoice/48213"}
	read := integration.Exchange{Purpose: "read back", Method: "GET", URL: post.URL + "/48213", Status: 200, Duration: 90 * time.Millisecond,
		RespBody: []byte(`{"id":"48213","tranId":"INV42","total":1700.5,"entity":{"id":"7","refName":"Acme UK"},` +
			`"item":{"items":[{"item":{"id":"12"},"amount":1700.5}]}}`)}
	return service.RunDetail{
		Run: integration.Run{ID: "tried", IntegrationID: "us", EntityID: "bill-1", BillRef: "INVOICE-99", AccountID: "acct-1",
			AccountCode: "acme_uk", Currency: "USD",
			PeriodStart: "2026-07-01", PeriodEnd: "2026-08-01", BillVersion: 2, BillStatus: "APPROVED", Trigger: "poll",
			Created: at.Add(-48 * time.Hour),
			Status:  integration.PeriodClosed, Cause: "period_closed",
			Error: "accounting period Jun 2026 is closed; the document of 2026-06-01 would be posted into it",
			Advice: "open the period in Setup > Accounting > Manage Accounting Periods and retry, or change the Bill's invoice date to an " +
				"open period in m3ter",
			URL: "https://1234567.app.netsuite.com/app/accounting/transactions/custinvc.nl?id=48213", ExternalID: "48213", ExternalRef: "m3b-1",
			AmountIn: decimal.MustParse("1727"), AmountIncluded: decimal.MustParse("1700.5"), AmountExcluded: decimal.MustParse("26.5"),
			AmountOut: decimal.MustParse("1700.5")},
		Attempts: []integration.Attempt{
			{N: 1, Start: at, End: at.Add(400 * time.Millisecond), Status: integration.RateLimitRetry, Cause: "concurrency_limit",
				Exchanges: []integration.Exchange{refused}},
			{N: 2, Start: at.Add(time.Minute), End: at.Add(61 * time.Second), Status: integration.PeriodClosed, Cause: "period_closed",
				Exchanges: []integration.Exchange{created, read}},
		},
		Bill: []byte(`{"id":"bill-1","billTotal":1727.00,` +
			`"lineItems":[{"id":"l1","convertedSubtotal":1727.00,"description":"Überlänge 初音ミク"}]}`),
		Document: &service.Preview{Source: "INVOICE-99", Verdict: "as mapped",
			Encoded: mapping.Encoded{Body: sent, Document: mapping.Document{Currency: "USD",
				Total: decimal.MustParse("1727"), Warnings: []string{"1 of 1 lines has the default item"},
				Lines: []mapping.Line{{ItemID: "12", Description: "API calls", Quantity: decimal.MustParse("3"),
					Rate: decimal.MustParse("575.66666667"), Amount: decimal.MustParse("1727"),
					Why: mapping.Provenance{Rule: "external mapping of the product, linked", Fallback: "Netsuite Default Item Id",
						Money: "convertedSubtotal 1727.00", Sources: []string{"l1"}}}}}}},
	}
}
