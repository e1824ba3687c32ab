package app

import (
	"cmp"
	"slices"

	"billferry/internal/destination"
)

// Causes tells of every cause that a run, an event or a refusal can name, by name.
// A run has the advice for its own case; this is for who meets the code alone.
func Causes() []destination.Meaning {
	out := slices.Clone(causes)
	for _, a := range Destinations() {
		if x, ok := a.(destination.Explainer); ok {
			out = append(out, x.Meanings()...)
		}
	}
	slices.SortStableFunc(out, func(a, b destination.Meaning) int { return cmp.Compare(a.Cause, b.Cause) })
	return out
}

// of makes one row of the table.
func of(code string, then destination.Then, is, do string) destination.Meaning {
	return destination.Meaning{Cause: code, Then: then, Is: is, Do: do}
}

const (
	byItself = destination.ByItself
	needsYou = destination.NeedsYou
	mends    = destination.Mends
	settled  = destination.Settled
	refused  = destination.Refused
)

// causes are those that no answer of a destination leads to.
var causes = slices.Concat([]destination.Meaning{
	of("amendment_follows", byItself, "the second document of an amendment is still to be made", ""),
	of("amendment_outdated", byItself, "what stands in the destination changed before anything was sent", "nothing: it is looked at again"),
	of("answer_unreadable", byItself, "the destination's answer is not the JSON expected", "if it lasts: a proxy may answer in its place"),
	of("cancelled", byItself, "billferry stopped", ""),
	of("earlier_unproven", byItself, "a request without an answer may still make another document of the Bill",
		"nothing: it waits 15 minutes at most"),
	of("internal", byItself, "something inside failed on the way to the destination", "if it lasts, see the log"),
	of("interrupted", byItself, "billferry stopped before the destination had answered", ""),
	of("login_refused_under_load", byItself, "the destination refused a login that has worked", "if it lasts, see the integration record"),
	of("look_first", byItself, "the destination's document of the Bill says otherwise", "nothing: it is looked whether that is final"),
	of("no_answer", byItself, "the destination did not answer", "if it lasts, check the network and the account id"),
	of("read_back_missing", byItself, "the destination does not show the record it took", ""),
	of("record_gone", byItself, "the record vanished between two requests", ""),
	of("source_busy", byItself, "m3ter's limit of requests is reached", "if it lasts: other programs may use it up"),
	of("source_down", byItself, "m3ter has an error of its own", "if it lasts, see its status page"),
	of("source_garbled", byItself, "m3ter's answer is not the JSON expected", "if it lasts: a proxy may answer in its place"),
	of("source_refused", byItself, "m3ter's service user may not read that", "give it read access to Bills and accounts"),
	of("source_unreachable", byItself, "m3ter cannot be reached", "if it lasts, check the network"),
	of("token_answer_unreadable", byItself, "the token endpoint's answer is no token", "if it lasts, check account id and token URL"),
	of("update_unproven", byItself, "the destination did not take an update in several tries", ""),
}, billCauses, holdCauses, settledCauses, refusalCauses)

