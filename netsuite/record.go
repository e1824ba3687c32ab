package netsuite

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	json "github.com/go-json-experiment/json"

	"billferry/internal/decimal"
	"billferry/internal/jsonread"
)

// record is an invoice or credit memo as NetSuite returns it with
// expandSubResources. Only what the sender compares is read.
type record struct {
	ID          string
	ExternalID  string
	TranDate    string
	DueDate     string
	Memo        string
	OtherRefNum string
	Number      string // tranId
	Entity      ref
	Currency    ref
	Period      ref // postingPeriod
	Status      ref
	Approval    ref      // approvalStatus: "" where invoices need none
	Head        []column // other fields that were asked for
	Total       decimal.D
	TaxTotal    decimal.D // all that tax fields hold: taxTotal, and tax2Total in Canada
	AmountPaid  decimal.D // of an invoice
	Open        decimal.D // amountRemaining of an invoice
	Rate        string    // exchangeRate
	Applied     decimal.D // of a credit memo
	Item        lines
}

// lines is the item sublist.
type lines struct {
	Items   []recordLine
	Total   int // totalResults
	HasMore bool
	Tax     decimal.D // of the lines that are tax, which Items and Total leave out
}

// count is the number of lines of the record, on this page or not.
func (l lines) count() int { return max(l.Total, len(l.Items)) }

type recordLine struct {
	Item        ref
	Type        string // itemType
	Quantity    decimal.D
	Amount      decimal.D
	Description string
	Custom      []column // custcol fields, whatever the account defines, and others that were asked for
}

// column is a custom field of a line.
type column struct {
	field string
	value ref
}

// custom is what a line holds in a custom field.
func (l *recordLine) custom(field string) ref { return valueOf(l.Custom, field) }

func valueOf(columns []column, field string) ref {
	for i := len(columns) - 1; i >= 0; i-- { // of a name that came twice the last one counts
		if strings.EqualFold(columns[i].field, field) {
			return columns[i].value
		}
	}
	return ref{}
}

// ref is a reference: an object with an id, or the bare id.
type ref struct {
	ID   string
	Name string
}

// paid is what has been paid on an invoice, or used of a credit memo.
func (r record) paid() decimal.D { return r.AmountPaid.Add(r.Applied) }

// settledBy tells whether money hangs on the record: it must not change then. Of a
// form that hides the amounts the status tells, but an invoice of nothing is Paid In
// Full at once.
func (r record) settledBy() bool {
	return r.paid().Sign() != 0 || r.Status.ID == "B" && !r.Total.IsZero()
}

func (r record) voided() bool { return r.Status.ID == "V" }

// tax is what NetSuite added: a document of ours carries none. It stands in
// fields of the record or, where none of them has any, in lines.
func (r record) tax() decimal.D {
	if !r.TaxTotal.IsZero() {
		return r.TaxTotal
	}
	return r.Item.Tax
}

// net is the total without tax: an account that adds tax of its own is no
// difference.
func (r record) net() decimal.D { return r.Total.Sub(r.tax()) }

// parseRecord reads a record.
func parseRecord(b []byte) (record, error) { return parseRecordOf(b, nil, nil) }

// parseRecordOf reads a record with the fields of those names besides.
func parseRecordOf(b []byte, head, line []string) (record, error) {
	if !utf8.Valid(b) {
		b = []byte(string([]rune(string(b)))) // a wrong letter is a difference at most
	}
	s := recordReader{Reader: jsonread.New(b), head: head, line: line}
	var r record
	err := s.object(func(name string) error { return s.record(name, &r) })
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return record{}, fmt.Errorf("read the record: %w", err)
	}
	if r.ID == "" {
		return record{}, fmt.Errorf("read the record: it has no id")
	}
	return r, nil
}

// recordReader reads the forms in which NetSuite writes one thing. A record
// has some scores of fields that nobody compares: nothing is made of those.
type recordReader struct {
	jsonread.Reader
	head, line []string // fields that are asked for besides
}

