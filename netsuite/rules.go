package netsuite

import (
	"net/http"

	"billferry/internal/integration"
)

const adviceBlocked = "nothing to do yet: it is looked up and tried again. The answer is a web page and not NetSuite's: a firewall or " +
	"a proxy on the way, " +
	"or one in front of NetSuite, refuses this machine. See that its address may reach the account"

// maintenance is how NetSuite says that an account is away for a while.
var maintenance = []string{
	"the account you are trying to access is currently unavailable…", "we are currently performing maintenance on our system",
	"…database is currently offline for maintenance", "your company database is offline", "…is undergoing scheduled maintenance…",
	"your data is still being loaded", "periods are currently being added to this account",
	"configuration changes have been made to your account",
}

// passingRules are troubles that pass by themselves.
var passingRules = []rule{
	{Status: []int{http.StatusTooManyRequests}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Codes: []string{"CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED", "WS_REQUEST_BLOCKED", "EXCEEDED_MAX_CONCUR_RQST"},
		Says: []string{"concurrent request limit exceeded", "suitetalk concurrent request limit exceeded", "request limit exceeded",
			"the maximum number of concurrent requests has been exceeded", "only one request may be made against a session at a time",
			"maximum active sessions exceeded"},
		Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},

	{Status: []int{http.StatusUnauthorized}, Class: integration.ClassAuth, Cause: "login_refused", Advice: adviceLogin},
	{Codes: []string{"INVALID_LOGIN", "INVALID_LOGIN_ATTEMPT", "LOGIN_DISABLED", "ACCT_DISABLED"},
		Says: []string{"invalid login attempt", "login access has been disabled for this role",
			"your access to this account has been removed or disabled",
			"this account has been disabled"},
		Class: integration.ClassAuth, Cause: "login_refused", Advice: adviceLogin},

	{Codes: []string{"ACCT_TEMP_UNAVAILABLE", "ACCT_PRDS_BEING_ADDED"}, Says: maintenance,
		Class: integration.ClassTransient, Cause: "maintenance", Unknown: true, Advice: adviceLater + " once the account is back"},
	{Codes: []string{"SSS_TIME_LIMIT_EXCEEDED", "EXCEEDED_MAX_TIME"},
		Says:  []string{"script execution time exceeded", "the operation has exceeded maximum allowed time for completion"},
		Class: integration.ClassTransient, Cause: "script_time_limit", Unknown: true,
		Advice: adviceLater + "; if it stays, a script or workflow on NetSuite's form takes too long: ask who keeps it"},
	{Codes: []string{"UNEXPECTED_ERROR"}, Class: integration.ClassTransient, Cause: "unexpected_error", Unknown: true,
		Advice: adviceLater + "; keep the Error ID for Oracle's support if it does not stop"},
	{Status: []int{502, 503, 504}, Class: integration.ClassTransient, Cause: "gateway_error", Advice: adviceLater, Unknown: true},
	{Status: []int{408}, Class: integration.ClassTransient, Cause: "timeout", Advice: adviceLater, Unknown: true},
	{Status: []int{500}, Class: integration.ClassTransient, Cause: "server_error", Advice: adviceLater, Unknown: true},
	{Status: []int{400, 403, 405, 406, 407, 409, 410}, Page: true, Class: integration.ClassTransient, Cause: "blocked_on_the_way",
		Unknown: true,
		Advice:  adviceBlocked},

	{Codes: []string{"RCRD_HAS_BEEN_CHANGED", "RCRD_EDITED_SINCE_RETRIEVED"},
		Says: []string{"record has been changed", "the record has been edited since you retrieved it",
			"record has changed since you last retrieved it"},
		Class: integration.ClassTransient, Cause: causeChanged, Advice: adviceLater},
	{Codes: []string{"RCRD_LOCKED_BY_WF"}, Says: []string{"this record has been locked by a user defined workflow"},
		Class: integration.ClassTransient, Cause: causeLocked,
		Advice: "it is tried again; if the lock stays, see which workflow in NetSuite locks this record"},
	{Codes: []string{"IDEMPOTENCY_ERROR"}, Class: integration.ClassTransient, Cause: "idempotency_conflict", Advice: adviceLater,
		Unknown: true},

	// The words say that something was saved: only a look-up tells.
	{Says: []string{"the transaction was successfully saved, but an error occurred…",
		"the transaction was entered successfully, but an unexpected error occurred…",
		"the transaction was entered … successfully…"},
		Class: integration.ClassTransient, Cause: "saved_with_error", Unknown: true, Advice: adviceLater},
	{Says: []string{"this record already exists", "this entity already exists", "a record with this id already exists"},
		Class: integration.ClassRefused, Cause: causeExists,
		Advice: "another record in NetSuite uses this external id or name; find it by the external id and remove the id from it, or set an " +
			"External Id Prefix"},
}