// billCauses stop a Bill whose data, settings or look-ups are at fault.
var billCauses = []destination.Meaning{
	of("account_mapping_missing", mends, "the account has no customer in the destination", "map the account to its customer"),
	of("account_missing", needsYou, "the Bill names no account", "get the Bill from m3ter again"),
	of("account_unknown", needsYou, "the Account Filter asks about an account that m3ter does not know",
		"check the filter, connect m3ter, or empty the filter"),
	of("amount_missing", needsYou, "a line has no converted amount", "check m3ter's conversion rates, and recalculate the Bill"),
	of("amount_too_long", needsYou, "an amount has more digits than the destination keeps", "invoice the Bill by hand, or bill it in parts"),
	of("bill_unreadable", needsYou, "the Bill is not as m3ter's Bills are", "get it from m3ter again; if that does not help, report it"),
	of("configuration_invalid", needsYou, "the settings are at fault", "correct them"),
	of("currencies_hidden", needsYou, "the role sees no currency", "give it Lists > Currency (View)"),
	of("currencies_off", mends, "the account has no Multiple Currencies, or the role does not see them", "set Base Currency"),
	of("currency_fixed", needsYou, "the destination never changes a record's currency", "delete the record, or remove its External ID"),
	of("currency_missing", needsYou, "the destination does not have the Bill's currency", "add it there"),
	of("currency_not_base", needsYou, "Base Currency is set, and the Bill is in another one",
		"bill the account in it, or turn Multiple Currencies on"),
	of("currency_unknown", needsYou, "the currency is no ISO 4217 code, or the destination's cannot be told", "correct it in m3ter"),
	of("customer_missing", mends, "the way of Customer By finds no customer",
		"give the customer that entity id, or the account's field its internal id; or choose another way"),
	of("date_unreadable", needsYou, "the Bill's date is none", "correct it in m3ter"),
	of("default_item_strict", mends, "Strict Items is on, and only the default item would catch a line", "map the item"),
	of("field_source_missing", mends, "the source of a rule is empty",
		"fill it in m3ter; or give the rule a default, a later rule, or missing: LEAVE_OUT"),
	of("field_value_refused", mends, "a rule's value does not fit its field", "correct it in m3ter, or give the rule a lookup"),
	of("field_value_unknown", mends, "a rule's value is not in the destination",
		"give a record there that name or external id, or correct the rule"),
	of("invoice_date_missing", mends, "Invoice Date requires an external invoice date, and the Bill has none",
		"set it in m3ter, or change Invoice Date"),
	of("item_missing", mends, "nothing gives a line an item", "map the line's item, or set the default item"),
	of("line_type_unknown", needsYou, "billferry does not know the type of a line",
		"update billferry; until then invoice the Bill by hand"),
	of("number_missing", needsYou, "the Bill has no number that the destination takes",
		"give it one in m3ter, or let the destination number (Document Number)"),
	of("prepayment_item_shared", mends, "Strict Items is on, and a prepayment is on an item that takes usage",
		"give prepayments an item of their own, with Prepayment Items TYPE_FIRST"),
	of("reference_ambiguous", needsYou, "more than one record has that external id or name", "put the internal id into the mapping"),
	of("service_period_unreadable", needsYou, "a service period is none", "recalculate the Bill in m3ter"),
	of("sum_mismatch", needsYou, "a fault of billferry; nothing was sent", "report it with the Bill"),
	of("timezone_unknown", needsYou, "the Bill's time zone is none", "correct it in m3ter"),
	of("total_mismatch", needsYou, "the Bill's lines do not add up to its total", "recalculate it in m3ter"),
}

// holdCauses stop a run because of what stands in the destination, of a person or of the connection.
var holdCauses = []destination.Meaning{
	of("amendment_held", needsYou, "the Bill's documents are final, or their revenue is recognised",
		"settle the difference by hand and mark the run as sent, or put right what the run says"),
	of("amendment_proposed", mends, "the Bill of an amendment is not approved",
		"approve it in m3ter; a newer calculation replaces the proposal"),
	of("amendment_unread", needsYou, "the role does not see the documents of a Bill that may be final",
		"give it SuiteAnalytics Workbook and Find Transaction"),
	of("clock_skew", needsYou, "the destination refused the login, and its clock is another", "set this machine's clock (NTP)"),
	of("destination_unknown", needsYou, "this version does not know where the integration sends",
		"run the version that the integration was created with, or delete it and create it anew"),
	of("documents_many", needsYou, "the destination has the Bill more than once", "delete or void what is wrong"),
	of("earlier_version_left", needsYou, "the Bill came to nothing, and the destination may have an earlier version",
		"delete or void that, then skip the run"),
	of("external_id_taken", needsYou, "a record of another kind has the external id, or one that the role does not see",
		"remove it there, or give the role the permission"),
	of("held_by_hand", mends, "a person holds the run", "release it, or settle it by hand"),
	of("integration_deleted", needsYou, "its integration is gone", "to send the Bill, make an integration that selects it"),
	of("integration_disabled", needsYou, "its integration is disabled", "enable it"),
	of("internal_error", needsYou, "a fault of billferry; other Bills go on", "report it with the Bill and the log"),
	of("key_unusable", needsYou, "the private key cannot be used", "connect with another key"),
	of("made_by_hand", needsYou, "a person put an earlier version into the destination",
		"give it this version's figures and mark the run as sent, or delete or void it"),
	of("not_connected", mends, "the integration is not connected", "connect it"),
	of("other_kind_exists", needsYou, "one version of the Bill is an invoice, the other a credit memo",
		"delete or void the earlier there, or mark this run as sent"),
	of("plan_differs", mends, "the applied plan has another document", "make a new plan"),
	of("source_credentials_refused", needsYou, "m3ter refused the access key", "check access key and secret, and connect m3ter again"),
	of("source_not_connected", needsYou, "m3ter is not connected", "billferry source connect"),
	of("source_not_found", needsYou, "m3ter does not have that", "check the id"),
	of("source_refused_request", needsYou, "m3ter did not take the request", "report it with m3ter's message"),
	of("source_too_large", needsYou, "m3ter's answer is larger than any should be", "report it with the path"),
	of("source_url_invalid", needsYou, "m3ter's base URL is none", "give it as an https address"),
	of("waits_for_plan", mends, "no plan has the Bill", "make one, have it approved, apply it (docs/PLANS.md)"),
}

