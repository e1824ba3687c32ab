package netsuite

import "billferry/internal/integration"

// customerRules are about the customer, its currency and its subsidiary.
var customerRules = []rule{
	{Codes: []string{"BALANCE_EXCEEDS_CREDIT_LIMIT"}, Says: []string{"…customer is on credit hold", "customer … is on credit hold",
		"customer balance exceeds credit limit",
		"…customer … exceeded … credit limit", "…exceeds the customer's credit limit"},
		Class: integration.ClassData, Cause: "credit_hold", Lone: true,
		Advice: "the customer is on credit hold or over its limit: see Hold and Credit Limit on the customer's Financial subtab, or " +
			"Customer Credit Limit Handling in " +
			"Setup > Accounting > Accounting Preferences, then retry"},
	{Codes: []string{"MISMATCHED_CURRENCY", "INVALID_CUR"}, Says: []string{"the transaction currency does not match the names currency",
		"invalid currency reference key …",
		"you have entered an invalid field value … for the following field: currency",
		"you have entered an invalid currency symbol or internal id: …"},
		Class: integration.ClassData, Cause: "currency_refused", Lone: true,
		Advice: "add the Bill's currency to the customer in NetSuite (Financial subtab), and to its subsidiary, then retry"},
	{Codes: []string{"UNKNWN_EXCHANGE_RATE", "MISSING_CRNCY_EXCH_RATE"}, Says: []string{"unable to determine the exchange rate for " +
		"currency symbol …", "no currency conversion rate defined"},
		Class: integration.ClassData, Cause: "exchange_rate_missing", Lone: true,
		Advice: "enter an exchange rate of the Bill's currency for its invoice date in Lists > Accounting > Currency Exchange Rates, then retry"},
	{Codes: []string{"INVALID_CUSTOMER_RCRD"}, Says: []string{"invalid entity reference key …", "invalid customer reference key …",
		"you have entered an invalid field value … for the following field: customer",
		"you have entered an invalid field value … for the following field: entity",
		"please enter a value for entity", "please enter value(s) for: customer", "this customer record … is not valid"},
		Class: integration.ClassData, Cause: causeCustomer, Lone: true,
		Advice: "NetSuite does not take this customer: it must exist, be active, and be within reach of the role and its subsidiary; then retry"},
	{Says: []string{"the record instance for external id '…' does not exist"}, Class: integration.ClassData, Cause: causeReference, Lone: true,
		Advice: "give the NetSuite customer the m3ter account id as its External ID; or turn on Use External Mapping Account Code and map " +
			"the account"},
	{Codes: []string{"INVALID_SUB", "INVALID_TRANS_SUB_ENTITY", "INVALID_TRANS_SUB_ITEM", "INVALID_TRANS_SUB_LOC",
		"INVALID_TRANS_SUB_CLASS", "INVALID_TRANS_SUB_DEPT", "INVALID_SRVC_ITEM_SUB"},
		Says: []string{"transaction subsidiary … is not valid for …", "invalid subsidiary reference key …",
			"… can not be used with the selected subsidiary",
			"transaction references multiple subsidiaries", "the service item '…' is not available in the subsidiary of customer '…'",
			"the subsidiary restrictions on this record are incompatible with those defined for …"},
		Class: integration.ClassData, Cause: "subsidiary_mismatch", Lone: true,
		Advice: "what NetSuite names (customer, item, location, class, department or segment) does not belong to the invoice's subsidiary: " +
			"add the subsidiary to it, then retry"},
	{Codes: []string{"NEXUS_REQD", "SUB_TAX_AGENCY_REQD", "INVALID_NEXUS"}, Says: []string{"no tax agency defined for subsidiary…",
		"transaction nexus is incorrect: it is … but should be …"},
		Class: integration.ClassData, Cause: "nexus_missing", Lone: true,
		Advice: "add the nexus (tax jurisdiction) of the customer's address to the subsidiary: Setup > Company > Subsidiaries, subtab Tax " +
			"Registrations or Nexus; then retry"},
	{Codes: []string{"INVALID_TAX_CODE_FOR_SUB", "TAX_CODE_REQD", "INVALID_TAX_CODES", "TAX_CODES_SETUP_PROBLEM", "TAX_ACCT_SETUP_REQD"},
		Says: []string{"the selected tax code is not available in subsidiary", "no default tax code is defined for country …",
			"invalid tax code(s): …",
			"the tax codes haven't been set properly", "tax accounts not defined", "invalid taxcode reference key …"},
		Class: integration.ClassData, Cause: "tax_code_refused", Lone: true,
		Advice: "see the tax code of the customer and of the items, and the default of the country, in Setup > Accounting > Tax Codes; then " +
			"retry"},
	{Says: []string{"…total cannot be negative"}, Class: integration.ClassData, Cause: "negative_total", Lone: true,
		Advice: "set Negative Bills to credit memo, or correct the Bill"},
	{Says: []string{"…invoice has been paid…", "…transaction has been paid…", "…invoice has already been paid…",
		"…transaction has already been paid…",
		"…invoice has payments applied…", "…transaction has payments applied…", "…payment has been applied to this …",
		"…payments have been applied to this …",
		"amount applied greater than total payments and credits", "links sum to more than … transaction amount"},
		Class: integration.ClassPaid, Cause: "invoice_paid", Advice: advicePaid},
	{Codes: []string{"CANT_MODIFY_VOID_TRANS"}, Says: []string{"the g/l impact of a voided transaction cannot be changed",
		"you may not change the gl impact on a voided …"},
		Class: integration.ClassRefused, Cause: "record_voided", Lone: true, Advice: adviceVoided},
	{Codes: []string{"REV_REC_UPDATE_DISALLWD", "CANT_UPDATE_AMT", "CANT_DELETE_TRAN_LINES"},
		Says: []string{"modification of revenue recognition related information on this item is not allowed because revenue has been recognized…",
			"the amount on lines containing partially/fully recognized schedules can not be changed",
			"lines with partially recognized rev rec or amortization schedules can not be deleted"},
		Class: integration.ClassRefused, Cause: "revenue_recognized", Lone: true,
		Advice: "revenue of this document is recognised already: leave it as it is and settle the difference with a credit memo or another " +
			"invoice"},
	{Codes: []string{"CANT_DELETE_TRANS", "TRANS_IN_USE"}, Says: []string{"this transaction cannot be deleted because it is …"},
		Class: integration.ClassRefused, Cause: "record_in_use", Lone: true, Advice: "unlink the other transactions in NetSuite first"},
}

