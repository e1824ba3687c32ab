package netsuite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/integration"
)

// rule is one row of the error table. The first row that matches decides.
type rule struct {
	Status  []int    // of the answer; empty: any
	Code    string   // o:errorCode, or error of the token endpoint; "": any
	Texts   []string // lower case; one of them is in the text; empty: any
	Class   integration.Class
	Cause   string
	Advice  string
	Unknown bool // a write may have had its effect
}

func (r rule) matches(status int, d detail) bool {
	if len(r.Status) > 0 && !slices.Contains(r.Status, status) {
		return false
	}
	if r.Code != "" && !strings.EqualFold(r.Code, d.Code) {
		return false
	}
	text := strings.ToLower(d.Text)
	return len(r.Texts) == 0 || slices.ContainsFunc(r.Texts, func(t string) bool { return strings.Contains(text, t) })
}

// Causes that the sender itself acts on.
const (
	causeExists    = "already_exists"
	causeAbsent    = "record_not_found"
	causeChanged   = "record_changed"
	causeForbidden = "permission_missing"
	causeQuery     = "query_refused"
	causeNoType    = "record_type_missing"
	causeDoubtful  = "login_refused_under_load"
)

const (
	adviceLoad  = "nothing to do: sending goes on more slowly; if it stays so, ask who else uses this NetSuite account's concurrency"
	adviceLater = "nothing to do yet: it is looked up and tried again"
	adviceLogin = "see Setup > Users/Roles > View Login Audit Trail in NetSuite for the reason; check that the role has REST Web Services and " +
		"Log in using OAuth 2.0 Access Tokens, and that certificate and integration record are active; then connect again"
	advicePermission = "give the integration's role the permission (docs/NETSUITE.md lists them), then retry"
	advicePeriod     = "open the period in Setup > Accounting > Manage Accounting Periods and retry, or change the Bill's invoice date to an open period in m3ter"
	advicePaid       = "leave the invoice as it is and settle the difference with a credit memo or another invoice; or unapply the payment and retry"
	adviceBug        = "NetSuite does not take the form of this request; report it with the run's request and answer"
)

