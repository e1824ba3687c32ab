package integration

import (
	"strings"

	"billferry/internal/decimal"
)

// Mismatch is the error of a person's word that a Bill is in the destination as
// a document that is not evidently that Bill's. Nothing was done: a person has
// to look at both sides and say so again. It is ErrConflict.
type Mismatch struct {
	System   string   `json:"system"` // what texts call the destination
	Bill     Side     `json:"bill"`
	Document Side     `json:"document"` // as the destination shows it; without a reference it was not seen
	Why      []string `json:"why"`      // what speaks against it, in words
}

// Side is one of the two that a person compares.
type Side struct {
	Reference string    `json:"reference,omitempty"` // INVOICE-101; invoice 4711
	Customer  string    `json:"customer,omitempty"`  // with its name where that is known
	Currency  string    `json:"currency,omitempty"`
	Amount    decimal.D `json:"amount"` // a credit memo's is below zero
	Date      string    `json:"date,omitempty"`
}

// Error says what does not fit; the sides stand apart.
func (m *Mismatch) Error() string {
	return "the document is not evidently this Bill's: " + strings.Join(m.Why, "; ")
}

// Unwrap lets errors.Is find the sentinel.
func (m *Mismatch) Unwrap() error { return ErrConflict }

// Rows lists both sides for a table: a name, the Bill's and the document's.
func (m *Mismatch) Rows() [][3]string {
	amount := func(s Side) string {
		if s.Reference == "" {
			return ""
		}
		return s.Amount.String()
	}
	return [][3]string{
		{"", m.Bill.Reference, orUnseen(m.Document.Reference)},
		{"customer", m.Bill.Customer, m.Document.Customer},
		{"amount", amount(m.Bill), amount(m.Document)},
		{"currency", m.Bill.Currency, m.Document.Currency},
		{"date", m.Bill.Date, m.Document.Date},
	}
}

func orUnseen(s string) string {
	if s == "" {
		return "(not seen)"
	}
	return s
}
