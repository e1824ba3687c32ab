// Package jsonread reads JSON (RFC 8259) value by value, over the tokens of
// jsontext. It is for callers that know what they want to read of large
// documents, mostly members that nobody reads: Bills, and NetSuite's records.
// A caller asks for the value that has to come, and gets a *SyntaxError when
// the text is no JSON or a *TypeError when it is JSON of another type:
//
//	err := r.Object(func(name string) (err error) {
//		switch name {
//		case "id":
//			id, err = r.Text()
//		default:
//			err = r.Skip()
//		}
//		return err
//	})
package jsonread

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/decimal"
)

// MaxDepth bounds nesting of what a caller reads. A Bill nests 5 deep, a record
// of NetSuite 7. What is skipped may nest as deep as jsontext allows.
const MaxDepth = 100

// ErrUTF8 is returned, in a *SyntaxError, for text that is not UTF-8.
var ErrUTF8 = errors.New("not UTF-8")

// ErrDepth is returned, in a *SyntaxError, for text nested deeper than MaxDepth.
var ErrDepth = fmt.Errorf("nested more than %d deep", MaxDepth)

// SyntaxError says where text stops being JSON.
type SyntaxError struct {
	Offset  int // in bytes
	Message string
	// Cut tells that the text ended too early and was good so far.
	Cut bool
	Err error // ErrUTF8 or ErrDepth: text that some other reader may call JSON
}

// Error says what is wrong and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Message)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// TypeError is good JSON of the wrong type.
type TypeError struct {
	Offset    int // in bytes
	Got, Want string
}

// Error says both types.
func (e *TypeError) Error() string {
	return fmt.Sprintf("%s at byte %d, expected %s", e.Got, e.Offset, e.Want)
}

// Reader is a place in a text. Make it with New; it is not safe for use by
// several goroutines. After an error reading on makes no sense. The values that
// it gives are copies; the name that Object tells is part of the text, and is
// cloned by who keeps it.
type Reader struct {
	text []byte
	dec  *jsontext.Decoder
}