// settledCauses say why a run is COMPLETE, or what has become of its document.
var settledCauses = []destination.Meaning{
	of("account_filter", settled, "skipped: the Account Filter does not hold for the account", ""),
	of("account_not_listed", settled, "skipped: Account Ids does not have the account", ""),
	of("account_restricted", settled, "skipped: Restricted Account Ids has the account", ""),
	of("all_excluded", settled, "skipped: all its lines are of Excluded Line Item Types", ""),
	of("before_send_from", settled, "skipped: its date is before Send From", "to send it, set an earlier one, then submit the Bill again"),
	of("changed_since", settled, "somebody changed the proven document", "set it back, retry to send it as it was, or accept it"),
	of("deleted_since", settled, "somebody deleted the proven document", "ask why; retry makes it again"),
	of("drift", settled, "the record read back is not as sent", "find what changed it; retry puts it right"),
	of("made_beside", settled, "somebody made another document of the same customer, date and amount",
		"void one; or mark the event as actioned"),
	of("marked_sent", settled, "a person put the Bill into the destination", ""),
	of("newer_version", settled, "a newer version of the Bill took its place", "look at that run"),
	of("no_lines", settled, "skipped: the Bill has no lines", ""),
	of("not_approved", settled, "skipped: Only Send Bill On Approval is on, and the Bill is not approved", "nothing: it comes again then"),
	of("retried", settled, "a retry took its place", "look at that run"),
	of("skipped_by_hand", settled, "a person decided not to send it", ""),
	of("voided_since", settled, "somebody voided the proven document", "ask why; what is still owed is billed anew in m3ter"),
	of("zero_bill", settled, "skipped: all its lines are zero", "to send such Bills, set Zero Bills to SEND"),
}

// refusalCauses are of plans, reconciliations and evidence, and of no run.
var refusalCauses = []destination.Meaning{
	of("period_unknown", refused, "the period does not exist, is cut in two, or overlaps another", "name whole periods, or --by DATE"),
	of("plan_approver_gone", refused, "the API key of who approved the plan was revoked", "make a new plan"),
	of("plan_empty", refused, "no Bill waits for a plan, or each stops for a reason of its own",
		"see what waits and why, and mend that first"),
	of("plan_expired", refused, "the plan is older than seven days", "make a new plan"),
	of("plan_not_approved", refused, "nobody has approved the plan", "another person approves it"),
	of("plan_over", refused, "the plan is rejected, stopped, or applied", "make a new plan of what waits"),
	of("plan_same_person", refused, "the plan's author, or the last editor of the settings, approves or approved it",
		"a third person does, with an API key of their own"),
	of("plan_settings_changed", refused, "the settings, or the account that it goes to, are others", "make a new plan"),
	of("plan_tampered", refused, "what is kept of the plan was changed outside billferry",
		"make a new plan, and see who can write to the data folder"),
	of("plan_under_way", refused, "the plan is being applied", "wait, or stop it"),
	of("population_refused", refused, "the role may not query", "give it SuiteAnalytics Workbook and View permissions (docs/NETSUITE.md)"),
	of("reconcile_impossible", refused, "the destination cannot list its documents", "reconcile by hand"),
	of("signing_key_lost", refused, "the key that signs evidence was sealed with another sealing key",
		"restore the sealing key; a new one would make earlier packs look forged"),
}
