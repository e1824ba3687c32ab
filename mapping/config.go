package mapping

// Config is the part of an integration that decides how a Bill becomes a
// document, read from configData (README, Settings) by the destination's adapter.
type Config struct {
	IntegrationID string
	Terms         *Terms // of the destination

	AccountIDs           []string
	RestrictedAccountIDs []string
	OnApproval           bool   // Only Send Bill On Approval
	AccountFilter        string // as written; Settings checks it
	UseExternalMapping   bool   // Use External Mapping Account Code
	ExcludedTypes        []string

	Split            Split
	SendDueDate      bool
	CommitmentItem   string
	MinimumSpendItem string
	DefaultItem      string
	ItemByType       map[string]string
	CustomFields     map[string]string // servicePeriodStart, servicePeriodEnd -> a date field of a line

	CreditMemos      bool // a negative Bill becomes a credit memo; else it is held
	ExclusiveEnd     bool // send m3ter's own exclusive end of the service period
	StrictItems      bool // hold a Bill rather than use the default item
	ExternalIDPrefix string
	MergeLines       bool // merge the smallest usage lines per item past the destination's limit

	CustomerBy    CustomerBy // without UseExternalMapping
	CustomerField string     // of the account, that holds the customer's internal id: customFields.<key>
	NoTax         bool       // what the destination adds as tax is a difference
	Ignore        []string   // texts of the document that the proof leaves out
	NeedDate      bool       // a Bill without externalInvoiceDate is held
	SendFrom      string     // Bills dated before are not sent, those that were sent apart
	TypeFirst     bool       // prepayments and minimum spends: the type's item comes before the product's
	SkipZero      bool       // a Bill of zero lines only is not sent, one that was sent apart

	Rules Rules // that fill fields of header and lines

	BaseCurrency string // ISO 4217 of an account without multi-currency: no currency is sent; "": it is
	NumberOfBill bool   // the document's number is the Bill's; else the destination numbers it
	FirstOpen    bool   // a document of a closed period is posted to the first open one after it

	Amend Amending
}

// CustomerBy says how the customer of an account is found.
type CustomerBy string

// The ways of Customer By.
const (
	ByExternalID  CustomerBy = "EXTERNAL_ID"  // its external id is the account's id
	ByEntityID    CustomerBy = "ENTITY_ID"    // its entity id is the account's code
	ByCustomField CustomerBy = "CUSTOM_FIELD" // a custom field of the account holds its internal id
)

// Split says how usage lines become document lines.
type Split string

// The three splits of Split Usage Line Items.
const (
	PerProduct     Split = "ITEM_PER_PRODUCT"
	PerBand        Split = "ITEM_PER_USAGE_BAND"
	PerAggregation Split = "ITEM_PER_AGGREGATION"
)

// Lookups answers what mapping has to know from outside. It is a plain value,
// filled before mapping, so that mapping stays pure.
type Lookups struct {
	// Customer is the internal id that the external mapping, or Customer By, finds
	// for the Bill's account; "" when there is none.
	Customer string
	// CurrencyID is the destination's id of the Bill's currency.
	CurrencyID string
	// Period is what is known of the accounting period of the document's date.
	Period Period
	// Items maps "entity|m3terId" (lower-case entity: aggregation,
	// accountingproduct, product) to an item id, mappings linked to
	// the integration already preferred to unlinked ones.
	Items map[string]Item
	// Account has the fields an account filter can name.
	Account map[string]string
	// Records has the fields of m3ter's entities that rules read, with the
	// organisation's defaults behind them.
	Records map[Record]map[string]string
	// Numbers are what the destination calls the documents of other Bills, by the
	// Bill's id; they are named on credit lines.
	Numbers map[string]string
	// Values are the internal ids of the values that rules tell otherwise
	// (Rules.Told), as far as the destination has them; nil: nobody can be asked.
	Values map[FieldValue]string
	// Companies are those of the customers of the Bill's account and its children,
	// by account. NoCompanies says why they are not known.
	Companies   map[string]Company
	NoCompanies string
	// There tells that a document of the Bill is, or may be, there already.
	There bool
}

// Period is the accounting period of a date. The zero value is one that is not
// known: the destination decides then.
type Period struct {
	Name string // what the destination calls it
	Shut string // "closed" or "locked"; "" while it is open
	// The first later period that is open, "" when there is none.
	OpenID, OpenName string
	OpenFrom         string // its first day
}

// Item is an external mapping's answer for an item.
type Item struct {
	ID     string
	Linked bool // the mapping belongs to this integration alone
}
