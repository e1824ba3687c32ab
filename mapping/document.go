package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"billferry/internal/decimal"
)

// Kind is the kind of record that a document becomes.
type Kind string

// The kinds of document.
const (
	Invoice    Kind = "invoice"
	CreditMemo Kind = "creditMemo"
)

// Ref points to a record of the destination by internal id or by external id.
type Ref struct {
	ID         string `json:"id,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

// Document is what the destination is to hold for one Bill, with the reasons for
// it: what mapping makes, the adapter encodes, an attempt keeps as JSON, and
// screens and API show.
type Document struct {
	Kind        Kind    `json:"kind,omitzero"`
	ExternalID  string  `json:"externalId,omitzero"`    // m3b-<bill id>; m3c- for a credit memo, m3d- for an amendment; at most 40 characters
	OtherID     string  `json:"otherId,omitzero"`       // external id of a document of the other kind: only one of the two may exist
	Entity      Ref     `json:"entity,omitzero"`        // the customer
	CurrencyID  string  `json:"currencyId,omitzero"`    // the destination's id; "" leaves the currency out
	Currency    string  `json:"currency"`               // ISO 4217
	TranDate    string  `json:"tranDate,omitzero"`      // civil date
	DueDate     string  `json:"dueDate,omitzero"`       // civil date; "" lets the destination decide
	OtherRefNum string  `json:"otherRefNum,omitzero"`   // purchase order number
	Number      string  `json:"number,omitzero"`        // of the document; "" lets the destination number it
	PeriodID    string  `json:"postingPeriod,omitzero"` // the destination's id of the posting period; "" lets the destination decide
	Memo        string  `json:"memo,omitzero"`
	Fields      []Field `json:"fields,omitzero"` // of the header, that rules fill
	Gone        []Field `json:"gone,omitzero"`   // of the header, that an earlier one was sent with: to be emptied
	Lines       []Line  `json:"lines"`

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

	// Elsewhere names the accounts of lines whose customers another company bills.
	Elsewhere []string `json:"elsewhere,omitzero"`

	Amends *Amends `json:"amends,omitempty"` // of an amendment: what it completes

	// What the proof has to know of the settings.
	NoTax  bool     `json:"noTax,omitzero"`  // a tax that the destination adds is a difference
	Ignore []string `json:"ignore,omitzero"` // texts that are not compared: scripts of the account rewrite them
}

// Line is one line of the document.
type Line struct {
	ItemID      string     `json:"item"`
	Quantity    decimal.D  `json:"quantity"` // with Rate, only when their product rounds to Amount
	Rate        decimal.D  `json:"rate"`
	Amount      decimal.D  `json:"amount"`
	Description string     `json:"description,omitzero"`
	Plain       string     `json:"plain,omitzero"`  // of a line about another Bill: Description without what that is called
	Fields      []Field    `json:"fields,omitzero"` // that settings fill, in a fixed order; lines of one service period may share them
	Why         Provenance `json:"why"`
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

// Encoded is a Document with its body, which the adapter writes once and which is
// then hashed, sent and kept with the run: all of them share the bytes, so nobody
// may change them, or the Document.
type Encoded struct {
	Document
	Body json.RawMessage `json:"body,omitzero"` // as the destination takes it; none: nothing would be sent
}

// Hash is the SHA-256 of the body, in hex: two documents with one hash ask the
// destination for the same.
func (e Encoded) Hash() string {
	sum := sha256.Sum256(e.Body)
	return hex.EncodeToString(sum[:])
}
