package integration

import "strings"

// causeTitles are the causes whose codes do not read as a sentence once their
// underscores are spaces.
var causeTitles = map[string]string{
	"account_filter":              "Left out by the filter",
	"account_mapping_missing":     "Customer has no mapping",
	"account_not_listed":          "Account is not listed",
	"account_restricted":          "Account is restricted",
	"all_excluded":                "All lines are excluded",
	"blocked_on_the_way":          "Blocked on the way",
	"bill_unreadable":             "Bill cannot be read",
	"changed_since":               "Changed since it was sent",
	"currencies_off":              "Multiple Currencies is off",
	"currency_not_base":           "Not the base currency",
	"default_item_strict":         "Only the default item fits",
	"deleted_since":               "Deleted since it was sent",
	"destination_unknown":         "Destination is not known",
	"documents_many":              "More than one document",
	"drift":                       "Differs in the destination",
	"earlier_unproven":            "Earlier version unproven",
	"earlier_version_left":        "Earlier version is left",
	"external_id_taken":           "External id is taken",
	"id_malformed":                "An id is malformed",
	"internal":                    "Fault in billferry",
	"invoice_paid":                "Invoice is paid",
	"item_missing":                "A line has no item",
	"lines_missing":               "Lines are missing",
	"made_beside":                 "Made by hand beside ours",
	"made_by_hand":                "Made by hand",
	"marked_sent":                 "Marked as sent",
	"negative_total":              "Total is negative",
	"newer_version":               "A newer version came",
	"no_answer":                   "No answer",
	"no_lines":                    "Bill has no lines",
	"period_date_mismatch":        "Date is outside the period",
	"read_back_missing":           "Not found when read back",
	"retried":                     "A retry took its place",
	"revenue_template_incomplete": "Revenue template incomplete",
	"sum_mismatch":                "Lines do not add up",
	"total_mismatch":              "Total differs",
	"update_unproven":             "Update is unproven",
	"voided_since":                "Voided since it was sent",
}

// CauseTitle says a cause in a few words. Filters, files and programs have the
// code itself.
func CauseTitle(code string) string {
	if t, ok := causeTitles[code]; ok || code == "" {
		return t
	}
	if strings.ContainsAny(code, "0123456789") { // of an answer that nobody knows: the code is all there is
		return code
	}
	words := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
