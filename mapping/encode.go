package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/decimal"
)

func newUnit(places int) decimal.D { return decimal.New(1, int32(-places)) }

// Encoded is a Document with its body, which is written once and then hashed,
// sent and kept with the run: all of them share the bytes, so nobody may change
// them, or the Document.
type Encoded struct {
	Document
	Body json.RawMessage `json:"body,omitzero"` // as AppendJSON writes it; none: nothing would be sent
}

// Encode writes the body of a document.
func (d Document) Encode() Encoded { return Encoded{Document: d, Body: d.AppendJSON(nil)} }

// Hash is the SHA-256 of the body, in hex: two documents with one hash ask
// NetSuite for the same.
func (e Encoded) Hash() string {
	sum := sha256.Sum256(e.Body)
	return hex.EncodeToString(sum[:])
}

// AppendJSON appends the body of NetSuite's POST /invoice or /creditMemo. The
// same Document gives the same bytes. Fields without a value are left out;
// price -1 (Custom) keeps NetSuite from putting a price level's rate.
func (d Document) AppendJSON(b []byte) []byte {
	b = slices.Grow(b, d.bodySize())
	b = append(b, `{"externalId":`...)
	b = quote(b, d.ExternalID)
	b = d.Entity.append(append(b, `,"entity":`...))
	if d.CurrencyID != "" {
		b = Ref{ID: d.CurrencyID}.append(append(b, `,"currency":`...))
	}
	b = member(b, "tranId", d.Number)
	b = member(b, "tranDate", d.TranDate)
	if d.PeriodID != "" {
		b = Ref{ID: d.PeriodID}.append(append(b, `,"postingPeriod":`...))
	}
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
	b = l.Quantity.AppendTrim(append(b, `,"quantity":`...))
	b = l.Rate.AppendTrim(append(b, `,"rate":`...))
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

// What AppendJSON writes around the texts of a document and of a line, numbers
// of a usual length included.
const (
	bodyFrame  = 256
	lineFrame  = 128
	fieldFrame = 8 // of a custom field
)

// bodySize is how long the body gets, a little more as a rule; text that needs
// escapes makes it longer.
func (d *Document) bodySize() int {
	n := bodyFrame + len(d.ExternalID) + len(d.Entity.ID) + len(d.Entity.ExternalID) + len(d.OtherRefNum) + len(d.Memo) + len(d.Number)
	for i := range d.Lines {
		l := &d.Lines[i]
		n += lineFrame + len(l.ItemID) + len(l.Description)
		for _, c := range l.Custom {
			n += fieldFrame + len(c.Field) + len(c.Value)
		}
	}
	return n
}
