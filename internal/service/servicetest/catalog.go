package servicetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/spec"
)

// Catalog is a catalog with one form that has every kind of setting: small
// enough for a test to fill in, real enough to show what a screen makes of it.
func Catalog() spec.Catalog {
	return spec.Catalog{{
		EntityType: "Bill", Destination: "Netsuite",
		Mends: map[string]string{"item_missing": "netsuiteItemMapping", "default_item_strict": "netsuiteItemMapping"},
		CheckID: func(id string) error {
			if strings.Trim(id, "0123456789") != "" {
				return fmt.Errorf("%q is not a NetSuite internal id, which is a number such as 601", id)
			}
			return nil
		},
		Words: spec.Words{System: "NetSuite", Mapped: "Netsuite", CustomerTable: "Customer", ItemTable: "Item",
			Document: "invoice or credit memo", FindID: "the number after id= in its address",
			NewKey: "Upload this certificate in NetSuite: Setup > Integration > Manage Authentication > " +
				"OAuth 2.0 Client Credentials (M2M) Setup. Then type the Certificate ID it shows as Key Id."},
		Fields: slices.Concat(globalFields(), entityFields(), destinationFields(), extensionFields()),
		Auth: []spec.Field{
			{Key: "externalCustomerId", Label: "External Customer Id", Panel: spec.Auth, Kind: spec.Text, Required: true,
				Help: "The NetSuite account id: Setup > Company > Company Information."},
			{Key: "clientId", Label: "Client Id", Panel: spec.Auth, Kind: spec.Text, Required: true,
				Help: "From the integration record in NetSuite."},
			{Key: "keyId", Label: "Key Id", Panel: spec.Auth, Kind: spec.Text, Required: true,
				Help: "The certificate id NetSuite shows after the upload."},
			{Key: "privateKey", Label: "Upload Netsuite Credentials", Panel: spec.Auth, Kind: spec.Key, Required: true,
				Help: "The private key of the certificate."},
			{Key: "restUrl", Label: "REST URL", Panel: spec.Auth, Kind: spec.Text, Ours: true, Help: "For sandboxes and tests."},
			{Key: "tokenUrl", Label: "Token URL", Panel: spec.Auth, Kind: spec.Text, Ours: true, Help: "For sandboxes and tests."},
		},
		Cross: func(v spec.Values) []spec.Problem {
			for _, id := range v.Strings("accountIds") {
				if slices.Contains(v.Strings("restrictedAccountIds"), id) {
					return []spec.Problem{{Key: "restrictedAccountIds", Label: "Restricted Account Ids",
						Message: fmt.Sprintf("account %s is in both lists; take it out of one", id)}}
				}
			}
			if v.Text("netsuiteDefaultItemId") == "" {
				return []spec.Problem{{Key: "netsuiteDefaultItemId", Label: "Netsuite Default Item Id", Warning: true,
					Message: "empty: a line without a mapping will stop its Bill"}}
			}
			return nil
		},
	}}
}

func globalFields() []spec.Field {
	return []spec.Field{
		{Key: "name", Label: "Name", Panel: spec.Global, Kind: spec.Text, Required: true, Help: "What you call this integration."},
		{Key: "accountIds", Label: "Account Ids", Panel: spec.Global, Kind: spec.Accounts,
			Help: "Accounts to include. Leave both lists empty for all accounts."},
		{Key: "restrictedAccountIds", Label: "Restricted Account Ids", Panel: spec.Global, Kind: spec.Accounts, Help: "Accounts to exclude."},
		{Key: "integrationDisabledNotificationUsers", Label: "Notify When Disabled", Panel: spec.Global, Kind: spec.List,
			Help: "Who hears when it is disabled, one a line."},
	}
}

func entityFields() []spec.Field {
	return []spec.Field{
		{Key: "onlySendBillOnApproval", Label: "Only Send Bill On Approval", Panel: spec.Entity, Kind: spec.Bool,
			Help: "On: a Bill is sent when it is approved. Off: each time it is generated."},
		{Key: "accountFilter", Label: "Account Filter", Panel: spec.Entity, Kind: spec.Text,
			Help: "An expression over the account, such as address.country == US."},
		{Key: "useExternalMappingAccountCode", Label: "Use External Mapping Account Code", Panel: spec.Entity, Kind: spec.Bool,
			Help: "On: the customer is the external mapping of the account."},
		{Key: "excludedLineItemTypes", Label: "Excluded Line Item Types", Panel: spec.Entity, Kind: spec.Multi, Options: lineTypes(),
			Help: "Lines of these types are not sent."},
	}
}