func asked(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// object is Object with the name of the member on its error.
func (s *recordReader) object(member func(name string) error) error {
	return s.Object(func(name string) error {
		if err := member(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

func (s *recordReader) record(name string, r *record) (err error) {
	if asked(s.head, name) {
		value, err := s.column()
		r.Head = append(r.Head, column{strings.Clone(name), value})
		return err
	}
	switch name {
	case "id":
		r.ID, err = s.scalar()
	case "externalId":
		r.ExternalID, err = s.Text()
	case "tranDate":
		r.TranDate, err = s.Text()
	case "dueDate":
		r.DueDate, err = s.Text()
	case "memo":
		r.Memo, err = s.Text()
	case "otherRefNum":
		r.OtherRefNum, err = s.Text()
	case "entity":
		r.Entity, err = s.ref()
	case "currency":
		r.Currency, err = s.ref()
	case "postingPeriod":
		r.Period, err = s.ref()
	case "status":
		r.Status, err = s.ref()
	case "approvalStatus":
		r.Approval, err = s.ref()
	case "total":
		r.Total, _, err = s.Decimal()
	case "tranId":
		r.Number, err = s.scalar()
	case "taxTotal", "tax2Total":
		var tax decimal.D
		tax, _, err = s.Decimal()
		r.TaxTotal = r.TaxTotal.Add(tax)
	case "amountPaid":
		r.AmountPaid, _, err = s.Decimal()
	case "amountRemaining":
		r.Open, _, err = s.Decimal()
	case "exchangeRate":
		r.Rate, err = s.scalar()
	case "applied":
		r.Applied, _, err = s.Decimal()
	case "item":
		r.Item, err = s.lines()
	default:
		err = s.Skip()
	}
	return err
}

func (s *recordReader) lines() (l lines, err error) {
	if none, err := s.Null(); none {
		return l, err
	}
	err = s.object(func(name string) (err error) {
		switch name {
		case "items":
			l.Items, err = s.items()
		case "totalResults":
			var n int64
			n, err = s.Int()
			l.Total = int(n)
		case "hasMore":
			l.HasMore, err = s.Bool()
		default:
			err = s.Skip()
		}
		return err
	})
	l.takeTax()
	return l, err
}

// taxTypes are the kinds of item that NetSuite puts on a document by itself
// for tax.
var taxTypes = []string{"TaxItem", "TaxGroup"}

// takeTax takes the lines that are tax out of the list.
func (l *lines) takeTax() {
	isTax := func(x recordLine) bool { return slices.Contains(taxTypes, x.Type) }
	for _, x := range l.Items {
		if isTax(x) {
			l.Tax = l.Tax.Add(x.Amount)
			l.Total = max(0, l.Total-1)
		}
	}
	l.Items = slices.DeleteFunc(l.Items, isTax)
}

func (s *recordReader) items() ([]recordLine, error) {
	if none, err := s.Null(); none {
		return nil, err
	}
	items := make([]recordLine, 0, min(1+s.Left()/600, 1000)) // the simulator writes a line in 600 bytes, NetSuite in more
	err := s.Array(func(n int) error {
		items = append(items, recordLine{})
		l := &items[n]
		if err := s.object(func(name string) error { return s.lineField(name, l) }); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		return nil
	})
	return items, err
}

func (s *recordReader) lineField(name string, l *recordLine) (err error) {
	switch name {
	case "item":
		l.Item, err = s.ref()
	case "itemType":
		var kind ref
		kind, err = s.ref()
		l.Type = kind.ID
	case "description":
		l.Description, err = s.scalar()
	case "quantity":
		l.Quantity, _, err = s.Decimal()
	case "amount":
		l.Amount, _, err = s.Decimal()
	default:
		if !strings.HasPrefix(name, "custcol") && !asked(s.line, name) {
			return s.Skip()
		}
		var value ref
		value, err = s.column()
		l.Custom = append(l.Custom, column{strings.Clone(name), value})
	}
	return err
}

// column reads a field by the value that it turns out to have: text, a reference,
// several of them (their ids, with commas between). Anything else is shown as it is.
func (s *recordReader) column() (ref, error) {
	text, err := s.Raw()
	if err != nil {
		return ref{}, err
	}
	value := recordReader{Reader: jsonread.New([]byte(text))}
	if r, err := value.ref(); err == nil && (r.ID != "" || !strings.Contains(text, `"items"`)) {
		return r, nil
	}
	var several struct {
		Items []struct {
			ID scalar `json:"id"`
		} `json:"items"`
	}
	if json.Unmarshal([]byte(text), &several, lenient) == nil && several.Items != nil {
		ids := make([]string, len(several.Items))
		for i, x := range several.Items {
			ids[i] = string(x.ID)
		}
		return ref{ID: strings.Join(ids, ",")}, nil
	}
	return ref{ID: text}, nil
}

// scalar reads a string that may be written as a number or a boolean.
func (s *recordReader) scalar() (string, error) {
	switch s.Kind() {
	case '"', 'n':
		return s.Text()
	case '{', '[':
		return "", s.Mismatch("a string or a number")
	}
	return s.Raw()
}

func (s *recordReader) ref() (r ref, err error) {
	if s.Kind() != '{' {
		r.ID, err = s.scalar()
		return r, err
	}
	err = s.object(func(name string) (err error) {
		switch name {
		case "id":
			r.ID, err = s.scalar()
		case "refName":
			r.Name, err = s.scalar()
		default:
			err = s.Skip()
		}
		return err
	})
	return r, err
}
