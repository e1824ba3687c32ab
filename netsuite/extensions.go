package netsuite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// extensionFields are the settings that m3ter does not have, in their groups.
func extensionFields() []spec.Field {
	out := concat(
		[]spec.Field{{Key: integration.KeyRules, Label: "Fields", Panel: spec.Filled, Kind: spec.Rules, Check: checkRules,
			Help: "Rules that fill fields of header and lines which your account demands, such as department, class or a custom field: with " +
				"a fixed " +
				"value, or from m3ter. docs/MAPPING.md has the language."}},
		customerFields(), documentFields(), itemFields(),
		[]spec.Field{{Key: keyIgnore, Label: "Proof ignores", Panel: spec.Proof, Kind: spec.List, Check: checkIgnore, Audit: true,
			Help: "Texts that scripts or workflows of this account rewrite, and that are not compared: memo, otherRefNum, line.description, " +
				"or a custom " +
				"text field that a rule fills. Never money, item, customer, date or dimension."}},
		[]spec.Field{{Key: keyConcurrency, Label: "Max Concurrency", Panel: spec.Control, Kind: spec.Int, Default: 5, Check: checkConcurrency,
			Help: "The most requests at once to this NetSuite account, 1 to 64. The account's own limit is shared with other software; billferry " +
				"finds it by itself."}},
	)
	out = append(out, spec.Field{Key: integration.KeyApproval, Label: "Approval", Panel: spec.Control, Kind: spec.Enum, Audit: true,
		Default: integration.ApprovalNone, Help: "Who lets Bills go. With a plan nothing is sent, updates and retries included, but what an " +
			"applied plan has that another person approved. docs/PLANS.md tells who that may be.",
		Options: []spec.Option{
			{Value: integration.ApprovalNone, Label: "None", Help: "Each Bill is sent as it comes."},
			{Value: integration.ApprovalPlan, Label: "Plan", Help: "Bills wait for a plan: made by one person, approved by another, then applied."},
		}})
	out = append(out, amendFields()...)
	for i := range out {
		out[i].Ours = true
	}
	return out
}

func customerFields() []spec.Field {
	return []spec.Field{
		{Key: keyCustomerBy, Label: "Customer By", Panel: spec.Customer, Kind: spec.Enum, Default: string(mapping.ByExternalID),
			Help: "How the NetSuite customer of an account is found while Use External Mapping Account Code is off.",
			ShowWhen: func(v spec.Values) bool {
				return !v.Bool(keyMappedAccounts) || v.Text(keyCustomerBy) != string(mapping.ByExternalID)
			},
			Options: []spec.Option{
				{Value: string(mapping.ByExternalID), Label: "External id", Help: "The customer's External ID is the m3ter account id."},
				{Value: string(mapping.ByEntityID), Label: "Entity id", Help: "The customer's entity id is the account's code."},
				{Value: string(mapping.ByCustomField), Label: "Custom field", Help: "A custom field of the account holds the customer's internal id."},
			}},
		{Key: keyCustomerField, Label: "Customer Field", Panel: spec.Customer, Kind: spec.Text, Default: "",
			ShowWhen: func(v spec.Values) bool {
				return v.Text(keyCustomerBy) == string(mapping.ByCustomField) || v.Text(keyCustomerField) != ""
			},
			Help: "The custom field of the m3ter account that holds the customer's internal id, such as netsuite_id."},
		{Key: keyBase, Label: "Base Currency", Panel: spec.Customer, Kind: spec.Text, Default: "", Check: checkCurrency,
			Help: "Only for a NetSuite account without Multiple Currencies: its currency, such as USD. Documents are then sent without a " +
				"currency, " +
				"and a Bill in another one is held."},
	}
}

