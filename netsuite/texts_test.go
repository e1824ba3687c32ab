package netsuite

import "testing"

// Sentences of Oracle's public list and of the field, and what they mean. "" is
// a text that no row may claim: it is near one, and means something else.
func TestSentences(t *testing.T) {
	t.Parallel()
	for cause, texts := range map[string][]string{
		"concurrency_limit": {"Concurrent request limit exceeded. Request blocked.",
			"SuiteTalk concurrent request limit exceeded. Request blocked.", "Request Limit Exceeded!",
			"The maximum number of concurrent requests has been exceeded. Please try your request again when an existing session has completed."},
		"maintenance": {"The account you are trying to access is currently unavailable while we undergo our regularly scheduled maintenance.",
			"Can't update information - this company's database is currently offline for maintenance. Please try again later.",
			"We are currently performing maintenance on our system. Please try again soon.",
			"Periods are currently being added to this account. Please try again later."},
		"script_time_limit": {"Script Execution Time Exceeded.", "The operation has exceeded maximum allowed time for completion. " +
			"Operation aborted."},
		"script_usage_limit": {"Script Execution Usage Limit Exceeded", "Workflow Execution Usage Limit Exceeded", "Script Out Of Memory."},
		"record_changed": {"Record has been changed",
			"The record has been edited since you retrieved it. Hit the back button and click Refresh/Reload to retrieve the updated record, " +
				"then resubmit your changes."},
		"workflow_lock": {"This record has been locked by a user defined workflow."},
		"already_exists": {"This record already exists", "This entity already exists.",
			"A record with this ID already exists. You must enter a unique ID to create or update this record."},
		"saved_with_error": {"The transaction was successfully saved, but an error occurred while running user events after updating the " +
			"drop ship Sales Order(s)",
			"The transaction was entered successfully, but an unexpected error occurred while sending the transaction email 7"},
		"period_closed": {"The G/L impact of a transaction in a closed period cannot be changed.",
			"You cannot move a transaction to or from a closed period.",
			"This transaction is in a period that has been closed. You may not edit it.",
			"You cannot change the G/L impact of a transaction in a closed period.",
			"Insert Transaction Failure: No valid, open, posting period for date - 8/31/2026. Please visit Setup > Manage Accounting Periods " +
				"to set up a new accounting period.",
			"Update Transaction Failure: No valid, open, A/R period for date - 8/31/2026",
			"There are no Accounting Periods that cover this transaction date.",
			"You are not allowed to change the revenue recognition status for one or more lines on this transaction as it would impact a " +
				"closed period."},
		"tax_period_missing": {"Insert Transaction Failure: No valid, open, tax period for date - 11/1/2026. Please visit Setup > Manage " +
			"Tax Periods to set up a new tax period."},
		"revenue_periods_missing": {"You are attempting to create an amortization or revenue recognition schedule outside the range of " +
			"available accounting periods. " +
			"Please adjust the periods on this transaction or go to Setup>Accounting>Manage Accounting Periods to set up more periods.",
			"Not enough open accounting periods available for revenue recognition."},
		"period_date_mismatch": {"Your transaction date does not fall between the start and end dates of your accounting period.",
			"The transaction date you specified is not within the date range of your accounting period."},
		"field_not_writable": {"You do not have permissions to set a value for element price due to one of the following reasons: 1) The " +
			"field is read-only; " +
			"2) An associated feature is disabled; 3) The field is available either when a record is created or updated, but not in both cases."},
		"approval_refused": {"You are not allowed to approve your own transactions.",
			"No one in your chain of command has a sufficient spending limit to approve this transaction."},
		"record_restricted": {"Permission Violation: The subsidiary restrictions on your role deny you access to this record.",
			"Permission Violation: you may not access this record."},
		"permission_missing": {"Your current role does not have permission to perform this action. Please contact your account administrator.",
			"You do not have permission to create this type of record. Please choose a different record type.",
			"Permission Violation: You need a higher level of the 'Invoice' permission to access this page. Please contact your account " +
				"administrator."},
		"feature_disabled": {"The feature 'Multiple Currencies' required to access this page is not enabled in this account."},
		"form_missing": {"No appropriate forms are enabled for this role. Please contact your Administrator.",
			"104 is an invalid custom form"},
		"credit_hold": {"Customer is on credit hold.", "Customer balance exceeds credit limit", "Customer Acme Ltd is on credit hold"},
		"currency_refused": {"The transaction currency does not match the names currency", "Invalid currency reference key 2 for entity 401.",
			"Invalid currency reference key 2 for subsidiary 1.", "You have entered an Invalid Field Value 2 for the following field: currency"},
		"exchange_rate_missing": {"Unable to determine the exchange rate for currency symbol USD. Please create a currency item with an " +
			"exchange rate for this currency."},
		"customer_refused": {"Invalid entity reference key 401020.", "You have entered an Invalid Field Value 53384 for the following " +
			"field: customer.",
			"You have entered an Invalid Field Value 614 for the following field: entity", "Please enter a value for entity"},
		"reference_unknown": {"The record instance for external ID '5a3f' does not exist. Provide a valid record instance ID."},
		"subsidiary_mismatch": {"Transaction subsidiary 4 is not valid for location 7. Please choose a different location.",
			"Invalid subsidiary reference key 1 for entity 1929.",
			"The service item 'Usage' is not available in the subsidiary of customer 'Acme'."},
		"nexus_missing":    {"No tax agency defined for subsidiary: subsidiary 4 is not linked to nexus 12"},
		"tax_code_refused": {"The selected tax code is not available in subsidiary.", "No default tax code is defined for country CA"},
		"negative_total":   {"The total cannot be negative.", "The invoice total cannot be negative"},
		"invoice_paid": {"This invoice has already been paid.", "Amount applied greater than total payments and credits",
			"Links sum to more than applied transaction amount"},
		"record_voided": {"The G/L impact of a voided transaction cannot be changed."},
		"revenue_recognized": {"Modification of revenue recognition related information on this item is not allowed because revenue has " +
			"been recognized for this or related lines."},
		"record_in_use": {"This transaction cannot be deleted because it is referred to by other transactions. It may be a bill or an " +
			"invoice that has been paid or an " +
			"expense that has been reimbursed."},
		"location_missing": {"Multi-location Inventory Error (MLI_LOCATION_REQUIRED): this transaction or its items must have " +
			"locations."},
		"deferral_account_missing": {"The Usage item does not have a Deferred Revenue Account specified. Please assign the item a Deferred " +
			"Revenue Account using the standard User Interface."},
		"item_account_missing": {"One of the items on this transaction has an amount but no account. Please fix the item and resubmit " +
			"the transaction."},
		"revenue_date_missing": {"No Revenue Recognition Start Date Specified"},
		"revenue_template_incomplete": {"One or more line items on this transaction have Variable Revenue Recognition Templates, but do not " +
			"have the required Start Date also populated. " +
			"Please either change the Template for these items or indicate which Start Date will be used to schedule the recognition of revenue."},
		"negative_line_refused": {"Foreign currency transactions that use Revenue Commitments cannot have a non-discount line with a " +
			"negative amount. Please use a non-posting discount item instead."},
		"item_refused":   {"You have entered an Invalid Field Value 9999 for the following field: item"},
		"too_many_lines": {"Transactions may not contain more than 1000 lines."},
		"field_missing": {"Please enter value(s) for: Department, Class", "Please enter value(s) for: Subsidiary",
			"Missing required value for mandatory field: Location"},
		"number_out_of_range": {"Value 12345678901 outside of valid min/max range for field quantity",
			"Value outside of valid min/max range for this field"},
		"text_too_long": {"The field memo contained more than the maximum number ( 999 ) of characters allowed.",
			"Too many characters for a field"},
		"not_balanced": {"Transaction was not in balance. Total = 0.01",
			"Transaction is not in balance! amounts+taxes+shipping: 3, total amount: 2"},
		"reference_refused": {"Invalid custcol_cseg1 reference key 5 for subsidiary 1."},
		"field_refused":     {"You have entered an Invalid Field Value X for the following field: terms"},
		"": {
			// of another field of business, in Oracle's list
			"The maximum number of custom shipping packages has been exceeded: 9. Please reduce item quantities to generate fewer packages, or " +
				"enter the packages manually.",
			"You have exceeded the permitted request size limit (7)", "Script Queue Usage Limit Exceeded",
			"A contact record with this name already exists. Every contact record must have a unique name.",
			"Gift certificate authorization code 5 already exists", "GST and PST amount cannot be negative!", "A Tax rate cannot be negative",
			"Lines cannot have a negative unit cost.",
			"Please close previous period before working on this one.", "You may not delete an accounting period with transactions posted to it.",
			"A period may be only an adjustment period, a quarter, or a year.", "The card has reached the credit limit. Please try another card.",
			"This sales order cannot be fulfilled because it has a payment hold.",
			"You are trying to edit a paycheck that is already paid by direct deposit.",
			"Your account has not been fully paid for. Please log in to your account and follow the billing process.",
			"Exchange Rate must be 1 for vendors in your currency.",
			"This record can not be deleted because it has child records.", "Only one instance of an earning item is allowed on an employee record.",
			"The item [86] is not unique.", "Posting Discounts are not allowed on lines with Revenue Recognition Schedules.",
			"Invalid record reference.",
			"You cannot edit a script deployment when it is being executed.",
			// in a script's own words
			"Contract 12 has been paid on another order", "Please ask for the accounting period in the memo",
			"The contract number already exists on another order",
			"PO-7 is locked by a user", "Our maximum number of invoices a day is reached", "No more credit: limit reached for this deal",
			"Deposit cannot be negative here",
		},
	} {
		for _, text := range texts {
			got := ask(t, 400, refusal("USER_ERROR", text))
			if cause == "" && got.Cause[:min(len(got.Cause), 9)] != "netsuite_" || cause != "" && got.Cause != cause {
				t.Errorf("%q: %s, want %q", text, got.Cause, cause)
			}
			if want := "netsuite answered 400 USER_ERROR: " + text; got.Message != want {
				t.Errorf("message %q", got.Message)
			}
		}
	}
}
