package delivery_test

import (
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
			"validation": integration.ClassData, "mapping": integration.ClassMapping, "refused": integration.ClassRefused, "login": integration.ClassAuth,
		}
		b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			bill := strings.TrimPrefix(d.ExternalID, "m3b-")
			return &integration.Failure{Class: classes[bill], Cause: bill, Message: "NetSuite said no to " + bill, Advice: "mend " + bill}
		}
		for _, bill := range []string{"validation", "mapping", "refused"} {
			b.submit("us", billOf(bill, "acc", 1, "APPROVED"))
		}
		time.Sleep(time.Minute)
		b.submit("us", billOf("login", "acc", 1, "APPROVED"))
		for range 5 { // connected again each time, and refused again, until it is disabled
			time.Sleep(time.Minute)
			if err := b.ledger.SetState(t.Context(), "us", true, true, ""); err != nil {
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
			if !strings.Contains(e.Message, "NetSuite said no to "+bill) || !strings.Contains(e.Message, "To do: ") {
				t.Errorf("%s says %q", name, e.Message)
			}
		}
	})
}