func documentFields() []spec.Field {
	return []spec.Field{
		{Key: "billferry.externalIdPrefix", Label: "External Id Prefix", Panel: spec.Documents, Kind: spec.Text, Default: "", Check: checkPrefix,
			Help: "Empty: invoices get m3b- and credit memos m3c- before the Bill's id. At most 8 letters, digits, _ or -; set it when two m3ter " +
				"organisations share one NetSuite, and let none begin as another does."},
		{Key: keyNumber, Label: "Document Number", Panel: spec.Documents, Kind: spec.Enum, Default: "NETSUITE",
			Help: "Who numbers the documents.",
			Options: []spec.Option{
				{Value: "NETSUITE", Label: "NetSuite", Help: "By Setup > Company > Auto-Generated Numbers."},
				{Value: "BILL", Label: "The Bill's number", Help: "Its sequentialInvoiceNumber. The numbering in NetSuite must allow override."},
			}},
		{Key: "billferry.invoiceDate", Label: "Invoice Date", Panel: spec.Documents, Kind: spec.Enum, Default: "EXTERNAL_ELSE_BILL_DATE",
			Help: "A Bill's date is its external invoice date. Without one its bill date counts, which m3ter by default sets to the first " +
				"day after the period.",
			Options: []spec.Option{
				{Value: "EXTERNAL_ELSE_BILL_DATE", Label: "External, else bill date", Help: "September's usage may then post in October."},
				{Value: "REQUIRE_EXTERNAL", Label: "Require external", Help: "A Bill without an external invoice date is held."},
			}},
		{Key: "billferry.postingPeriod", Label: "Posting Period", Panel: spec.Documents, Kind: spec.Enum, Default: "BY_DATE",
			Help: "Where a document goes whose date is in a closed or locked period. The date stays as it is.",
			Options: []spec.Option{
				{Value: "BY_DATE", Label: "By date", Help: "NetSuite decides, as it is set up; when it refuses, the run stops with the reason."},
				{Value: "FIRST_OPEN", Label: "First open", Help: "The earliest later period that is neither closed nor locked."},
			}},
		{Key: keySendFrom, Label: "Send From", Panel: spec.Documents, Kind: spec.Text, Default: "", Check: checkDate,
			Help: "A date, YYYY-MM-DD: Bills dated before are not sent, because another integration has. Updates of what was sent from here go on."},
		{Key: keyNegative, Label: "Negative Bills", Panel: spec.Documents, Kind: spec.Enum, Default: "HOLD",
			Help: "NetSuite refuses an invoice below zero. Hold such a Bill for a person, or send it as a credit memo.",
			Options: []spec.Option{
				{Value: "HOLD", Label: "Hold", Help: "The run stops with the reason; nothing is sent."},
				{Value: creditMemos, Label: "Credit memo", Help: "A credit memo with the signs turned."},
			}},
		{Key: "billferry.zeroBills", Label: "Zero Bills", Panel: spec.Documents, Kind: spec.Enum, Default: "SEND",
			Help: "What becomes of a Bill whose lines are all zero. Updates of what was sent go on.",
			Options: []spec.Option{
				{Value: "SEND", Label: "Send", Help: "NetSuite calls a zero invoice Paid In Full at once."},
				{Value: "SKIP", Label: "Skip", Help: "The run completes as skipped, with the reason."},
			}},
		{Key: "billferry.servicePeriodEnd", Label: "Service Period End", Panel: spec.Documents, Kind: spec.Enum, Default: "INCLUSIVE",
			Help: "m3ter's end of a service period is the day after the last one.",
			Options: []spec.Option{
				{Value: "INCLUSIVE", Label: "Last day of service", Help: "31 August for a period that ends on 1 September."},
				{Value: "EXCLUSIVE", Label: "As m3ter has it", Help: "1 September for that period."},
			}},
	}
}

