package netsuite_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/destination"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// report runs the doctor and answers what is to do, by line.
func report(t *testing.T, c *netsuite.Client, n destination.Needs) (due map[string]destination.Step, all map[string]destination.Step) {
	t.Helper()
	due, all = map[string]destination.Step{}, map[string]destination.Step{}
	err := c.Check(t.Context(), n, func(s destination.Step) {
		if s.State == destination.Running {
			return
		}
		all[s.Name] = s
		if s.State == destination.ToDo || s.State == destination.Failed {
			due[s.Name] = s
		}
	})
	if err != nil {
		t.Error(err)
	}
	return due, all
}

// rules are settings that fill fields with fixed values.
func rules(to ...string) []any {
	out := make([]any, len(to))
	for i, key := range to {
		out[i] = map[string]any{"to": key, "value": "1"}
	}
	return out
}

// On each account the report names what is wrong there and nothing else; with the
// settings that mend it, nothing.
func TestTheDoctorOnEachAccount(t *testing.T) {
	t.Parallel()
	for _, a := range []struct {
		account string
		due     map[string]string // line -> what it says
		mend    spec.Values
		left    []string // what settings do not mend
	}{
		{account: "plain"},
		{account: "strict", due: map[string]string{
			"Mandatory fields": "Billing Source (custbody_billing_source) must be filled",
			"Departments":      "Department (department), Department of lines (line.department)",
			"Classes":          "Class (class), Class of lines (line.class)",
			"Segments":         "Sales Channel (cseg_channel)",
		}, mend: spec.Values{"billferry": map[string]any{
			"fields": rules("department", "class", "line.department", "line.class", "custbody_billing_source", "cseg_channel")}}},
		{account: "oneworld", due: map[string]string{"Locations": "has Location of lines (line.location)"},
			mend: spec.Values{"billferry": map[string]any{"fields": rules("line.location")}}},
		{account: "legacy", due: map[string]string{"Currencies": "Multiple Currencies is off", "Document numbers": "does not number documents"},
			mend: spec.Values{"billferry": map[string]any{"baseCurrency": "CAD", "tranId": "BILL"}}},
		{account: "approval", due: map[string]string{"Approval": "until then a workflow locks them"}, left: []string{"Approval"}},
		{account: "arm", due: map[string]string{"Revenue dates": "199 Services (default) is recognised over time",
			"Periods": "service of a Bill on 2027-10-31"},
			mend: spec.Values{"netsuiteItemCustomFieldMapping": map[string]any{"servicePeriodStart": "revRecStartDate",
				"servicePeriodEnd": "revRecEndDate"}},
			left: []string{"Periods"}},
	} {
		t.Run(a.account, func(t *testing.T) {
			t.Parallel()
			c, box := at(t, a.account)
			n := destination.Needs{Values: netsuite.Form().Defaults(), CertificateEnds: time.Now().AddDate(1, 0, 0), LastService: "2027-10-31",
				Currencies: []string{"USD"}, Prefixes: []string{"m3b-", "m3c-", "m3d-"}, Since: time.Now(),
				Prepaid: &destination.Prepaid{Bills: 3}}
			if a.account == "legacy" {
				n.Currencies = []string{"CAD"}
			}
			n.Values.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
			for _, x := range box.World().Accounts[:len(box.World().Accounts)-1] {
				n.Customers = append(n.Customers, destination.Customer{Account: x.Code, Ref: "ext:" + x.ID})
			}
			due, all := report(t, c, n)
			if got, want := slices.Sorted(maps.Keys(due)), slices.Sorted(maps.Keys(a.due)); !slices.Equal(got, want) {
				t.Errorf("to do: %v, want %v: %+v", got, want, due)
			}
			for line, text := range a.due {
				if !strings.Contains(due[line].Detail, text) || due[line].Remedy == "" {
					t.Errorf("%s: %q, want %q; remedy %q", line, due[line].Detail, text, due[line].Remedy)
				}
			}
			for line, text := range map[string]string{"Permissions": "has what sending needs", "Concurrency": "5 requests at once",
				"Certificate": "ends on",
				"Customers":   "each of the 11 accounts", "Form": "Standard Service Invoice", "Invoices": "may make and change"} {
				if s := all[line]; s.State != destination.Passed || !strings.Contains(s.Detail, text) {
					t.Errorf("%+v, want %q", s, text)
				}
			}
			for k, v := range a.mend {
				n.Values[k] = v
			}
			n.Values.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
			if due, _ := report(t, c, n); !slices.Equal(slices.Sorted(maps.Keys(due)), slices.Sorted(slices.Values(a.left))) {
				t.Errorf("with its settings there is to do: %+v", due)
			}
			if n := len(box.NetSuite().Invoices()); n != 0 {
				t.Errorf("looking at the account made %d invoices", n)
			}
		})
	}
}

