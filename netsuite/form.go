package netsuite

import (
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Keys of the Connect form, as in the body of m3ter's credentials.
const (
	KeyAccount    = "externalCustomerId"
	KeyClient     = "clientId"
	KeyKey        = "keyId"
	KeyPrivateKey = "privateKey"
	KeyRESTURL    = "restUrl"
	KeyTokenURL   = "tokenUrl"
)

// KeyCommitmentItem is the setting for the item of prepayments.
const KeyCommitmentItem = "netsuiteCommitmentItemId"

// KeyDefaultItem is the setting for lines that nothing else gives an item.
const KeyDefaultItem = "netsuiteDefaultItemId"

// Keys of configData that checks and Check read.
const (
	keyAccounts       = "accountIds"
	keyRestricted     = "restrictedAccountIds"
	keySendDueDate    = "netsuiteSendDueDate"
	keyMinimumItem    = "netsuiteMinimumSpendId"
	keyItemMapping    = "netsuiteItemMapping"
	keyCustomFields   = "netsuiteItemCustomFieldMapping"
	keyStrict         = "billferry.strictItems"
	keyBase           = "billferry.baseCurrency"
	keyNumber         = "billferry.tranId"
	keyMappedAccounts = integration.KeyMappedAccounts
	keyNegative       = "billferry.negativeBills"
	keyConcurrency    = "billferry.maxConcurrency"
	keyIgnore         = "billferry.proof.ignore"
	keyCustomerBy     = "billferry.customerBy"
	keyCustomerField  = "billferry.customerField"
	keySendFrom       = "billferry.sendFrom"
)

// creditMemos is the choice of Negative Bills that makes credit memos of them.
const creditMemos = "CREDIT_MEMO"

// Form is everything there is to set for Bills that go to NetSuite, in screen
// order: the wizard, the REST API, files and the docs all read this.
func Form() spec.Form {
	return spec.Form{
		EntityType:  "Bill",
		Destination: "Netsuite",
		Fields:      concat(globalFields(), entityFields(), destinationFields(), extensionFields()),
		Auth:        authFields(),
		Words:       names,
		Mends:       mends,
		CheckID:     checkID,
		Cross:       cross,
	}
}

// mends are the settings for what NetSuite, or mapping for it, refuses.
var mends = map[string]string{
	"default_item_strict":         keyItemMapping,
	"id_malformed":                KeyDefaultItem,
	"item_missing":                keyItemMapping,
	"item_refused":                keyItemMapping,
	"lines_missing":               keyItemMapping,
	"negative_line_refused":       keyItemMapping,
	"record_not_found":            KeyDefaultItem,
	"revenue_date_missing":        keyCustomFields,
	"revenue_template_incomplete": keyCustomFields,
}

func concat(parts ...[]spec.Field) (out []spec.Field) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func globalFields() []spec.Field {
	return []spec.Field{
		{Key: "name", Label: "Name", Panel: spec.Global, Kind: spec.Text, Required: true, Check: checkName,
			Help: "What this integration is called in lists. It must be unique, so that two NetSuite integrations can be told apart."},
		{Key: keyAccounts, Label: "Account Ids", Panel: spec.Global, Kind: spec.Accounts, Check: checkIDs,
			Help: "Only Bills of these accounts are sent. Leave this and Restricted Account Ids empty to send the Bills of every account."},
		{Key: keyRestricted, Label: "Restricted Account Ids", Panel: spec.Global, Kind: spec.Accounts, Check: checkIDs,
			Help: "Bills of these accounts are never sent."},
		{Key: "integrationDisabledNotificationUsers", Label: "Integration disabled notification users", Panel: spec.Global, Kind: spec.List,
			Help: "Who gets a mail when the integration is disabled by itself: ids of m3ter users, or mail addresses. It takes a mail server, " +
				"see docs/OPERATING.md."},
	}
}

func entityFields() []spec.Field {
	return []spec.Field{
		{Key: "onlySendBillOnApproval", Label: "Only Send Bill On Approval", Panel: spec.Entity, Kind: spec.Bool, Default: false,
			Help: "On: a Bill is sent when it is approved, and a finished bill job alone sends nothing. Off: it is sent each time it is " +
				"generated or recalculated."},
		{Key: "accountFilter", Label: "Account filter", Panel: spec.Entity, Kind: spec.Text, Default: "", Check: checkFilter,
			Help: "An expression about the account that must hold as well, such as address.country == US. Fields: id, accountName, accountCode, " +
				"address.*, currency, customFields.*."},
		{Key: keyMappedAccounts, Label: "Use External Mapping Account Code", Panel: spec.Entity, Kind: spec.Bool, Default: false,
			Help: "On: the NetSuite customer is the external mapping of the account. Off: it is the customer whose external id is " +
				"the m3ter account id."},
		{Key: "excludedLineItemTypes", Label: "Excluded Line Item Types", Panel: spec.Entity, Kind: spec.Multi, Options: mapping.LineTypes(),
			Help: "Bill lines of these types are left out of the invoice. The run keeps how much money they were."},
	}
}

func destinationFields() []spec.Field {
	return []spec.Field{
		{Key: "splitUsageLineItems", Label: "Split Usage Line Items", Panel: spec.Destination, Kind: spec.Enum,
			Default: string(mapping.PerProduct),
			Help:    "How usage becomes invoice lines. Every other kind of charge becomes one line.",
			Options: []spec.Option{
				{Value: string(mapping.PerBand), Label: "Item per usage band", Help: "One invoice line for each pricing band that was used."},
				{Value: string(mapping.PerProduct), Label: "Item per product", Help: "One invoice line for each line of the Bill."},
				{Value: string(mapping.PerAggregation), Label: "Item per aggregation",
					Help: "The Bill's lines of one aggregation and service period become one invoice line."},
			}},
		{Key: keySendDueDate, Label: labelSendDueDate, Panel: spec.Destination, Kind: spec.Bool, Default: false,
			Help: "On: the invoice gets the Bill's due date. Off: NetSuite works it out from the customer's terms."},
		{Key: KeyCommitmentItem, Label: labelCommitmentItem, Panel: spec.Destination, Kind: spec.Item, Default: "", Check: checkItem,
			Help: "Internal id of the item for commitments (prepayments). Only needed when they have an item of their own."},
		{Key: keyMinimumItem, Label: labelMinimumItem, Panel: spec.Destination, Kind: spec.Item, Default: "", Check: checkItem,
			Help: "Internal id of the item for minimum spends. Only needed when they have an item of their own."},
		{Key: KeyDefaultItem, Label: labelDefaultItem, Panel: spec.Destination, Kind: spec.Item, Default: "", Check: checkItem,
			Help: "Internal id of the item for every line that nothing else gives an item."},
		{Key: keyItemMapping, Label: labelItemMapping, Panel: spec.Destination, Kind: spec.ItemMap, Options: mapping.LineTypes(),
			Check: checkItemMap, Fallback: itemFallback,
			Help: "An item for each line item type, used when no external mapping names one. A type without an item uses Netsuite Default Item Id."},
		{Key: keyCustomFields, Label: "Netsuite Item Custom Field Mapping", Panel: spec.Destination, Kind: spec.FieldMap,
			Check: checkCustomFields,
			Options: []spec.Option{{Value: "servicePeriodStart", Label: "servicePeriodStart"},
				{Value: "servicePeriodEnd", Label: "servicePeriodEnd"}},
			Help: "The NetSuite line fields that get the first and the last day of service: script ids (custcol_...), " +
				"revRecStartDate or revRecEndDate."},
	}
}

// itemFallback says in words which item a line type without an entry of its
// own in the item mapping gets. External mappings come before all of them.
func itemFallback(v spec.Values, lineType string) string {
	item, rule := mapping.TypeItem(mapping.Config{
		Terms:          &terms,
		CommitmentItem: v.Text(KeyCommitmentItem), MinimumSpendItem: v.Text(keyMinimumItem), DefaultItem: v.Text(KeyDefaultItem),
	}, lineType)
	if item == "" {
		return "no item: the Bill stops"
	}
	return strings.TrimPrefix(rule, "Netsuite ") + " " + item
}

func authFields() []spec.Field {
	return []spec.Field{
		{Key: KeyAccount, Label: "External Customer Id", Flag: "account-id", Panel: spec.Auth, Kind: spec.Text, Required: true,
			Check: checkAccount,
			Help:  "The NetSuite account id, such as 1234567 or 1234567_SB1: Setup > Company > Company Information."},
		{Key: KeyClient, Label: "Client Id", Panel: spec.Auth, Kind: spec.Text, Required: true, Check: checkToken,
			Help: "The Client ID that NetSuite showed once when the integration record was saved. The client secret is not used."},
		{Key: KeyKey, Label: "Key Id", Panel: spec.Auth, Kind: spec.Text, Required: true, Check: checkToken,
			Help: "The Certificate ID in the list of " + keySetup + "."},
		{Key: KeyPrivateKey, Label: "Upload Netsuite Credentials", Panel: spec.Auth, Kind: spec.Key, Required: true, Check: checkKey,
			Help: "The private key that belongs to the certificate: PEM, EC P-256, P-384 or P-521, or RSA 3072 or 4096. It is sealed on disk " +
				"and never shown again."},
		{Key: KeyRESTURL, Label: "REST URL", Panel: spec.Auth, Kind: spec.Text, Ours: true, Check: checkRESTURL,
			Help: "Only for sandboxes and tests, or when Company URLs shows another host: the origin of SuiteTalk. Empty: worked out " +
				"from the account id."},
		{Key: KeyTokenURL, Label: "Token URL", Panel: spec.Auth, Kind: spec.Text, Ours: true, Check: checkTokenURL,
			Help: "Only for sandboxes and tests: the whole URL of the token endpoint. Empty: the usual path below REST URL."},
	}
}