// New begins to read text, which must not change meanwhile.
func New(text []byte) Reader {
	return Reader{text, jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// CheckUTF8 returns an error unless the whole text is UTF-8, as RFC 8259 wants
// it. Reading does not: a caller may rather have a value with a wrong letter
// than none. A \u escape of half a letter is read as U+FFFD either way.
func (r Reader) CheckUTF8() error {
	if utf8.Valid(r.text) {
		return nil
	}
	n := 0
	for n < len(r.text) {
		c, size := utf8.DecodeRune(r.text[n:])
		if c == utf8.RuneError && size <= 1 {
			break
		}
		n += size
	}
	return &SyntaxError{Offset: n, Message: ErrUTF8.Error(), Err: ErrUTF8}
}

// Left is about how many bytes are not read yet.
func (r Reader) Left() int { return len(r.text) - int(r.dec.InputOffset()) }

// Kind is that of the next value, without reading it.
func (r Reader) Kind() jsontext.Kind { return r.dec.PeekKind() }

// End returns an error unless only white space is left.
func (r Reader) End() error {
	if rest := bytes.TrimLeft(r.text[r.dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return &SyntaxError{Offset: len(r.text) - len(rest), Message: "more after the value"}
	}
	return nil
}

// Object reads an object and calls member for each name; member reads the
// value, and clones the name if it keeps it. A name that comes twice is told twice.
func (r Reader) Object(member func(name string) error) error {
	if err := r.open(jsontext.KindBeginObject, "an object"); err != nil {
		return err
	}
	for r.dec.PeekKind() != jsontext.KindEndObject {
		name, err := r.name()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return r.close()
}

// name reads the name of a member. Two strings in three of a Bill are names, so
// one without escapes is not copied: it is a part of the text.
func (r Reader) name() (string, error) {
	if r.dec.PeekKind() == jsontext.KindString {
		quoted, err := r.dec.ReadValue()
		if err == nil && bytes.IndexByte(quoted, '\\') < 0 {
			return view(quoted[1 : len(quoted)-1]), nil
		}
		name, errName := jsontext.AppendUnquote(nil, quoted)
		return string(name), syntax(cmp.Or(err, errName), len(r.text))
	}
	_, err := r.dec.ReadToken() // which says what stands there instead
	return "", syntax(err, len(r.text))
}

// view gives b, which does not change, as a string without copying it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Array reads a list and calls element for each element, counted from 0;
// element reads it.
func (r Reader) Array(element func(n int) error) error {
	if err := r.open(jsontext.KindBeginArray, "a list"); err != nil {
		return err
	}
	for n := 0; ; n++ {
		switch r.dec.PeekKind() {
		case jsontext.KindEndArray:
			return r.close()
		case jsontext.KindInvalid:
			return r.close() // which tells what is wrong
		}
		if err := element(n); err != nil {
			return err
		}
	}
}

func (r Reader) open(kind jsontext.Kind, want string) error {
	if r.dec.PeekKind() != kind {
		return r.Mismatch(want)
	}
	if r.dec.StackDepth() >= MaxDepth {
		return &SyntaxError{Offset: int(r.dec.InputOffset()), Message: ErrDepth.Error(), Err: ErrDepth}
	}
	return r.close()
}

// close reads a bracket.
func (r Reader) close() error {
	_, err := r.dec.ReadToken()
	return syntax(err, len(r.text))
}

// Null reads the word null, if that is what comes.
func (r Reader) Null() (bool, error) {
	if r.dec.PeekKind() != jsontext.KindNull {
		return false, nil
	}
	return true, r.Skip()
}

// Text reads a string, or null as "".
func (r Reader) Text() (string, error) {
	switch r.dec.PeekKind() {
	case jsontext.KindString:
		t, err := r.dec.ReadToken()
		if err != nil {
			return "", syntax(err, len(r.text))
		}
		return t.String(), nil
	case jsontext.KindNull:
		return "", r.Skip()
	}
	return "", r.Mismatch("a string")
}

// Bool reads true or false, or null as false.
func (r Reader) Bool() (bool, error) {
	switch k := r.dec.PeekKind(); k {
	case jsontext.KindTrue, jsontext.KindFalse, jsontext.KindNull:
		return k == jsontext.KindTrue, r.Skip()
	}
	return false, r.Mismatch("true or false")
}

// Decimal reads a number exactly; ok is false for null. Beside the errors of
// the text it has those of decimal.Parse.
func (r Reader) Decimal() (d decimal.D, ok bool, err error) {
	switch r.dec.PeekKind() {
	case jsontext.KindNull:
		return d, false, r.Skip()
	case jsontext.KindNumber:
	default:
		return d, false, r.Mismatch("a number")
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		return d, false, syntax(err, len(r.text))
	}
	d, err = decimal.Parse(view(raw))
	return d, err == nil, err
}

// Int reads a whole number in any form: 4, 4.0, 4e0. null is 0.
func (r Reader) Int() (int64, error) {
	d, _, err := r.Decimal()
	if err != nil {
		return 0, err
	}
	n, ok := d.Int64()
	if !ok {
		return 0, fmt.Errorf("%s is not a whole number from %d to %d", d, int64(math.MinInt64), int64(math.MaxInt64))
	}
	return n, nil
}

// Raw reads any value and gives it as it is written.
func (r Reader) Raw() (string, error) {
	raw, err := r.dec.ReadValue()
	return string(raw), syntax(err, len(r.text))
}

// Skip reads any value and forgets it.
func (r Reader) Skip() error { return syntax(r.dec.SkipValue(), len(r.text)) }

var kinds = map[jsontext.Kind]string{
	jsontext.KindBeginObject: "an object", jsontext.KindBeginArray: "a list", jsontext.KindString: "a string",
	jsontext.KindTrue:  "true or false",
	jsontext.KindFalse: "true or false", jsontext.KindNull: "null", jsontext.KindNumber: "a number",
}

// Mismatch is the error for the value that comes, which is not what want says
// in words. It is a *TypeError; text that starts no value at all is no JSON.
func (r Reader) Mismatch(want string) error {
	if got := kinds[r.dec.PeekKind()]; got != "" {
		offset := int(r.dec.InputOffset())
		offset += strings.IndexAny(string(r.text[offset:min(offset+16, len(r.text))]), `{["tfn-0123456789`)
		return &TypeError{Offset: offset, Got: got, Want: want}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return syntax(err, len(r.text))
	}
	return &SyntaxError{Offset: int(r.dec.InputOffset()) - 1, Message: "expected " + want}
}

// syntax says in our words where a text of that length stops being JSON.
func syntax(err error, length int) error {
	var s *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &s):
		return &SyntaxError{Offset: int(s.ByteOffset), Message: s.Err.Error(), Cut: errors.Is(s.Err, io.ErrUnexpectedEOF)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{Offset: length, Message: "the text ends", Cut: true}
	}
	return err
}
