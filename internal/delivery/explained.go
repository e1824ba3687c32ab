package delivery

import (
	"encoding/json"
	"fmt"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// Explained is a document with the reasons for what it says: what an Attempt
// keeps in its Document, as JSON, for people to review.
type Explained struct {
	Kind          mapping.Kind    `json:"kind"`
	ExternalID    string          `json:"externalId"`
	Entity        mapping.Ref     `json:"entity"`
	Currency      string          `json:"currency"` // ISO 4217
	CurrencyID    string          `json:"currencyId"`
	TranDate      string          `json:"tranDate"`
	DueDate       string          `json:"dueDate,omitempty"`
	OtherRefNum   string          `json:"otherRefNum,omitempty"`
	Memo          string          `json:"memo,omitempty"`
	Lines         []ExplainedLine `json:"lines"`
	Total         decimal.D       `json:"total"`
	Included      decimal.D       `json:"included"`
	Excluded      decimal.D       `json:"excluded"`
	Rounding      decimal.D       `json:"rounding"`
	BillTotal     decimal.D       `json:"billTotal"`
	DefaultLines  int             `json:"defaultLines,omitempty"`
	DefaultAmount decimal.D       `json:"defaultAmount"`
	Warnings      []string        `json:"warnings,omitempty"`
	Body          json.RawMessage `json:"body"` // what the destination gets
}

// ExplainedLine is one line with where it came from.
type ExplainedLine struct {
	Item        string                `json:"item"`
	Description string                `json:"description,omitempty"`
	Quantity    decimal.D             `json:"quantity"`
	Rate        decimal.D             `json:"rate"`
	Amount      decimal.D             `json:"amount"`
	Custom      []mapping.CustomField `json:"custom,omitempty"`
	Why         mapping.Provenance    `json:"why"`
}

// Explain puts a document into the shape that is kept.
func Explain(d mapping.Encoded) Explained {
	x := Explained{
		Kind: d.Kind, ExternalID: d.ExternalID, Entity: d.Entity, Currency: d.Currency, CurrencyID: d.CurrencyID,
		TranDate: d.TranDate, DueDate: d.DueDate, OtherRefNum: d.OtherRefNum, Memo: d.Memo,
		Total: d.Total, Included: d.Included, Excluded: d.Excluded, Rounding: d.Rounding, BillTotal: d.BillTotal,
		DefaultLines: d.DefaultLines, DefaultAmount: d.DefaultAmount, Warnings: d.Warnings,
		Lines: make([]ExplainedLine, len(d.Lines)), Body: d.Body,
	}
	for i, l := range d.Lines {
		x.Lines[i] = ExplainedLine{
			Item: l.ItemID, Description: l.Description, Quantity: l.Quantity, Rate: l.Rate,
			Amount: l.Amount, Custom: l.Custom, Why: l.Why,
		}
	}
	return x
}

// ReadExplained reads the Document of an Attempt.
func ReadExplained(b []byte) (Explained, error) {
	var x Explained
	if err := json.Unmarshal(b, &x); err != nil {
		return x, fmt.Errorf("read the kept document: %w", err)
	}
	return x, nil
}

// Plain turns a kept document back into what mapping made.
func (x Explained) Plain() mapping.Document {
	d := mapping.Document{
		Kind: x.Kind, ExternalID: x.ExternalID, Entity: x.Entity, Currency: x.Currency, CurrencyID: x.CurrencyID,
		TranDate: x.TranDate, DueDate: x.DueDate, OtherRefNum: x.OtherRefNum, Memo: x.Memo,
		Total: x.Total, Included: x.Included, Excluded: x.Excluded, Rounding: x.Rounding, BillTotal: x.BillTotal,
		DefaultLines: x.DefaultLines, DefaultAmount: x.DefaultAmount, Warnings: x.Warnings,
		Lines: make([]mapping.Line, len(x.Lines)),
	}
	for i, l := range x.Lines {
		d.Lines[i] = mapping.Line{
			ItemID: l.Item, Description: l.Description, Quantity: l.Quantity, Rate: l.Rate,
			Amount: l.Amount, Custom: l.Custom, Why: l.Why,
		}
	}
	return d
}
