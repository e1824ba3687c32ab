package netsuite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/delivery/ledgertest"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

// only is a resolver of one client.
type only struct{ c *Client }

func (o only) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	return o.c, nil
}

func (only) System(string, string) (delivery.System, error) { return Adapter{}, nil }

// situation is what NetSuite answers to the first Bills of an integration.
type situation struct {
	answer func(f *fake)  // scripts the fake
	set    map[string]any // settings
	want   string         // status/outcome cause proof, and the money that is out
	note   string         // a part of the words: error, advice, proof note
	// records are the fields of m3ter's entities.
	records records
}

// records answers rules, by entity and id.
type records map[string]map[string]string

func (r records) Record(_ context.Context, entity, id string) (map[string]string, error) {
	return r[entity+"|"+id], nil
}

// refused scripts a refusal of every create.
func refused(status int, code, text string) func(*fake) {
	return func(f *fake) {
		for range 20 {
			f.refuse("POST /invoice", status, code, text)
		}
	}
}

// saved scripts a create that is carried out and answered with a refusal.
func saved(status int, body string) func(*fake) {
	return func(f *fake) {
		f.next("POST /invoice", func(w http.ResponseWriter, r *http.Request) bool {
			f.mu.Lock()
			f.create(drop{}, r, "/invoice")
			f.mu.Unlock()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		})
	}
}

// drop is an answer that nobody gets.
type drop struct{}

func (drop) Header() http.Header         { return http.Header{} }
func (drop) Write(b []byte) (int, error) { return len(b), nil }
func (drop) WriteHeader(int)             {}

// unreadable scripts every read of a document after its create.
func unreadable(status int, code, text string) func(*fake) {
	return func(f *fake) {
		for range 20 {
			f.refuse("GET /invoice/1", status, code, text)
		}
	}
}

// holds changes what a document holds before it is read back.
func holds(field, value string) func(*fake) {
	return func(f *fake) {
		f.next("GET /invoice/1", func(http.ResponseWriter, *http.Request) bool { f.set(field, json.RawMessage(value)); return false })
	}
}

// play lets a situation come to a Bill, and tells what became of its run.
func (c situation) play(t *testing.T, raw []byte) (integration.Run, integration.Integration) {
	t.Helper()
	v := spec.Values{"netsuiteDefaultItemId": "199"}
	for k, x := range c.set {
		v.Set(k, x)
	}
	f := newFake(t)
	if c.answer != nil {
		c.answer(f)
	}
	ledger := ledgertest.New(integration.Integration{ID: "us", Name: "NetSuite", EntityType: "Bill", Destination: "Netsuite", Version: 1,
		ConfigData: v, Enabled: true, Authorized: true})
	changed := make(chan struct{}, 1000)
	e := delivery.New(delivery.Options{Ledger: ledger, Resolver: only{f.client()}, Backoff: time.Millisecond, Records: c.records,
		OnRun: func(integration.Run) { changed <- struct{}{} }})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	defer func() { stop(); <-done }()
	runs, err := e.Submit(ctx, "us", raw, "file")
	if err != nil {
		t.Fatal(err)
	}
	var r integration.Run
	for deadline := time.After(20 * time.Second); ; {
		if r, err = ledger.Run(ctx, runs[0].ID); err != nil {
			t.Fatal(err)
		}
		if r.Status.Settled() && r.Proof != integration.Pending || r.Status == integration.AwaitingRetry && strings.HasPrefix(c.want,
			"AWAITING") {
			break
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("it stays %s %s %s", r.Status, r.Cause, r.Error)
		}
	}
	in, _ := ledger.Integration(ctx, "us")
	return r, in
}

