package delivery

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// appendExplained appends Explain(e) as json.Marshal writes it, byte for byte.
// It is written by hand since every attempt keeps one: reflection, and the body
// checked again, took five times as long.
func appendExplained(b []byte, e mapping.Encoded) []byte {
	b = slices.Grow(b, explainedSize(e))
	b = quote(append(b, `{"kind":`...), string(e.Kind))
	b = quote(append(b, `,"externalId":`...), e.ExternalID)
	b = appendRef(append(b, `,"entity":`...), e.Entity)
	b = quote(append(b, `,"currency":`...), e.Currency)
	b = quote(append(b, `,"currencyId":`...), e.CurrencyID)
	b = quote(append(b, `,"tranDate":`...), e.TranDate)
	b = member(b, `,"dueDate":`, e.DueDate)
	b = member(b, `,"otherRefNum":`, e.OtherRefNum)
	b = member(b, `,"memo":`, e.Memo)
	b = append(b, `,"lines":[`...)
	for i := range e.Lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, &e.Lines[i])
	}
	b = append(b, ']')
	for _, n := range []struct {
		name  string
		value decimal.D
	}{{"total", e.Total}, {"included", e.Included}, {"excluded", e.Excluded}, {"rounding", e.Rounding}, {"billTotal", e.BillTotal}} {
		b = append(append(append(b, `,"`...), n.name...), `":`...)
		b = n.value.Append(b)
	}
	if e.DefaultLines != 0 {
		b = strconv.AppendInt(append(b, `,"defaultLines":`...), int64(e.DefaultLines), 10)
	}
	b = e.DefaultAmount.Append(append(b, `,"defaultAmount":`...))
	if len(e.Warnings) > 0 {
		b = appendList(append(b, `,"warnings":`...), e.Warnings)
	}
	b = appendEscaped(append(b, `,"body":`...), e.Body)
	return append(b, '}')
}

func appendRef(b []byte, r mapping.Ref) []byte {
	b = append(b, '{')
	if r.ID != "" {
		b = quote(append(b, `"id":`...), r.ID)
	}
	if r.ExternalID != "" {
		if r.ID != "" {
			b = append(b, ',')
		}
		b = quote(append(b, `"externalId":`...), r.ExternalID)
	}
	return append(b, '}')
}

func appendLine(b []byte, l *mapping.Line) []byte {
	b = quote(append(b, `{"item":`...), l.ItemID)
	b = member(b, `,"description":`, l.Description)
	b = l.Quantity.Append(append(b, `,"quantity":`...))
	b = l.Rate.Append(append(b, `,"rate":`...))
	b = l.Amount.Append(append(b, `,"amount":`...))
	for i, c := range l.Custom {
		if i == 0 {
			b = append(b, `,"custom":[`...)
		} else {
			b = append(b, ',')
		}
		b = quote(append(b, `{"Field":`...), c.Field)
		b = quote(append(b, `,"Value":`...), c.Value)
		b = append(b, '}')
		if i == len(l.Custom)-1 {
			b = append(b, ']')
		}
	}
	w := &l.Why
	b = appendList(append(b, `,"why":{"sources":`...), w.Sources)
	b = appendList(append(b, `,"types":`...), w.Types)
	if len(w.Bands) > 0 {
		b = appendList(append(b, `,"bands":`...), w.Bands)
	}
	b = quote(append(b, `,"rule":`...), w.Rule)
	b = member(b, `,"match":`, w.Match)
	b = quote(append(b, `,"fallback":`...), w.Fallback)
	b = quote(append(b, `,"money":`...), w.Money)
	if len(w.Cut) > 0 {
		b = appendList(append(b, `,"cut":`...), w.Cut)
	}
	return append(b, "}}"...)
}

func appendList(b []byte, all []string) []byte {
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, s)
	}
	return append(b, ']')
}

// member appends a member that is left out when it is empty.
func member(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return quote(append(b, name...), value)
}

// quote appends a string as encoding/json does, which also escapes what HTML
// gives a meaning, and U+2028 and U+2029.
func quote(b []byte, s string) []byte {
	if !plain(s) {
		q, _ := json.Marshal(s) // of a string it has no error
		return append(b, q...)
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// plain tells whether a string is JSON as it is, between quotes. It may say no
// of one that is: U+2028 and U+2029 begin with separator, and so do others.
func plain(s string) bool {
	var found byte
	for i := range len(s) {
		found |= marks[s[i]]
	}
	return found == 0 || found == foreign && utf8.ValidString(s)
}

const separator = 0xE2

// The marks of a byte.
const (
	foreign = 1 << iota // part of a letter that is not ASCII
	escaped             // not written as it is, or maybe not
)

// marks has those of each: one look at a byte, where comparing takes seven.
var marks = func() (m [256]byte) {
	for c := range m {
		if c < ' ' {
			m[c] = escaped
		} else if c >= utf8.RuneSelf {
			m[c] = foreign
		}
	}
	for _, c := range []byte{'"', '\\', '<', '>', '&', separator} {
		m[c] = escaped
	}
	return m
}()

// appendEscaped appends JSON with what quote escapes in strings escaped.
func appendEscaped(b, body []byte) []byte {
	for _, c := range []byte{'<', '>', '&', separator} {
		if bytes.IndexByte(body, c) >= 0 {
			out := bytes.NewBuffer(b)
			json.HTMLEscape(out, body)
			return out.Bytes()
		}
	}
	return append(b, body...)
}

// What appendExplained writes around the texts of a document, of a line, of a
// custom field and of a list's entry, numbers of a usual length included.
const (
	explainedFrame = 480
	lineFrame      = 200
	customFrame    = 28
	entryFrame     = len(`"",`)
)

// explainedSize is how long the explanation gets, a little more as a rule.
func explainedSize(e mapping.Encoded) int {
	n := explainedFrame + len(e.Body) + len(e.Memo) + len(e.OtherRefNum) + listSize(e.Warnings)
	for i := range e.Lines {
		l := &e.Lines[i]
		w := &l.Why
		n += lineFrame + len(l.ItemID) + len(l.Description) + len(w.Rule) + len(w.Match) + len(w.Fallback) + len(w.Money) +
			listSize(w.Sources) + listSize(w.Types) + listSize(w.Bands) + listSize(w.Cut)
		for _, c := range l.Custom {
			n += customFrame + len(c.Field) + len(c.Value)
		}
	}
	return n
}

func listSize(all []string) (n int) {
	for _, s := range all {
		n += len(s) + entryFrame
	}
	return n
}