// itemRules are about the items of the lines and their revenue.
var itemRules = []rule{
	{Codes: []string{"MLI_REQD", "LOCATION_REQD"}, Says: []string{"this transaction or its items must have locations",
		"you must specify a location to use … numbers when multi-location inventory is enabled"},
		Class: integration.ClassData, Cause: "location_missing",
		Advice: "sell the usage as service or non-inventory items, or give the items of this Bill a preferred location in NetSuite, then retry"},
	{Codes: []string{"DEFERRED_REV_REC_ACCT_REQD", "DEFERRAL_ACCT_REQD"}, Says: []string{"the … item does not have a deferred revenue " +
		"account specified",
		"lines with revenue recognition templates must have a deferral account"},
		Class: integration.ClassData, Cause: "deferral_account_missing",
		Advice: "give the item that NetSuite names a Deferred Revenue Account (Lists > Accounting > Items, subtab Accounting), then retry"},
	{Codes: []string{"ITEM_ACCT_REQD"}, Says: []string{"one of the items on this transaction has an amount but no account",
		"you must specify asset and cogs accounts for this inventory item"},
		Class: integration.ClassData, Cause: "item_account_missing",
		Advice: "give the items of this Bill an Income Account (Lists > Accounting > Items, subtab Accounting), then retry"},
	{Codes: []string{"REV_REC_DATE_REQD"}, Says: []string{"no revenue recognition start date specified"}, Class: integration.ClassData,
		Cause: "revenue_date_missing", Lone: true, // a field that settings fill, as field_missing
		Advice: "in Netsuite Item Custom Field Mapping give servicePeriodStart the field revRecStartDate and servicePeriodEnd " +
			"revRecEndDate, then retry; or give the item no such schedule"},
	{Codes: []string{"REV_REC_TMPLT_DATA_MISSING"}, Says: []string{"one or more line items on this transaction have variable revenue " +
		"recognition templates, but do not have the required … also populated"},
		Class: integration.ClassData, Cause: "revenue_template_incomplete", Lone: true,
		Advice: "the item's revenue template wants dates: in Netsuite Item Custom Field Mapping give servicePeriodStart the field " +
			"revRecStartDate and servicePeriodEnd " +
			"revRecEndDate, or give the item another template, then retry"},
	{Codes: []string{"INVALID_REV_REC_DATE_RANGE"}, Says: []string{"rev rec end date can not be before rev rec start date"},
		Class: integration.ClassData, Cause: "revenue_dates_reversed", Lone: true,
		Advice: "check the service periods of the Bill's lines in m3ter, and Service Period End, then retry"},
	{Says: []string{"foreign currency transactions that use revenue commitments cannot have a non-discount line with a negative amount"},
		Class: integration.ClassData, Cause: "negative_line_refused", Lone: true,
		Advice: "the account uses revenue commitments, which take no negative line in a foreign currency: map the credit lines to a " +
			"non-posting discount item, then retry"},
	{Says: []string{"you have entered an invalid field value … for the following field: item", "invalid item reference key …"},
		Class: integration.ClassData, Cause: "item_refused",
		Advice: "check the item of the line that is named: it must exist, be active, be for sale and belong to the customer's subsidiary"},
	{Codes: []string{"VALID_LINE_ITEM_REQD"}, Says: []string{"you must have at least one valid line item for this transaction",
		"you must enter at least one line item for this transaction"},
		Class: integration.ClassData, Cause: "lines_missing", Advice: "check the items of the lines: NetSuite found none that it can use"},
	{Codes: []string{"EXCEEDED_MAX_TRANS_LINES"}, Says: []string{"transactions may not contain more than … lines"},
		Class: integration.ClassData, Cause: "too_many_lines", Lone: true,
		Advice: "turn on Merge Lines, or let usage become fewer lines (Split Usage Line Items)"},
	{Codes: []string{"DISCOUNT_EXCEED_TOTAL"}, Says: []string{"discount can not exceed item total"}, Class: integration.ClassData,
		Cause: "discount_too_large", Lone: true,
		Advice: "correct the Bill's credits, or send it as a credit memo"},
}