// table turns NetSuite's answers into what is done about them (facts:
// netsuite.md 3 and 4.3). Texts come after codes, since one code, USER_ERROR,
// covers most of what can go wrong.
var table = []rule{
	{Code: "CONCURRENCY_LIMIT_EXCEEDED", Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Code: "SSS_REQUEST_LIMIT_EXCEEDED", Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Code: "WS_REQUEST_BLOCKED", Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Texts: []string{"concurrent request limit exceeded", "request limit exceeded"}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Status: []int{429}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},

	{Status: []int{401}, Class: integration.ClassAuth, Cause: "login_refused", Advice: adviceLogin},
	{Code: "INVALID_LOGIN", Class: integration.ClassAuth, Cause: "login_refused", Advice: adviceLogin},

	{Code: "UNEXPECTED_ERROR", Class: integration.ClassTransient, Cause: "unexpected_error", Unknown: true,
		Advice: adviceLater + "; keep the Error ID for Oracle's support if it does not stop"},
	{Status: []int{502, 503, 504}, Class: integration.ClassTransient, Cause: "gateway_error", Advice: adviceLater, Unknown: true},
	{Status: []int{408}, Class: integration.ClassTransient, Cause: "timeout", Advice: adviceLater, Unknown: true},
	{Status: []int{500}, Class: integration.ClassTransient, Cause: "server_error", Advice: adviceLater, Unknown: true},

	{Texts: []string{"already exists"}, Class: integration.ClassRefused, Cause: causeExists,
		Advice: "another record in NetSuite uses this external id or name; find it by the external id and remove the id from it, or set an External Id Prefix"},
	{Texts: []string{"closed period", "period that has been closed", "posting period for date", "no valid, open,", "accounting period", "period is closed", "period is locked", "locked period"},
		Class: integration.ClassPeriod, Cause: "period_closed", Advice: advicePeriod},
	{Texts: []string{"cannot be deleted", "linked to by one or more"}, Class: integration.ClassRefused, Cause: "record_in_use", Advice: "unlink the other transactions in NetSuite first"},
	{Texts: []string{"has been paid", "has payments applied", "payment has been applied", "payments have been applied", "already been paid"},
		Class: integration.ClassPaid, Cause: "invoice_paid", Advice: advicePaid},
	{Texts: []string{"locked by a user defined workflow"}, Class: integration.ClassTransient, Cause: "workflow_lock",
		Advice: "it is tried again; if the lock stays, see which workflow in NetSuite locks this record"},
	{Texts: []string{"record has been changed"}, Class: integration.ClassTransient, Cause: causeChanged, Advice: adviceLater},

	{Code: "INSUFFICIENT_PERMISSION", Class: integration.ClassAuth, Cause: causeForbidden, Advice: advicePermission},
	{Texts: []string{"does not have permission", "permission violation", "insufficient permission"}, Class: integration.ClassAuth, Cause: causeForbidden, Advice: advicePermission},
	{Status: []int{403}, Class: integration.ClassAuth, Cause: causeForbidden, Advice: advicePermission},

	{Texts: []string{"total cannot be negative", "cannot be negative"}, Class: integration.ClassData, Cause: "negative_total",
		Advice: "set Negative Bills to credit memo, or correct the Bill"},
	{Texts: []string{"for external id"}, Status: []int{400, 404}, Class: integration.ClassData, Cause: "reference_unknown",
		Advice: "give the NetSuite customer the m3ter account id as its External ID; or turn on Use External Mapping Account Code and map the account"},
	{Texts: []string{"record type '"}, Status: []int{404}, Class: integration.ClassAuth, Cause: causeNoType,
		Advice: "check that the feature is enabled and that the role may see this record type"},
	{Code: "NONEXISTENT_ID", Class: integration.ClassData, Cause: causeAbsent, Advice: "check the internal ids in the configuration and the mappings: this one does not exist"},
	{Texts: []string{"transaction type specified is incorrect", "that record does not exist", "record instance does not exist"},
		Class: integration.ClassData, Cause: causeAbsent, Advice: "check the internal ids in the configuration and the mappings: this one does not exist"},
	{Texts: []string{"invalid currency reference key", "for the following field: currency"}, Class: integration.ClassData, Cause: "currency_refused",
		Advice: "add the Bill's currency to the customer in NetSuite (Financial subtab), and to its subsidiary"},
	{Texts: []string{"invalid entity reference key", "for the following field: customer", "for the following field: entity", "enter a value for entity", "please enter value(s) for: customer"},
		Class: integration.ClassData, Cause: "customer_refused", Advice: "check the account's external mapping: NetSuite does not take this customer"},
	{Texts: []string{"for the following field: item", "invalid item reference key"}, Class: integration.ClassData, Cause: "item_refused",
		Advice: "check the item of the line that is named: it must exist, be active, be for sale and belong to the customer's subsidiary"},
	{Texts: []string{"please enter value(s) for"}, Class: integration.ClassData, Cause: "field_missing",
		Advice: "NetSuite's form demands this field: give it a default, or make it optional on the form that the role uses"},
	{Texts: []string{"reference key"}, Class: integration.ClassData, Cause: "reference_refused",
		Advice: "check that customer, item, currency and subsidiary in NetSuite belong together"},
	{Texts: []string{"invalid field value"}, Class: integration.ClassData, Cause: "field_refused", Advice: "mend the value of the field that is named, then retry"},
	{Texts: []string{"at least one valid line item", "at least one line item"}, Class: integration.ClassData, Cause: "lines_missing",
		Advice: "check the items of the lines: NetSuite found none that it can use"},
	{Texts: []string{"maximum number", "more than the maximum"}, Class: integration.ClassData, Cause: "text_too_long", Advice: "shorten the text of the field that is named, then retry"},
	{Texts: []string{"debits and credits are not balanced", "was not in balance"}, Class: integration.ClassData, Cause: "not_balanced",
		Advice: "an amount has more decimals than the currency: report it with the run's document"},
	{Texts: []string{"revenue recognition start date"}, Class: integration.ClassData, Cause: "revenue_date_missing",
		Advice: "map servicePeriodStart and servicePeriodEnd to the item's revenue recognition fields, or give the item no such schedule"},
	{Texts: []string{"discount can not exceed"}, Class: integration.ClassData, Cause: "discount_too_large", Advice: "correct the Bill's credits, or send it as a credit memo"},

	{Code: "INVALID_PARAMETER", Class: integration.ClassRefused, Cause: causeQuery, Advice: "a missing permission hides tables and columns: check the role; else report it"},
	{Code: "INVALID_HEADER", Class: integration.ClassRefused, Cause: "header_refused", Advice: adviceBug},
	{Code: "INVALID_CONTENT", Class: integration.ClassData, Cause: "content_refused", Advice: "mend what NetSuite names, then retry"},
	{Code: "INVALID_VALUE", Class: integration.ClassData, Cause: "value_refused", Advice: "mend the value that NetSuite names, then retry; a custom field may be of another type than a date"},
	{Texts: []string{"invalid value for the resource"}, Class: integration.ClassData, Cause: "value_refused",
		Advice: "mend the value that NetSuite names, then retry; a custom field may be of another type than a date"},
	{Code: "INVALID_ID", Class: integration.ClassData, Cause: "id_malformed", Advice: "check the internal ids in the configuration and the mappings: this one is not well formed"},
	{Code: "INVALID_REQUEST", Class: integration.ClassRefused, Cause: "request_malformed", Advice: adviceBug},
	{Texts: []string{"invalid content in the request body", "malformed syntax"}, Class: integration.ClassRefused, Cause: "request_malformed", Advice: adviceBug},
	{Code: "IDEMPOTENCY_ERROR", Class: integration.ClassTransient, Cause: "idempotency_conflict", Advice: adviceLater, Unknown: true},
	{Status: []int{404}, Class: integration.ClassRefused, Cause: "not_found", Advice: "check the account id and the REST URL, and that REST Web Services is enabled"},
}

