package suitetalk

import (
	"strings"

	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/suiteql"
)

// roleID is the internal id of the integration's role, and entityID of its
// employee: an access token names both.
const (
	roleID   = "1042"
	entityID = "77"
)

// grants are the permissions of the role, by NetSuite's keys, with the level: 1
// view, 2 create, 3 edit, 4 full; and what Deny takes them away by.
var grants = []struct {
	key, name, deny string
	level           int
}{
	{"ADMI_RESTWEBSERVICES", "REST Web Services", PermitREST, 4},
	{"ADMI_LOGIN_OAUTH2", "Log in using OAuth 2.0 Access Tokens", PermitM2M, 4},
	{"REPO_ANALYTICS", "SuiteAnalytics Workbook", PermitSuiteAnalytics, 3},
	{"TRAN_CUSTINVC", "Invoice", "invoice", 4},
	{"TRAN_CUSTCRED", "Credit Memo", "creditmemo", 4},
	{"TRAN_CUSTPYMT", "Customer Payment", "customerpayment", 2},
	{"LIST_CUSTJOB", "Customers", "customer", 1},
	{"LIST_ITEM", "Items", "servicesaleitem", 1},
	{"LIST_CURRENCY", "Currency", "currency", 1},
	{"LIST_SUBSIDIARY", "Subsidiaries", "subsidiary", 1},
	{"LIST_DEPARTMENT", "Departments", "department", 1},
	{"LIST_CLASS", "Classes", "classification", 1},
	{"LIST_LOCATION", "Locations", "location", 1},
	{"LIST_FIND", "Perform Search", "", 4},
	{"ADMI_ACCTPERIODS", "Manage Accounting Periods", "accountingperiod", 1},
	{"ADMI_CUSTBODYFIELD", "Custom Body Fields", "", 1},
	{"ADMI_CUSTCOLUMNFIELD", "Custom Column Fields", "", 1},
}

// scanPermissions goes through what the role may do.
func (v visible) scanPermissions(yield func(suiteql.Row) bool) {
	role := suiteql.Value{Kind: suiteql.Number, Text: roleID}
	for _, g := range grants {
		if g.deny != "" && v.denied[g.deny] {
			continue
		}
		row := map[string]suiteql.Value{"role": role, "permkey": textValue(g.key), "permlevel": wholeValue(g.level), "name": textValue(g.name)}
		if !yield(func(c string) suiteql.Value { return row[c] }) {
			return
		}
	}
	if v.override {
		row := map[string]suiteql.Value{"role": role, "permkey": textValue("ADMI_PERIODOVERRIDE"), "permlevel": wholeValue(4),
			"name": textValue("Override Period Restrictions")}
		yield(func(c string) suiteql.Value { return row[c] })
	}
}

// scanFields goes through the custom fields of documents. Segments are none: they
// have definitions of their own.
func (v visible) scanFields(yield func(suiteql.Row) bool) {
	kinds := map[account.Type]string{account.Text: "Free-Form Text", account.Date: "Date", account.Number: "Decimal Number",
		account.Checkbox: "Check Box",
		account.List:     "List/Record", account.Multi: "Multiple Select"}
	for i, f := range v.profile.Fields {
		if strings.HasPrefix(f.Key, "cseg") {
			continue
		}
		place := "Transaction Body Field"
		if f.On[0] == onLine {
			place = "Transaction Column Field"
		}
		row := map[string]suiteql.Value{"internalid": wholeValue(i + 1), "scriptid": textValue(strings.ToUpper(f.Key)),
			"name": textValue(f.Label), "fieldtype": textValue(place), "fieldvaluetype": textValue(kinds[f.Type]),
			"ismandatory": flagValue(f.Mandatory)}
		if !yield(func(c string) suiteql.Value { return row[c] }) {
			return
		}
	}
}

// scanShared goes through the subsidiaries of each customer.
func (v visible) scanShared(yield func(suiteql.Row) bool) {
	n := 0
	for _, c := range v.tables[typeCustomer].rows {
		for i, sub := range c.subsidiaries {
			n++
			row := map[string]suiteql.Value{"id": wholeValue(n), "entity": {Kind: suiteql.Number, Text: c.id},
				"subsidiary": {Kind: suiteql.Number, Text: sub}, "isprimarysub": flagValue(i == 0)}
			if !yield(func(column string) suiteql.Value { return row[column] }) {
				return
			}
		}
	}
}

// scanSold goes through the subsidiaries that may sell each item.
func (v visible) scanSold(yield func(suiteql.Row) bool) {
	for _, e := range v.tables[typeItem].rows {
		for _, sub := range v.tables[typeCompany].rows {
			row := map[string]string{"item": e.id, "subsidiary": sub.id}
			if e.in(sub.id) && !yield(func(c string) suiteql.Value { return suiteql.Value{Kind: suiteql.Number, Text: row[c]} }) {
				return
			}
		}
	}
}