// periodRules are about dates and periods.
var periodRules = []rule{
	{Codes: []string{"TAX_PRD_REQD"}, Says: []string{"no valid, open, tax period for date - …", "no current tax period is defined",
		"the tax period range … has not been defined"},
		Class: integration.ClassData, Cause: "tax_period_missing", Lone: true,
		Advice: "set up or open the tax period of this date in Setup > Accounting > Manage Tax Periods, then retry; the accounting period " +
			"is not what NetSuite means"},
	{Codes: []string{"MISSING_ACCT_PRD", "INSUFCNT_NUM_PRDS_FOR_REV_REC", "INSUFCNT_OPEN_PRDS_FOR_REV_REC"},
		Says: []string{"you are attempting to create an amortization or revenue recognition schedule outside the range of available " +
			"accounting periods",
			"not enough accounting periods in range specified for revenue recognition",
			"not enough open accounting periods available for revenue recognition"},
		Class: integration.ClassData, Cause: "revenue_periods_missing", Lone: true,
		Advice: "set up the accounting periods to the end of the service period in Setup > Accounting > Manage Accounting Periods, then " +
			"retry; the invoice's own period is not at fault"},
	{Codes: []string{"DATE_PRD_MISMATCH"}, Says: []string{"your transaction date does not fall between the start and end dates of your " +
		"accounting period",
		"the transaction date you specified is not within the date range of your accounting period"},
		Class: integration.ClassHeld, Cause: "period_date_mismatch",
		Advice: "no period is closed: NetSuite ties the date to the posting period. Set Allow Transaction Date Outside of the Posting " +
			"Period to Allow " +
			"(Setup > Accounting > Accounting Preferences), or Posting Period here to By date, then retry"},
	{Codes: []string{"CLOSED_TRAN_PRD", "TRAN_PERIOD_CLOSED", "TRAN_PRD_CLOSED"},
		Says: []string{"the g/l impact of a transaction in a closed period cannot be changed",
			"you cannot move a transaction to or from a closed period",
			"you cannot change the g/l impact of a transaction in a closed period", "this transaction is in a period that has been closed",
			"no valid, open, posting period for date - …", "no valid, open, … period for date - …",
			"there are no accounting periods that cover this transaction date",
			"the action is causing generation of foreign exchange variance in a closed period",
			"this action cannot be completed because it requires modification of the transaction in a closed period…",
			"…as it would impact a closed period", "the accounting period range … has not been defined", "…posting period … is closed",
			"…accounting period … is closed", "…period is closed", "…period is locked"},
		Class: integration.ClassPeriod, Cause: "period_closed", Advice: advicePeriod},
	{Codes: []string{"INVALID_TRANSACTION_DATE"}, Says: []string{"transaction date … is not valid"}, Class: integration.ClassData,
		Cause:  "date_refused",
		Advice: "correct the Bill's invoice date in m3ter, then retry: NetSuite takes none so far away"},
}