// fieldRules are about single fields and their values.
var fieldRules = []rule{
	{Codes: []string{"FIELD_PARAM_REQD", "MISSING_REQD_FLD", "DATA_REQD"}, Says: []string{"please enter value(s) for: …",
		"please enter a value for …", "please enter values for …",
		"missing required value for mandatory field: …", "you need to provide a proper value for the required field: …",
		"you are missing the following required field(s):…"},
		Class: integration.ClassData, Cause: causeField, Lone: true,
		Advice: "NetSuite's form demands this field: give it a default, or make it optional on the form that the role uses"},
	{Codes: []string{"INVALID_FLD_RANGE", "STORAGE_LIMIT_EXCEEDED", "FLD_VALUE_TOO_LARGE"},
		Says: []string{"value … outside of valid min/max range for …", "value outside of valid min/max range for this field",
			"you entered a value that will exceed the internal storage limit of …", "value for field … is too large to be processed"},
		Class: integration.ClassData, Cause: "number_out_of_range", Lone: true,
		Advice: "NetSuite keeps no number so large in that field: invoice the Bill by hand, or bill it in parts, and report it with the " +
			"run's document"},
	{Codes: []string{"EXCEEDED_MAX_FIELD_LENGTH"}, Says: []string{"the field … contained more than the maximum number … of characters allowed",
		"the string … contained more than the maximum number of characters allowed", "too many characters for a field"},
		Class: integration.ClassData, Cause: "text_too_long", Lone: true, Advice: "shorten the text of the field that is named, then retry"},
	{Says: []string{"the debits and credits are not balanced on this transaction…", "transaction was not in balance…",
		"transaction is not in balance…", "transaction out of balance for …"},
		Class: integration.ClassData, Cause: "not_balanced",
		Advice: "an amount has more decimals than the currency: report it with the run's document"},
	{Codes: []string{"SSS_USAGE_LIMIT_EXCEEDED", "SSS_INSTRUCTION_COUNT_EXCEEDED", "SSS_MEMORY_USAGE_EXCEEDED",
		"SSS_STACK_FRAME_DEPTH_EXCEEDED", "WF_EXEC_USAGE_LIMIT_EXCEEDED"},
		Says: []string{"script execution usage limit exceeded", "script execution instruction count exceeded", "script out of memory",
			"workflow execution usage limit exceeded"},
		Class: integration.ClassRefused, Cause: "script_usage_limit", Unknown: true,
		Advice: "a script or workflow on NetSuite's form needs more than it may use for this document: ask who keeps it, then retry; fewer " +
			"lines may help (Split Usage Line Items)"},
	{Codes: []string{"NONEXISTENT_ID"}, Says: []string{"transaction type specified is incorrect", "that record does not exist…",
		"the record instance does not exist",
		"the transaction you are attempting to access does not exist"},
		Class: integration.ClassData, Cause: causeAbsent, Advice: adviceIDs},
	{Says: []string{"invalid … reference key …"}, Class: integration.ClassData, Cause: "reference_refused",
		Advice: "check that customer, item, currency and subsidiary in NetSuite belong together"},
	{Says: []string{"you have entered an invalid field value … for the following field: …"}, Class: integration.ClassData,
		Cause:  "field_refused",
		Advice: "mend the value of the field that is named, then retry"},
}