func itemFields() []spec.Field {
	return []spec.Field{
		{Key: "billferry.prepaymentItems", Label: "Prepayment Items", Panel: spec.Items, Kind: spec.Enum, Default: "PRODUCT_FIRST",
			Help: "Which item a prepayment, balance or minimum spend gets. A fee on an item that also takes usage is revenue at once.",
			Options: []spec.Option{
				{Value: "PRODUCT_FIRST", Label: "Product first", Help: "A product's own mapping, then the item of the type."},
				{Value: "TYPE_FIRST", Label: "Type first",
					Help: "The item of the type (Netsuite Item Mapping, Commitment, Minimum Spend), then the product's."},
			}},
		{Key: keyStrict, Label: "Strict Items", Panel: spec.Items, Kind: spec.Bool, Default: false,
			Help: "On: a Bill is held that has a line which only the default item would catch, or a prepayment on an item that takes usage " +
				"as well."},
		{Key: "billferry.mergeLines", Label: "Merge Lines", Panel: spec.Items, Kind: spec.Bool, Default: false,
			Help: "On: past 1,000 lines the smallest usage lines of an item are merged. Off: such a Bill is refused."},
		{Key: "billferry.tax", Label: "Tax", Panel: spec.Items, Kind: spec.Enum, Default: "NETSUITE",
			Help: "Who decides about tax. billferry never sends any.",
			Options: []spec.Option{
				{Value: "NETSUITE", Label: "NetSuite", Help: "What it adds is kept apart, and is no difference."},
				{Value: "NONE", Label: "None", Help: "What NetSuite adds is a difference that somebody must see."},
			}},
	}
}

func checkRules(v any) error {
	if _, problems := mapping.ParseRules(integration.KeyRules, v, draftTarget); len(problems) > 0 {
		return problems
	}
	return nil
}

func checkDate(v any) error {
	if _, err := time.Parse(time.DateOnly, strings.TrimSpace(text(v))); err != nil {
		return fmt.Errorf("%q is no date; write it as YYYY-MM-DD", text(v))
	}
	return nil
}

// ignorable are the texts of every document that the proof may leave out.
var ignorable = []string{"memo", "otherRefNum", "line.description"}

func checkIgnore(v any) error {
	for _, name := range (spec.Values{"v": v}).Strings("v") {
		column, line := strings.CutPrefix(name, "line.")
		if slices.Contains(ignorable, name) || line && customShape().MatchString(column) || bodyShape().MatchString(name) {
			continue
		}
		return fmt.Errorf("%q may not be left out of the proof; only texts may: %s, and text fields named custbody_* or line.custcol_*", name,
			strings.Join(ignorable, ", "))
	}
	return nil
}

// checkIgnored finds custom fields that the proof leaves out and that are no text,
// as far as their shape is known yet.
func checkIgnored(cfg mapping.Config) error {
	for _, name := range cfg.Ignore {
		column, line := strings.CutPrefix(name, "line.")
		rules := cfg.Rules.Header
		if line {
			rules = cfg.Rules.Lines
			for _, field := range cfg.CustomFields {
				if strings.EqualFold(column, field) {
					return fmt.Errorf("%s is a service date: only a text may be left out of the proof", name)
				}
			}
		}
		for i := range rules {
			if rules[i].Name == column && rules[i].As != "" && rules[i].As != mapping.AsText {
				return fmt.Errorf("%s is a %s: only a text may be left out of the proof", name, rules[i].As)
			}
		}
	}
	return nil
}

// checkDoubles finds rules for a field that another setting fills.
func checkDoubles(cfg mapping.Config) error {
	for i := range cfg.Rules.Lines {
		r := &cfg.Rules.Lines[i]
		for _, field := range cfg.CustomFields {
			if strings.EqualFold(r.Name, field) {
				return fmt.Errorf("rule %d (line.%s) fills a field that Netsuite Item Custom Field Mapping fills already", r.Rules[0].N, r.Name)
			}
		}
	}
	for i := range cfg.Rules.Header {
		if r := &cfg.Rules.Header[i]; r.Own == mapping.OwnNumber && cfg.NumberOfBill {
			return fmt.Errorf("rule %d (tranId) fills the number that Document Number takes from the Bill", r.Rules[0].N)
		}
	}
	return nil
}
