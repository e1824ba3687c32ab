package netsuite

import (
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Labels of the settings that texts point to.
const (
	labelSendDueDate    = "Netsuite Send Due Date"
	labelCommitmentItem = "Netsuite Commitment Item Id"
	labelMinimumItem    = "Netsuite Minimum Spend Id"
	labelDefaultItem    = "Netsuite Default Item Id"
	labelItemMapping    = "Netsuite Item Mapping"
)

// keySetup is where NetSuite lists certificates and takes new ones.
const keySetup = "Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup"

// names are NetSuite's names for things.
var names = spec.Words{System: "NetSuite", Mapped: "Netsuite", CustomerTable: "Customer", ItemTable: "Item",
	Document: "invoice or credit memo", FindID: "the number after id= in its address",
	NewKey: "Upload this certificate in NetSuite: " + keySetup + " > Create New. " +
		"Then type the Certificate ID it shows as Key Id."}

// terms are what mapping has to know of NetSuite.
var terms = mapping.Terms{
	Words: names,
	Settings: mapping.Labels{
		SendDueDate: labelSendDueDate, DefaultItem: labelDefaultItem, ItemMapping: labelItemMapping,
		CommitmentItem: labelCommitmentItem, MinimumSpendItem: labelMinimumItem,
	},
	Limits: mapping.Limits{
		// NetSuite's own advice for lines of an invoice: 200 at most, and time-outs
		// past 1,000.
		Lines: 1000, AdviseLines: 200,
		// What other senders stay within too; NetSuite tells no limit.
		ExternalID: 40, NumericIDs: true,
		// Its REST metadata does not tell how many characters fit a field; these are
		// the limits of its forms.
		Number: 45, Description: 4000, Memo: 999, OtherRef: 45,
		Text: 300, // of Free-Form Text
		// It keeps 8 decimals of a rate, 15 characters of a quantity or a rate, and
		// reads numbers as doubles, which hold 15 digits whatever they are.
		Digits: 15, Places: 8, Width: 15,
		Quantity: decimal.New(1, 10),
	},
	Currencies:    "Lists > Accounting > Currencies",
	Multicurrency: "turn on Multiple Currencies in NetSuite",
	Company:       "subsidiary",
	Empties:       empties,
	WantsPeriod:   "NetSuite's revenue management wants one on every credit and debit",
}

// Config implements delivery.System.
func (Adapter) Config(integrationID string, v spec.Values) (mapping.Config, error) {
	return configOf(integrationID, v, target)
}

func configOf(integrationID string, v spec.Values, target mapping.Targets) (mapping.Config, error) {
	s := mapping.ReadSettings(v)
	cfg := s.Config(integrationID)
	cfg.Terms = &terms
	cfg.SendDueDate = s.Flag(keySendDueDate)
	cfg.CommitmentItem = s.Text(KeyCommitmentItem)
	cfg.MinimumSpendItem = s.Text(keyMinimumItem)
	cfg.DefaultItem = s.Text(KeyDefaultItem)
	cfg.ItemByType = s.ItemByType(keyItemMapping)
	cfg.CustomFields = s.PeriodFields(keyCustomFields)
	cfg.NumberOfBill = s.OneOf(keyNumber, "NETSUITE", "BILL") == "BILL"
	cfg.NoTax = s.OneOf("billferry.tax", "NETSUITE", "NONE") == "NONE"
	cfg.Rules = s.Rules(integration.KeyRules, target)
	s.Check(integration.KeyRules, checkDoubles(cfg))
	s.Check(keyIgnore, checkIgnored(cfg))
	return cfg, s.Err()
}
