package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// Each of the five events says what happened, in the destination's words, and
// what to do; it names run, Bill, account and integration.
func TestEveryEventHasItsRemedy(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		classes := map[string]integration.Class{
			"validation": integration.ClassData, "mapping": integration.ClassMapping, "refused": integration.ClassRefused,
			"login": integration.ClassAuth,
		}
		b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			bill := strings.TrimPrefix(d.ExternalID, "m3b-")
			return &integration.Failure{Class: classes[bill], Cause: bill, Message: "NetSuite said no to " + bill + ".", Advice: "mend " + bill}
		}
		for _, bill := range []string{"validation", "mapping", "refused"} {
			b.submit("us", billOf(bill, "acc", 1, "APPROVED"))
		}
		time.Sleep(time.Minute)
		b.submit("us", billOf("login", "acc", 1, "APPROVED"))
		for range 5 { // connected again each time, and refused again, until it is disabled
			time.Sleep(time.Minute)
			if _, err := b.ledger.SetAuthorized(t.Context(), "us", "", true); err != nil {
				t.Fatal(err)
			}
			b.engine.Wake()
		}
		time.Sleep(time.Minute)
		seen := map[string]integration.Event{}
		for _, e := range b.ledger.Events() {
			seen[e.Name] = e
		}
		for name, bill := range map[string]string{
			integration.EventValidation: "validation", integration.EventMissingMapping: "mapping", integration.EventPerform: "refused",
			integration.EventAuthentication: "login", integration.EventDisabled: "login",
		} {
			e, ok := seen[name]
			if !ok || e.IntegrationID != "us" || e.RunID == "" || e.BillID != bill || e.AccountID != "acc" || !e.Actioned.IsZero() {
				t.Errorf("%s: %+v", name, e)
			}
			if !strings.Contains(e.Message, "NetSuite said no to "+bill+". To do: ") {
				t.Errorf("%s says %q", name, e.Message)
			}
		}
	})
}

// Two hundred Bills that fail alike are one event, which counts them and finds
// their runs; another cause is another.
func TestEventsOfOneCauseAreOne(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			if d.ExternalID == "m3b-paid" {
				return &integration.Failure{Class: integration.ClassPaid, Cause: "invoice_paid", Message: "it is paid", Advice: "leave it"}
			}
			return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Message: "July is closed", Advice: "open it"}
		}
		var bills [][]byte
		for i := range 200 {
			bills = append(bills, billOf(fmt.Sprint("b", i), fmt.Sprint("acc", i), 1, "APPROVED"))
		}
		b.submit("us", append(bills, billOf("paid", "acc", 1, "APPROVED"))...)
		time.Sleep(time.Hour)
		all := b.ledger.Events()
		if len(all) != 2 {
			t.Fatalf("%d events: %+v", len(all), all)
		}
		for _, e := range all {
			if e.Cause == "period_closed" && e.Count != 200 || e.Cause == "invoice_paid" && e.Times() != 1 {
				t.Errorf("%s happened %d times", e.Cause, e.Times())
			}
			p, err := b.ledger.Runs(t.Context(), e.Runs(), "", 500)
			if err != nil || len(p.Runs) != e.Times() {
				t.Errorf("%s: %d runs are found for %d, %v", e.Cause, len(p.Runs), e.Times(), err)
			}
		}
	})
}

// Each of a few customers without a mapping has an event; what is more shares
// one. They close by themselves when the mapping is there.
func TestEventsOfUnmappedCustomers(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		const customers = 30
		for round := range 2 { // a second Bill of a customer is no second event
			for i := range customers {
				b.submit("us", billOf(fmt.Sprint("b", round, "-", i), fmt.Sprint("acc", i), 1, "APPROVED"))
			}
			time.Sleep(time.Minute)
		}
		open := func() (n int) {
			for _, e := range b.ledger.Events() {
				if e.Actioned.IsZero() {
					n++
				}
			}
			return n
		}
		if open() != 21 {
			t.Fatalf("%d events for %d customers", open(), customers)
		}
		add := func(account string) {
			m := integration.ExternalMapping{M3terEntity: "Account", M3terID: account, ExternalSystem: "Netsuite",
				ExternalTable: "Customer", ExternalID: "7"}
			b.ledger.PutMapping(m)
			if err := b.engine.MappingsAdded(t.Context(), []integration.ExternalMapping{m}); err != nil {
				t.Fatal(err)
			}
		}
		add(b.ledger.Events()[0].AccountID) // the first has one of its own
		if open() != 20 {
			t.Errorf("%d open events after the first mapping", open())
		}
		for i := range customers {
			add(fmt.Sprint("acc", i))
		}
		time.Sleep(time.Minute)
		if open() != 0 {
			t.Errorf("%d events are open after all were mapped", open())
		}
	}, connected("us", "useExternalMappingAccountCode", true))
}
