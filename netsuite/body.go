package netsuite

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/mapping"
)

// encode writes the body of a document.
func encode(d mapping.Document) mapping.Encoded {
	return mapping.Encoded{Document: d, Body: appendBody(nil, &d)}
}

// appendBody appends the body of POST /invoice or /creditMemo. The same Document gives the same bytes. Fields without a value are left out;
// price -1 (Custom) keeps NetSuite from putting a price level's rate.
func appendBody(b []byte, d *mapping.Document) []byte {
	b = slices.Grow(b, bodySize(d))
	b = append(b, `{"externalId":`...)
	b = quote(b, d.ExternalID)
	b = appendRef(append(b, `,"entity":`...), d.Entity)
	if d.CurrencyID != "" {
		b = appendID(append(b, `,"currency":`...), d.CurrencyID)
	}
	b = member(b, "tranId", d.Number)
	b = member(b, "tranDate", d.TranDate)
	if d.PeriodID != "" {
		b = appendID(append(b, `,"postingPeriod":`...), d.PeriodID)
	}
	b = member(b, "dueDate", d.DueDate)
	b = member(b, "otherRefNum", d.OtherRefNum)
	b = member(b, "memo", d.Memo)
	b = appendFields(b, d.Fields)
	b = appendGone(b, d.Gone)
	b = append(b, `,"toBeEmailed":false,"item":{"items":[`...)
	for i := range d.Lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, &d.Lines[i])
	}
	b = append(b, "]}"...)
	if d.Amends != nil && d.Amends.Apply != nil {
		b = appendID(append(b, `,"apply":{"items":[{"apply":true,"doc":`...), d.Amends.Apply.ID)
		b = append(d.Amends.Apply.Amount.Append(append(b, `,"amount":`...)), "}]}"...)
	}
	return append(b, '}')
}

func appendLine(b []byte, l *mapping.Line) []byte {
	b = appendID(append(b, `{"item":`...), l.ItemID)
	b = l.Quantity.AppendTrim(append(b, `,"quantity":`...))
	b = l.Rate.AppendTrim(append(b, `,"rate":`...))
	b = l.Amount.Append(append(b, `,"amount":`...))
	b = append(b, `,"price":{"id":"-1"}`...)
	b = member(b, "description", l.Description)
	b = appendFields(b, l.Fields)
	return append(b, '}')
}

func appendRef(b []byte, r mapping.Ref) []byte {
	if r.ID != "" {
		return appendID(b, r.ID)
	}
	return append(quote(append(b, `{"externalId":`...), r.ExternalID), '}')
}

func appendID(b []byte, id string) []byte { return append(quote(append(b, `{"id":`...), id), '}') }

func member(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(quote(append(b, ','), name), ':')
	return quote(b, value)
}

// quote appends a JSON string. Its only error is text that is not UTF-8, for
// which it writes the replacement character; bill.Decode lets none through.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// What appendBody writes around the texts of a document and of a line, numbers
// of a usual length included.
const (
	bodyFrame  = 256
	lineFrame  = 128
	fieldFrame = 16 // of a field that settings fill
)

// bodySize is how long the body gets, a little more as a rule; text that needs
// escapes makes it longer.
func bodySize(d *mapping.Document) int {
	n := bodyFrame + len(d.ExternalID) + len(d.Entity.ID) + len(d.Entity.ExternalID) + len(d.OtherRefNum) + len(d.Memo) + len(
		d.Number) + fieldsSize(d.Fields) + fieldsSize(d.Gone)
	for i := range d.Lines {
		l := &d.Lines[i]
		n += lineFrame + len(l.ItemID) + len(l.Description)
		n += fieldsSize(l.Fields)
	}
	return n
}

// fieldsSize is how long fields get.
func fieldsSize(fields []mapping.Field) (n int) {
	for i := range fields {
		n += fieldFrame + len(fields[i].Name) + len(fields[i].Value)
	}
	return n
}

// appendGone writes the fields that are to be empty.
func appendGone(b []byte, fields []mapping.Field) []byte {
	for _, f := range fields {
		b = append(quote(append(b, ','), goneName(f)), ':')
		if f.As == mapping.AsBoolean {
			b = append(b, "false"...)
			continue
		}
		b = append(b, "null"...)
	}
	return b
}

// appendFields writes the fields that settings fill, each in the form that its
// shape has in NetSuite's records.
func appendFields(b []byte, fields []mapping.Field) []byte {
	for i := range fields {
		f := &fields[i]
		if f.Own != "" {
			continue
		}
		b = append(quote(append(b, ','), f.Name), ':')
		switch f.As {
		case mapping.AsReference, mapping.AsEnum:
			b = appendID(b, f.Value)
		case mapping.AsMulti:
			b = append(b, `{"items":[`...)
			for j, id := range f.Values() {
				if j > 0 {
					b = append(b, ',')
				}
				b = appendID(b, id)
			}
			b = append(b, "]}"...)
		case mapping.AsBoolean, mapping.AsNumber:
			b = append(b, f.Value...)
		default:
			b = quote(b, f.Value)
		}
	}
	return b
}
