package mapping

import (
	"billferry/internal/decimal"
)

// Kind is the NetSuite record a document becomes.
type Kind string

// The kinds of document.
const (
	Invoice    Kind = "invoice"
	CreditMemo Kind = "creditMemo"
)

// Ref points to a NetSuite record by internal id or by external id.
type Ref struct {
	ID         string `json:"id,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

// Document is what NetSuite shall hold for one Bill. AppendJSON writes it as
// the body of POST /invoice or /creditMemo.
type Document struct {
	Kind        Kind
	ExternalID  string // m3b-<bill id>; m3c- for a credit memo; at most 40 characters
	OtherID     string // the external id of the Bill's document if it were of the other kind: only one of the two may exist
	Entity      Ref    // the customer
	CurrencyID  string // NetSuite's id
	Currency    string // ISO 4217
	TranDate    string // civil date
	DueDate     string // civil date; "" lets NetSuite decide
	OtherRefNum string // purchase order number
	Memo        string
	Lines       []Line

	// Money, in Currency. Included + Excluded + Rounding = BillTotal, to the
	// last digit m3ter wrote. Included = Total = the sum of the lines: whole
	// units, what is sent. Rounding is the parts of a unit that no invoice can
	// hold. A credit memo's money is the Bill's with the sign turned, all five
	// figures and the lines alike: its Total is positive.
	Total     decimal.D
	Included  decimal.D
	Excluded  decimal.D
	Rounding  decimal.D
	BillTotal decimal.D

	DefaultLines  int       // lines that only the default item caught
	DefaultAmount decimal.D // money on them
	Warnings      []string  // what was cut, merged or decided for want of a setting
}

// Line is one line of the document.
type Line struct {
	ItemID      string
	Quantity    decimal.D // with Rate, only when their product rounds to Amount
	Rate        decimal.D
	Amount      decimal.D
	Description string
	Custom      []CustomField // custcol fields, in a fixed order; lines of one service period share them
	Why         Provenance
}

// CustomField is one custom column of a line.
type CustomField struct{ Field, Value string }

// Provenance says where a line came from and why it is as it is.
type Provenance struct {
	Sources  []string `json:"sources"`         // ids of the Bill's line items
	Types    []string `json:"types"`           // their line item types
	Bands    []string `json:"bands,omitempty"` // ids of the pricing bands
	Rule     string   `json:"rule"`            // which rule chose the item
	Match    string   `json:"match,omitempty"` // id of the m3ter entity whose external mapping it was
	Fallback string   `json:"fallback"`        // what it would have fallen back to
	Money    string   `json:"money"`           // the arithmetic of the amount, in words
	Cut      []string `json:"cut,omitempty"`   // what was shortened
}