// What a role does not show is told as that, and hides nothing else.
func TestTheDoctorWithoutItsSources(t *testing.T) {
	t.Parallel()
	c, box := at(t, "strict", "rolepermissions", "customfield")
	n := destination.Needs{Values: netsuite.Form().Defaults()}
	n.Values.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	due, all := report(t, c, n)
	for _, line := range []string{"Permissions", "Mandatory fields", "Certificate"} {
		if all[line].State != destination.Skipped {
			t.Errorf("%+v", all[line])
		}
	}
	// Its use still tells the custom field no other way does.
	if len(due) != 3 || due["Segments"].Name == "" {
		t.Errorf("%+v", due)
	}
	if err := box.NetSuite().Deny("suiteanalytics"); err != nil {
		t.Fatal(err)
	}
	c.Forget()
	due, all = report(t, c, n)
	if len(due) != 0 || all["SuiteQL"].State != destination.Skipped || all["Departments"].State != destination.Skipped ||
		all["Invoices"].State != destination.Passed {
		t.Errorf("%+v", all)
	}
}

func TestTheDoctorNamesMore(t *testing.T) {
	t.Parallel()
	p := account.Profile{Name: "mine", Subsidiaries: []account.Entry{{ID: "1", Name: "Parent Company"}, {ID: "3", Name: "UK Ltd"}},
		Customers: []account.Customer{{Currency: "GBP", Subsidiaries: []string{"3"}}}, Items: map[string][]string{sandbox.ItemDefault: {"1"}}}
	box, c := start(t, sandbox.Options{Account: p}, netsuite.Options{})
	if err := box.NetSuite().Deny("creditmemo", "department"); err != nil {
		t.Fatal(err)
	}
	n := destination.Needs{Values: netsuite.Form().Defaults(), CertificateEnds: time.Now().AddDate(0, 0, 9),
		Currencies: []string{"USD", "CHF"}}
	n.Values.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	n.Values.Set("billferry.negativeBills", "CREDIT_MEMO")
	n.Values.Set("billferry.fields", rules("department"))
	accounts := box.World().Accounts
	for _, x := range accounts {
		n.Customers = append(n.Customers, destination.Customer{Account: x.Code, Ref: "ext:" + x.ID})
	}
	due, _ := report(t, c, n)
	for line, text := range map[string]string{
		"Certificate": "the certificate ends on", "Currencies": "Bills are in CHF", "Customers": "1 have no customer in NetSuite: " +
			accounts[len(accounts)-1].Code,
		"Credit memos": "lacks Transactions > Credit Memo (Edit)", "Permissions": "lacks Lists > Departments (View)",
		"Subsidiaries": "item 199 (Netsuite Default Item Id) is not for UK Ltd",
	} {
		if !strings.Contains(due[line].Detail, text) {
			t.Errorf("%s: %q, want %q", line, due[line].Detail, text)
		}
		delete(due, line)
	}
	if len(due) > 0 {
		t.Errorf("and %+v", due)
	}
}

// The role that is printed holds what the configuration needs, and no more.
func TestRole(t *testing.T) {
	t.Parallel()
	v := netsuite.Form().Defaults()
	least := string(netsuite.Adapter{}.Role(v))
	for _, want := range []string{`<customrole scriptid="customrole_billferry">`,
		"<permkey>TRAN_CUSTINVC</permkey>\n      <permlevel>EDIT</permlevel>", "ADMI_LOGIN_OAUTH2"} {
		if !strings.Contains(least, want) {
			t.Errorf("%q is not in\n%s", want, least)
		}
	}
	for _, not := range []string{"TRAN_CUSTCRED", "LIST_DEPARTMENT", "TRAN_CUSTPYMT", "ADMI_PERIODOVERRIDE"} {
		if strings.Contains(least, not) {
			t.Errorf("%s is not needed:\n%s", not, least)
		}
	}
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	v.Set("billferry.fields", rules("line.department"))
	if more := string(netsuite.Adapter{}.Role(v)); !strings.Contains(more, "TRAN_CUSTCRED") || !strings.Contains(more, "LIST_DEPARTMENT") {
		t.Errorf("%s", more)
	}
}