func destinationFields() []spec.Field {
	return []spec.Field{
		{Key: "splitUsageLineItems", Label: "Split Usage Line Items", Panel: spec.Destination, Kind: spec.Enum, Default: "ITEM_PER_PRODUCT",
			Help: "How usage becomes invoice lines.", Options: []spec.Option{
				{Value: "ITEM_PER_USAGE_BAND", Label: "Item per usage band", Help: "One line for each pricing band."},
				{Value: "ITEM_PER_PRODUCT", Label: "Item per product", Help: "One line for each line of the Bill."},
				{Value: "ITEM_PER_AGGREGATION", Label: "Item per aggregation", Help: "Lines of one aggregation become one."},
			}},
		{Key: "netsuiteSendDueDate", Label: "Netsuite Send Due Date", Panel: spec.Destination, Kind: spec.Bool,
			Help: "On: m3ter's due date is sent. Off: NetSuite works it out."},
		{Key: "netsuiteCommitmentItemId", Label: "Netsuite Commitment Item Id", Panel: spec.Destination, Kind: spec.Item,
			Help: "The item of commitments.", Check: itemID},
		{Key: "netsuiteMinimumSpendId", Label: "Netsuite Minimum Spend Id", Panel: spec.Destination, Kind: spec.Item,
			Help: "The item of minimum spends.", Check: itemID},
		{Key: "netsuiteDefaultItemId", Label: "Netsuite Default Item Id", Panel: spec.Destination, Kind: spec.Item,
			Help: "The item of lines that nothing else maps.", Check: itemID},
		{Key: "netsuiteItemMapping", Label: "Netsuite Item Mapping", Panel: spec.Destination, Kind: spec.ItemMap, Options: lineTypes(),
			Fallback: fallback, Help: "An item for each line item type."},
		{Key: "netsuiteItemCustomFieldMapping", Label: "Netsuite Item Custom Field Mapping", Panel: spec.Destination, Kind: spec.FieldMap,
			Help: "Custom fields that get the service period.", Check: customFields, Options: []spec.Option{
				{Value: "servicePeriodStart", Label: "servicePeriodStart"}, {Value: "servicePeriodEnd", Label: "servicePeriodEnd"},
			}},
	}
}

func extensionFields() []spec.Field {
	return []spec.Field{
		{Key: "billferry.negativeBills", Label: "Negative Bills", Panel: spec.Documents, Kind: spec.Enum, Default: "HOLD", Ours: true,
			Help: "What a Bill below zero becomes.", Options: []spec.Option{
				{Value: "HOLD", Label: "Hold"}, {Value: "CREDIT_MEMO", Label: "Credit memo"},
			}},
		{Key: "billferry.strictItems", Label: "Strict Items", Panel: spec.Items, Kind: spec.Bool, Ours: true,
			Help: "On: a line that only the default item would catch is held."},
		{Key: "billferry.maxConcurrency", Label: "Max Concurrency", Panel: spec.Control, Kind: spec.Int, Default: 5, Ours: true,
			Help: "Requests to NetSuite at once, 1 to 20."},
	}
}

func lineTypes() []spec.Option {
	var out []spec.Option
	for _, t := range strings.Fields("STANDING_CHARGE USAGE USAGE_CREDIT MINIMUM_SPEND MINIMUM_SPEND_REFUND CREDIT_MEMO DEBIT_MEMO " +
		"COMMITMENT_CONSUMED COMMITMENT_FEE OVERAGE_SURCHARGE OVERAGE_USAGE BALANCE_CONSUMED BALANCE_FEE AD_HOC") {
		label := strings.ReplaceAll(strings.ToLower(t), "_", " ")
		out = append(out, spec.Option{Value: t, Label: strings.ToUpper(label[:1]) + label[1:]})
	}
	return out
}

func fallback(v spec.Values, option string) string {
	if item := v.Text("netsuiteDefaultItemId"); item != "" {
		return "default item " + item
	}
	return "no item: stops the Bill"
}

func itemID(v any) error {
	s, _ := v.(string)
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return fmt.Errorf("%q is not an item's internal id: it must be a number", s)
	}
	return nil
}

func customFields(v any) error {
	m := spec.Values{"m": v}.Map("m")
	for _, id := range m {
		if !strings.HasPrefix(id, "custcol") {
			return errors.New("a custom field of a line starts with custcol")
		}
	}
	return nil
}
