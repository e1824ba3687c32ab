package netsuite_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// The walk of 'integration test' names each trap an administrator can step
// into, in its own line, with the remedy.
func TestTheWalkNamesEveryTrap(t *testing.T) {
	t.Parallel()
	const login, rest = "Access token", "REST record service"
	for _, trap := range []struct {
		deny, fault string
		failed      string // the step that fails, or that has something to do; "" when none does
		skipped     string // of the steps SuiteQL and Read-back those that cannot tell
		remedy      string
		cause       string
	}{
		{},
		{deny: "suiteanalytics", skipped: "SuiteQL Read-back", remedy: "Reports > SuiteAnalytics Workbook (Edit)"},
		{deny: "m2m", failed: login, remedy: "Client Credentials (Machine to Machine) Grant", cause: "token_unsupported_grant"},
		{deny: "integration", failed: login, remedy: "integration record is enabled", cause: "token_unauthorized_client"},
		{deny: "entity", failed: login, remedy: "the employee is active and has the role", cause: "token_invalid_grant"},
		{fault: "skew(-10m)=1", failed: login, remedy: "set this machine's clock", cause: "clock_skew"},
		{fault: "skew(1h)=1", failed: login, remedy: "set this machine's clock", cause: "clock_skew"},
		{fault: "token:500=1", failed: login, remedy: "EC P-256", cause: "token_server_error"},
		{deny: "rest", failed: rest, remedy: "Setup > REST Web Services (Full)", cause: "login_refused"},
		{fault: "read:html@1", failed: rest, remedy: "tried again", cause: "gateway_error"},
		{deny: "currency", failed: "Currencies", remedy: "Lists > Currency (View)"},
		{deny: "customer", failed: "Customers", skipped: "Read-back", remedy: "Lists > Customers (View)"},
		{deny: "serviceSaleItem", failed: "Items", remedy: "Lists > Items (View)"},
		{deny: "invoice", failed: "Invoices", remedy: "Transactions > Invoice (Edit)"},
		{deny: "creditMemo", failed: "Credit memos", remedy: "Transactions > Credit Memo (Edit)"},
	} {
		t.Run(trap.deny+trap.fault, func(t *testing.T) {
			t.Parallel()
			var o sandbox.Options
			if trap.fault != "" {
				f, err := sandbox.ParseFault(trap.fault)
				if err != nil {
					t.Fatal(err)
				}
				o.Faults = append(o.Faults, f)
			}
			box, c := start(t, o, netsuite.Options{})
			if trap.deny != "" {
				if err := box.NetSuite().Deny(trap.deny); err != nil {
					t.Fatal(err)
				}
			}
			v := netsuite.Form().Defaults()
			v.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
			v.Set("billferry.negativeBills", "CREDIT_MEMO")
			told := map[string][]string{} // the steps by state
			remedies := map[string]string{}
			err := c.Check(t.Context(), destination.Needs{Values: v}, func(s destination.Step) {
				told[s.State] = append(told[s.State], s.Name)
				remedies[s.Name] = s.Remedy
			})
			var f *integration.Failure
			if trap.cause == "" && err != nil || trap.cause != "" && (!errors.As(err, &f) || f.Cause != trap.cause) {
				t.Errorf("%#v, want %q", err, trap.cause)
			}
			if got := strings.Join(append(told[destination.Failed], told[destination.ToDo]...), ","); got != trap.failed {
				t.Errorf("failed or to do: %q, want %q", got, trap.failed)
			}
			if trap.failed != login && trap.failed != rest && fmt.Sprint(those(told[destination.Skipped], "SuiteQL", "Read-back")) != fmt.Sprint(
				strings.Fields(trap.skipped)) {
				t.Errorf("skipped: %q, want %q", told[destination.Skipped], trap.skipped)
			}
			step := trap.failed
			if step == "" {
				step, _, _ = strings.Cut(trap.skipped, " ")
			}
			if got := remedies[step]; !strings.Contains(got, trap.remedy) {
				t.Errorf("the remedy of %s is %q, which does not say %q", step, got, trap.remedy)
			}
		})
	}
}

// those are the names of a list that are among some.
func those(list []string, some ...string) (out []string) {
	for _, name := range list {
		if slices.Contains(some, name) {
			out = append(out, name)
		}
	}
	return out
}
