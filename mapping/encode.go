package mapping

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/decimal"
)

func newUnit(places int) decimal.D { return decimal.New(1, int32(-places)) }

// AppendJSON appends the body of NetSuite's POST /invoice or /creditMemo. The
// same Document gives the same bytes. Fields without a value are left out;
// price -1 (Custom) keeps NetSuite from putting a price level's rate.
func (d Document) AppendJSON(b []byte) []byte {
	b = append(b, `{"externalId":`...)
	b = quote(b, d.ExternalID)
	b = d.Entity.append(append(b, `,"entity":`...))
	b = Ref{ID: d.CurrencyID}.append(append(b, `,"currency":`...))
	b = member(b, "tranDate", d.TranDate)
	b = member(b, "dueDate", d.DueDate)
	b = member(b, "otherRefNum", d.OtherRefNum)
	b = member(b, "memo", d.Memo)
	b = append(b, `,"toBeEmailed":false,"item":{"items":[`...)
	for i := range d.Lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.Lines[i].append(b)
	}
	return append(b, "]}}"...)
}

func (l *Line) append(b []byte) []byte {
	b = Ref{ID: l.ItemID}.append(append(b, `{"item":`...))
	b = append(append(b, `,"quantity":`...), l.Quantity.Trim()...)
	b = append(append(b, `,"rate":`...), l.Rate.Trim()...)
	b = l.Amount.Append(append(b, `,"amount":`...))
	b = append(b, `,"price":{"id":"-1"}`...)
	b = member(b, "description", l.Description)
	for _, c := range l.Custom {
		b = member(b, c.Field, c.Value)
	}
	return append(b, '}')
}

func (r Ref) append(b []byte) []byte {
	if r.ID != "" {
		b = quote(append(b, `{"id":`...), r.ID)
	} else {
		b = quote(append(b, `{"externalId":`...), r.ExternalID)
	}
	return append(b, '}')
}

func member(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(quote(append(b, ','), name), ':')
	return quote(b, value)
}

// quote appends a JSON string. Its only error is text that is not UTF-8, for
// which it writes the replacement character; Decode lets none through.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// Hash is the SHA-256 of the body, in hex: two documents with one hash ask
// NetSuite for the same.
func (d Document) Hash() string {
	sum := sha256.Sum256(d.AppendJSON(nil))
	return hex.EncodeToString(sum[:])
}
