package netsuite

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/decimal"
)

// record is an invoice or credit memo as NetSuite returns it with
// expandSubResources. Only what the sender compares is read.
type record struct {
	ID          scalar    `json:"id"`
	ExternalID  string    `json:"externalId"`
	TranDate    string    `json:"tranDate"`
	DueDate     string    `json:"dueDate"`
	Memo        string    `json:"memo"`
	OtherRefNum string    `json:"otherRefNum"`
	Entity      ref       `json:"entity"`
	Currency    ref       `json:"currency"`
	Period      ref       `json:"postingPeriod"`
	Status      ref       `json:"status"`
	Total       decimal.D `json:"total"`
	TaxTotal    decimal.D `json:"taxTotal"`
	AmountPaid  decimal.D `json:"amountPaid"` // of an invoice
	Applied     decimal.D `json:"applied"`    // of a credit memo
	Item        lines     `json:"item"`
}

// lines is the item sublist.
type lines struct {
	Items   []recordLine `json:"items"`
	Total   int          `json:"totalResults"`
	HasMore bool         `json:"hasMore"`
}

// count is the number of lines of the record, on this page or not.
func (l lines) count() int { return max(l.Total, len(l.Items)) }

type recordLine struct {
	Item        ref
	Quantity    decimal.D
	Amount      decimal.D
	Description string
	Custom      map[string]ref // custcol fields, whatever the account defines
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom. A line has a score of
// fields that nobody compares; skipping them here saves most of the time.
func (l *recordLine) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return errors.New("want a line")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadValue() // with its quotes: no string is made of it
		if err != nil {
			return err
		}
		if err := l.field(name, d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (l *recordLine) field(name jsontext.Value, d *jsontext.Decoder) error {
	switch string(name) {
	case `"item"`:
		return l.Item.UnmarshalJSONFrom(d)
	case `"description"`:
		var s scalar
		err := s.UnmarshalJSONFrom(d)
		l.Description = string(s)
		return err
	case `"quantity"`:
		return readDecimal(d, &l.Quantity)
	case `"amount"`:
		return readDecimal(d, &l.Amount)
	}
	if !bytes.HasPrefix(name, []byte(`"custcol`)) {
		return d.SkipValue()
	}
	column := strings.Trim(string(name), `"`)
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	var r ref
	if json.Unmarshal(v, &r, jsontext.AllowInvalidUTF8(true)) != nil {
		r.ID = string(v) // a list, say: it is no date, and is shown as it is
	}
	if l.Custom == nil {
		l.Custom = map[string]ref{}
	}
	l.Custom[column] = r
	return nil
}

func readDecimal(d *jsontext.Decoder, into *decimal.D) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	return into.UnmarshalJSON(v)
}

// paid is what has been paid on an invoice, or used of a credit memo.
func (r record) paid() decimal.D { return r.AmountPaid.Add(r.Applied) }

// settledBy tells whether money hangs on the record: it must not change then.
func (r record) settledBy() bool { return r.paid().Sign() != 0 || r.Status.ID == "B" }

func (r record) voided() bool { return r.Status.ID == "V" }

// net is the total without tax: a document of ours carries none, and an
// account that adds tax of its own is no difference.
func (r record) net() decimal.D { return r.Total.Sub(r.TaxTotal) }

func parseRecord(b []byte) (record, error) {
	var r record
	if err := json.Unmarshal(b, &r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return record{}, fmt.Errorf("read the record: %w", err)
	}
	if r.ID == "" {
		return record{}, fmt.Errorf("read the record: it has no id")
	}
	return r, nil
}

// scalar is a string that may be written as a number or a boolean.
type scalar string

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"', 'n', '0', 't', 'f':
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		*s = ""
		if t.Kind() != 'n' {
			*s = scalar(t.String())
		}
		return nil
	default:
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		return fmt.Errorf("want a string or a number, not %s", clip(string(v), 40))
	}
}

// ref is a reference: an object with an id, or the bare id.
type ref struct {
	ID   string
	Name string
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *ref) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var id, name scalar
	if d.PeekKind() != '{' {
		err := id.UnmarshalJSONFrom(d)
		r.ID = string(id)
		return err
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		key, err := d.ReadValue()
		if err != nil {
			return err
		}
		switch string(key) {
		case `"id"`:
			err = id.UnmarshalJSONFrom(d)
		case `"refName"`:
			err = name.UnmarshalJSONFrom(d)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	r.ID, r.Name = string(id), string(name)
	_, err := d.ReadToken()
	return err
}