// accessRules are about what the role and the account may do. Nothing of it
// takes the authorisation of the integration: the login was good.
var accessRules = []rule{
	{Codes: []string{"INSUFFICIENT_FLD_PERMISSION"}, Says: []string{"you do not have permissions to set a value for element …",
		"you are attempting to read an unauthorized field: …"},
		Class: integration.ClassData, Cause: "field_not_writable", Lone: true,
		Advice: "see the field that NetSuite names: it must be shown and not read-only on the form that the role uses, and its feature must " +
			"be on; then retry"},
	{Says: []string{"you are not allowed to approve your own transactions", "…your role do not allow you to approve or reject this record",
		"no one in your chain of command has a sufficient spending limit to approve this transaction"},
		Class: integration.ClassRefused, Cause: "approval_refused", Lone: true,
		Advice: "see the approval routing of invoices in NetSuite: the integration's employee needs an approver, or leave to approve; then " +
			"retry"},
	{Codes: []string{"PERMISSION_VIOLATION"}, Says: []string{"…restrictions on your role deny you access to this record",
		"…restrictions on your … prevent you from seeing this record",
		"…restrictions on your role do not allow you to modify this record", "…restriction settings on your role deny you access to this item",
		"you may not access this record", "you may no longer edit this record"},
		Class: integration.ClassData, Cause: causeRestricted, Lone: true,
		Advice: "let the integration's role reach the record: see the restrictions of the role (subsidiary, department, class, location, " +
			"own records), then retry"},
	{Codes: []string{"FEATURE_DISABLED", "FEATURE_UNAVAILABLE"}, Says: []string{"the … feature is not enabled in your … account",
		"the feature … required to access this page is not enabled in this account",
		"the … feature is not available to your company", "this feature is not available to your company"},
		Class: integration.ClassRefused, Cause: "feature_disabled", Advice: "turn the feature that NetSuite names on in Setup > Company > " +
			"Enable Features, then retry"},
	{Codes: []string{"FORM_SETUP_REQD"}, Says: []string{"no appropriate forms are enabled for this role", "… is an invalid custom form"},
		Class: integration.ClassRefused, Cause: "form_missing",
		Advice: "enable a transaction form for the integration's role (Customization > Forms > Transaction Forms, subtab Roles of the " +
			"form), then retry"},
	{Codes: []string{"INSUFFICIENT_PERMISSION"}, Says: []string{"your current role does not have permission to perform this action",
		"you do not have permission to …",
		"you do not have privileges to …", "…you need … permission … to access this page", "insufficient permission",
		"insufficient privileges", "permission violation…"},
		Class: integration.ClassRefused, Cause: causeForbidden, Advice: advicePermission},
	{Status: []int{http.StatusForbidden}, Class: integration.ClassRefused, Cause: causeForbidden, Advice: advicePermission},
	{Status: []int{http.StatusNotFound}, Says: []string{"…record type '…' does not exist"}, Class: integration.ClassRefused,
		Cause:  causeNoType,
		Advice: "check that the feature is enabled and that the role may see this record type"},
}

// requestRules are about the form of a request.
var requestRules = []rule{
	{Codes: []string{"INVALID_PARAMETER"}, Class: integration.ClassRefused, Cause: causeQuery,
		Advice: "a missing permission hides tables and columns: check the role; else report it"},
	{Codes: []string{"INVALID_HEADER"}, Class: integration.ClassRefused, Cause: "header_refused", Advice: adviceBug},
	{Codes: []string{"INVALID_CONTENT"}, Class: integration.ClassData, Cause: "content_refused",
		Advice: "mend what NetSuite names, then retry"},
	{Codes: []string{"INVALID_VALUE"}, Says: []string{"invalid value for the resource or sub-resource field '…'",
		"you have entered an invalid value … for …"},
		Class: integration.ClassData, Cause: "value_refused",
		Advice: "mend the value that NetSuite names, then retry; a custom field may be of another type than a date"},
	{Codes: []string{"INVALID_ID"}, Class: integration.ClassData, Cause: "id_malformed",
		Advice: "check the internal ids in the configuration and the mappings: this one is not well formed"},
	{Codes: []string{"INVALID_REQUEST"}, Says: []string{"invalid content in the request body",
		"the request could not be understood by the server due to malformed syntax",
		"invalid_request the request could not be understood by the server due to malformed syntax"},
		Class: integration.ClassRefused, Cause: "request_malformed", Advice: adviceBug},
	{Status: []int{http.StatusNotFound}, Class: integration.ClassRefused, Cause: "not_found",
		Advice: "check the account id and the REST URL, and that REST Web Services is enabled"},
}