// What others met in the field, told in our own words, and what becomes of a Bill.
func TestSituations(t *testing.T) {
	t.Parallel()
	const page = "<html><body>Access denied by the firewall</body></html>"
	for name, c := range map[string]situation{
		"all is well": {want: "COMPLETE/created PROVEN out 101.50"},
		"a customer on credit hold": {answer: refused(400, "USER_ERROR", "Customer is on credit hold."), want: "ERROR/ credit_hold out 0",
			note: "Credit Limit"},
		"one record out of reach": {answer: refused(403, "INSUFFICIENT_PERMISSION",
			"Permission Violation: The subsidiary restrictions on your role deny you access to this record."),
			want: "ERROR/ record_restricted out 0", note: "restrictions of the role"},
		"a permission is missing": {answer: refused(400, "USER_ERROR", "Your current role does not have permission to perform this action."),
			want: "ERROR/ permission_missing out 0", note: "give the integration's role"},
		"the page of a firewall": {answer: func(f *fake) {
			for range 20 {
				f.next("POST /invoice", func(w http.ResponseWriter, _ *http.Request) bool {
					w.WriteHeader(403)
					_, _ = io.WriteString(w, page)
					return true
				})
			}
		}, want: "AWAITING_RETRY/ blocked_on_the_way out 0", note: "firewall"},
		"maintenance": {answer: refused(400, "USER_ERROR", "The account you are trying to access is currently unavailable "+
			"while we undergo our regularly scheduled maintenance."), want: "AWAITING_RETRY/ maintenance out 0"},
		"edited meanwhile": {answer: refused(400, "USER_ERROR", "The record has been edited since you retrieved it."),
			want: "AWAITING_RETRY/ record_changed out 0"},
		"no open tax period": {answer: refused(400, "USER_ERROR", "Insert Transaction Failure: No valid, open, tax period for "+
			"date - 8/1/2026."), want: "ERROR/ tax_period_missing out 0", note: "Manage Tax Periods"},
		"a closed period": {answer: refused(400, "USER_ERROR", "You cannot change the G/L impact of a transaction in a closed "+
			"period."), want: "ACCOUNTING_PERIOD_CLOSED/ period_closed out 0", note: "First open"},
		"a date outside its period": {answer: refused(400, "USER_ERROR", "Your transaction date does not fall between the start and end "+
			"dates of your accounting period."), want: "ERROR/held period_date_mismatch out 0", note: "no period is closed"},
		"fields that the form demands": {answer: refused(400, "USER_ERROR", "Please enter value(s) for: Department, Class"),
			want: "ERROR/ field_missing out 0", note: "demands Department, Class"},
		"a document number": {answer: refused(400, "USER_ERROR", "Please enter value(s) for: Invoice #"),
			want: "ERROR/ field_missing out 0", note: "Document Number"},
		"a customer that is inactive": {answer: refused(400, "USER_ERROR", "You have entered an Invalid Field Value 614 for the following "+
			"field: entity"), want: "ERROR/ customer_refused out 0", note: "External ID is acc-1"},
		"words that nobody knows": {answer: refused(400, "USER_ERROR", "The moon is in the wrong house"), want: "ERROR/ netsuite_400_",
			note: "wrong house"},
		"saved, and " +
			"refused": {answer: saved(400,
			`{"o:errorDetails":[{"detail":"The transaction was successfully saved, but an error occurred while running user events",`+
				`"o:errorCode":"USER_ERROR"}]}`), want: "COMPLETE/adopted PROVEN out 101.50"},
		"saved, and refused in " +
			"German": {answer: saved(400, `{"o:errorDetails":[{"detail":"Dieser Datensatz ist bereits vorhanden.","o:errorCode":"USER_ERROR"}]}`),
			want: "COMPLETE/adopted PROVEN out 101.50"},
		"created, and locked": {answer: unreadable(400, "", "This record has been locked by a user defined workflow."),
			want: "COMPLETE/created UNREAD out 101.50", note: "locked by a user defined workflow"},
		"created, and hidden": {answer: unreadable(403, "INSUFFICIENT_PERMISSION",
			"Permission Violation: you may not access this record."), want: "COMPLETE/created UNREAD out 101.50", note: "Permission Violation"},
		"created, and 500 for ever": {answer: unreadable(500, "UNEXPECTED_ERROR", "An unexpected error occurred."),
			want: "COMPLETE/created UNREAD out 101.50", note: "unexpected"},
		"the customer cannot be looked up": {answer: func(f *fake) {
			f.refuse("GET /customer/", 404, "NONEXISTENT_ID", "The record instance does not exist.")
		}, want: "COMPLETE/created UNREAD out 101.50", note: "customer could not be looked up"},
		"tax in two fields": {answer: func(f *fake) {
			f.next("GET /invoice/1", func(http.ResponseWriter, *http.Request) bool {
				f.set("total", json.Number("116.50"))
				f.set("taxTotal", json.Number("5"))
				f.set("tax2Total", json.Number("10"))
				return false
			})
		}, want: "COMPLETE/created PROVEN out 101.50"},
		"another memo": {answer: holds("memo", `"Thank you"`), want: "COMPLETE/created drift DRIFT out 101.50", note: "Thank you"},
		"the same memo, as HTML": {answer: holds("memo", `"INVOICE-b1 &#124; billing period 2026-07-01 to&nbsp;2026-08-01"`),
			want: "COMPLETE/created PROVEN out 101.50"},
		"no multi-currency": {answer: func(f *fake) {
			f.refuse("POST /query", 400, "INVALID_PARAMETER", "Invalid search query. Invalid search type: currency.")
			f.refuse("GET /currency", 404, "NOT_FOUND", "Record type 'currency' does not exist.")
		}, want: "ERROR/held currencies_off out 0", note: "set Base Currency"},
		"no multi-currency, and a base": {set: map[string]any{"billferry.baseCurrency": "USD"}, want: "COMPLETE/created PROVEN out 101.50"},
		"a Bill of another currency": {set: map[string]any{"billferry.baseCurrency": "EUR"}, want: "ERROR/held currency_not_base out 0",
			note: "Base Currency is EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, in := c.play(t, situationBill)
			got := strings.Join(strings.Fields(fmt.Sprintf("%s/%s %s %s out %s", r.Status, r.Outcome, r.Cause, r.Proof, r.AmountOut)), " ")
			if !strings.HasPrefix(got, c.want) || !strings.Contains(r.Error+r.Advice+r.ProofNote, c.note) {
				t.Errorf("%s, want %s (%s)\n%s\n%s\n%s", got, c.want, c.note, r.Error, r.Advice, r.ProofNote)
			}
			if !in.Authorized || !in.Enabled {
				t.Errorf("the integration lost its authorisation: %+v", in)
			}
		})
	}
}

