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

// Document is what NetSuite shall hold for one Bill, with the reasons for it: what
// mapping makes, the sender sends (AppendJSON writes the body of POST /invoice or
// /creditMemo), an attempt keeps as JSON, and screens and API show.
type Document struct {
	Kind        Kind   `json:"kind,omitzero"`
	ExternalID  string `json:"externalId,omitzero"`    // m3b-<bill id>; m3c- for a credit memo; at most 40 characters
	OtherID     string `json:"otherId,omitzero"`       // external id of a document of the other kind: only one of the two may exist
	Entity      Ref    `json:"entity,omitzero"`        // the customer
	CurrencyID  string `json:"currencyId,omitzero"`    // NetSuite's id; "" leaves the currency out
	Currency    string `json:"currency"`               // ISO 4217
	TranDate    string `json:"tranDate,omitzero"`      // civil date
	DueDate     string `json:"dueDate,omitzero"`       // civil date; "" lets NetSuite decide
	OtherRefNum string `json:"otherRefNum,omitzero"`   // purchase order number
	Number      string `json:"number,omitzero"`        // of the document (tranId); "" lets NetSuite number it
	PeriodID    string `json:"postingPeriod,omitzero"` // NetSuite's id of the posting period; "" lets NetSuite decide
	Memo        string `json:"memo,omitzero"`
	Lines       []Line `json:"lines"`

	// Money, in Currency. Included + Excluded + Rounding = BillTotal, to the
	// last digit m3ter wrote. Included = Total = the sum of the lines: whole
	// units, what is sent. Rounding is the parts of a unit that no invoice can
	// hold. A credit memo's money is the Bill's with the sign turned, all five
	// figures and the lines alike: its Total is positive.
	Total     decimal.D `json:"total"`
	Included  decimal.D `json:"included"`
	Excluded  decimal.D `json:"excluded"`
	Rounding  decimal.D `json:"rounding"`
	BillTotal decimal.D `json:"billTotal"`

	DefaultLines  int       `json:"defaultLines,omitzero"` // lines that only the default item caught; they are among Lines too
	DefaultAmount decimal.D `json:"defaultAmount"`         // money on them
	Warnings      []string  `json:"warnings,omitzero"`     // what was cut, merged or decided for want of a setting
}

// Line is one line of the document.
type Line struct {
	ItemID      string        `json:"item"`
	Quantity    decimal.D     `json:"quantity"` // with Rate, only when their product rounds to Amount
	Rate        decimal.D     `json:"rate"`
	Amount      decimal.D     `json:"amount"`
	Description string        `json:"description,omitzero"`
	Custom      []CustomField `json:"custom,omitzero"` // date fields of the line, in a fixed order; lines of one service period share them
	Why         Provenance    `json:"why"`
}

// CustomField is one custom column of a line.
type CustomField struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// Provenance says where a line came from and why it is as it is.
type Provenance struct {
	Sources  []string `json:"sources"`        // ids of the Bill's line items
	Types    []string `json:"types"`          // their line item types
	Bands    []string `json:"bands,omitzero"` // ids of the pricing bands
	Rule     string   `json:"rule"`           // which rule chose the item
	Match    string   `json:"match,omitzero"` // id of the m3ter entity whose external mapping it was
	Fallback string   `json:"fallback"`       // what it would have fallen back to
	Money    string   `json:"money"`          // the arithmetic of the amount, in words
	Cut      []string `json:"cut,omitzero"`   // what was shortened
}