// tokenTable does the same for the token endpoint (facts: netsuite.md 1.5).
var tokenTable = []rule{
	{Code: "invalid_client", Class: integration.ClassAuth, Cause: "token_invalid_client",
		Advice: "check that Key Id is the Certificate ID, that Client Id is not the client secret, and that the private key belongs to the uploaded certificate, which is neither expired nor revoked"},
	{Code: "invalid_grant", Class: integration.ClassAuth, Cause: "token_invalid_grant",
		Advice: "check the entity and role of the M2M mapping in NetSuite: the employee is active and has the role; check this machine's clock"},
	{Code: "invalid_scope", Class: integration.ClassAuth, Cause: "token_invalid_scope", Advice: "check the scope REST Web Services on the integration record in NetSuite"},
	{Code: "unauthorized_client", Class: integration.ClassAuth, Cause: "token_unauthorized_client",
		Advice: "check that the integration record is enabled and allows the Client Credentials (Machine to Machine) Grant"},
	{Code: "unsupported_grant_type", Class: integration.ClassAuth, Cause: "token_unsupported_grant",
		Advice: "check Client Credentials (Machine to Machine) Grant on the integration record, and the feature OAuth 2.0"},
	{Code: "invalid_request", Class: integration.ClassAuth, Cause: "token_invalid_request",
		Advice: "check this machine's clock, Client Id and Key Id, then try again"},
	{Code: "CONCURRENCY_LIMIT_EXCEEDED", Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Status: []int{429}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Code: "server_error", Class: integration.ClassTransient, Cause: "token_server_error", Advice: adviceLater + "; if it stays so, the key's algorithm may not be allowed: connect with an EC P-256 key"},
	{Status: []int{500, 502, 503, 504}, Class: integration.ClassTransient, Cause: "token_server_error", Advice: adviceLater},
	{Status: []int{400, 401, 403, 404}, Class: integration.ClassAuth, Cause: "token_refused", Advice: adviceLogin},
}

func classifyToken(a answer) *integration.Failure {
	d := parseError(a)[0]
	for _, r := range tokenTable {
		if r.matches(a.status, d) {
			f := r.failure(a, d, false)
			f.Message = "the token endpoint: " + f.Message
			return f
		}
	}
	return unknown(a, d, false)
}

// ErrorTable prints both tables as Markdown, for docs/ERRORS.md.
func ErrorTable() string {
	var b strings.Builder
	for _, t := range []struct {
		title string
		rules []rule
	}{{"The record API and SuiteQL", table}, {"The token endpoint", tokenTable}} {
		fmt.Fprintf(&b, "## %s\n\n| HTTP | code | text holds | class | cause | what to do |\n|---|---|---|---|---|---|\n", t.title)
		for _, r := range t.rules {
			class := string(r.Class)
			if r.Unknown {
				class += ", outcome unknown"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | `%s` | %s |\n", r.statuses(), or(r.Code, "any"), or(strings.Join(r.Texts, " / "), "any"), class, r.Cause, r.Advice)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (r rule) statuses() string {
	s := make([]string, len(r.Status))
	for i, n := range r.Status {
		s[i] = strconv.Itoa(n)
	}
	return or(strings.Join(s, ", "), "any")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