var situationBill = []byte(`{"id":"b1","version":1,"accountId":"acc-1","accountCode":"acme","startDate":"2026-07-01","endDate":"2026-08-01",
"billDate":"2026-08-01","dueDate":"2026-08-31","currency":"USD","status":"APPROVED","lastCalculatedDate":"2026-08-01T00:00:00Z",
"billingFrequency":"MONTHLY","sequentialInvoiceNumber":"INVOICE-b1","billTotal":101.50,"lineItems":[
{"id":"l1","lineItemType":"STANDING_CHARGE","description":"Standing","productId":"p1","quantity":1,"units":1,"unit":"","subtotal":101,
"currency":"USD","conversionRate":1,"convertedSubtotal":101,"averageUnitPrice":101,"servicePeriodStartDate":"2026-07-01T00:00:00Z",
"servicePeriodEndDate":"2026-08-01T00:00:00Z"},
{"id":"l2","lineItemType":"USAGE","description":"Calls","productId":"p2","quantity":5,"units":5,"unit":"call","subtotal":0.5,
"currency":"USD","conversionRate":1,"convertedSubtotal":0.5,"averageUnitPrice":0.1,"servicePeriodStartDate":"2026-07-01T00:00:00Z",
"servicePeriodEndDate":"2026-08-01T00:00:00Z"}]}`)
