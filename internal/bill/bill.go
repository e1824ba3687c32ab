// Package bill holds a m3ter Bill as its API writes it, and reads it exactly.
// It is a leaf of its own, so that the pure mapping, the m3ter client and the
// engine share the type without sharing anything else.
//
// Field facts: m3ter's OpenAPI schemas BillResponse, BillLineItem,
// BillLineItemPricingBandUsage and BillLineItemResponse.
package bill

import (
	"billferry/internal/decimal"
)

// Head is what tells one version of a Bill from another, and what a person
// calls it. It reads fast: line items are skipped.
type Head struct {
	ID                       string
	Version                  int64
	AccountID                string
	AccountCode              string
	StartDate                string // civil date
	EndDate                  string // civil date
	BillDate                 string // civil date
	DueDate                  string // civil date
	Currency                 string // ISO 4217: the billing currency
	Timezone                 string // IANA name; "" means UTC
	Status                   string // PENDING or APPROVED
	Locked                   bool
	BillingFrequency         string
	BillJobID                string
	LastCalculatedDate       string // RFC 3339
	PurchaseOrderNumber      string
	ExternalInvoiceReference string
	ExternalInvoiceDate      string // civil date
	SequentialInvoiceNumber  string
	BillTotal                decimal.D
	HasTotal                 bool // false: the Bill came without billTotal
}

// Reference is what a person calls the Bill.
func (h Head) Reference() string {
	switch {
	case h.SequentialInvoiceNumber != "":
		return h.SequentialInvoiceNumber
	case h.ExternalInvoiceReference != "":
		return h.ExternalInvoiceReference
	case len(h.ID) >= 4:
		return "INV-" + h.ID[len(h.ID)-4:] // m3ter's own console falls back to this
	}
	return h.ID
}

// Bill is a Bill with its lines.
type Bill struct {
	Head
	Lines []Line
}

// Line is one line item. Decimals that were absent are zero and flagged where
// that matters.
type Line struct {
	ID                    string
	Type                  string // one of the 19 line item types, or one that we do not know yet
	Description           string
	ProductID             string
	ProductName           string
	ProductCode           string
	AccountingProductID   string
	AccountingProductName string
	AccountingProductCode string
	AggregationID         string
	CompoundAggregationID string
	MeterID               string
	PlanID                string
	CommitmentID          string
	ContractID            string
	BalanceID             string
	ChargeID              string
	PlanGroupID           string
	ReasonID              string
	ReferencedBillID      string // of a credit or debit line: the Bill that it is about
	ChildAccountID        string
	ChildAccountCode      string
	Segment               []Pair // in the order of the document
	Group                 []Pair
	Additional            []Pair
	Quantity              decimal.D // measured usage
	Units                 decimal.D // rated units
	Unit                  string
	Subtotal              decimal.D // pricing currency
	Currency              string    // pricing currency
	ConversionRate        decimal.D // 1 when absent
	HasRate               bool      // false: conversionRate was absent
	ConvertedSubtotal     decimal.D // billing currency: what the customer pays
	HasConverted          bool      // false: convertedSubtotal was absent
	AverageUnitPrice      decimal.D
	ServicePeriodStart    string // RFC 3339, inclusive
	ServicePeriodEnd      string // RFC 3339, exclusive
	SequenceNumber        int64
	Bands                 []Band // usagePerPricingBand or bandUsage
}

// Pair is one name and value of a segment or group.
type Pair struct{ Name, Value string }

// Band is the usage of one pricing band.
type Band struct {
	ID                string
	LowerLimit        decimal.D
	FixedPrice        decimal.D
	UnitPrice         decimal.D
	Units             decimal.D // bandUnits
	Quantity          decimal.D // bandQuantity
	UnitSubtotal      decimal.D
	Subtotal          decimal.D
	ConvertedSubtotal decimal.D
	HasConverted      bool // false: convertedBandSubtotal was absent
}
