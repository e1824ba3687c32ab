package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Parse reads one JSON document and nothing after it.
func Parse(b []byte) (Value, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b))
	v, err := read(dec)
	if err != nil {
		return Value{}, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return Value{}, errors.New("not JSON: something follows the document")
	}
	return v, nil
}

func read(dec *jsontext.Decoder) (Value, error) {
	tok, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	switch tok.Kind() {
	case 'n':
		return Value{}, nil
	case 't', 'f':
		return Boolean(tok.Bool()), nil
	case '"':
		return Str(tok.String()), nil
	case '0':
		return Num(tok.String()), nil
	case '[':
		return readArray(dec)
	default:
		return readObject(dec)
	}
}

func readArray(dec *jsontext.Decoder) (Value, error) {
	v := Value{Kind: Array}
	for dec.PeekKind() != ']' {
		item, err := read(dec)
		if err != nil {
			return v, err
		}
		v.Items = append(v.Items, item)
	}
	_, err := dec.ReadToken()
	return v, err
}

func readObject(dec *jsontext.Decoder) (Value, error) {
	v := Value{Kind: Object, Members: make([]Member, 0, 8)}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return v, err
		}
		m := Member{Name: name.String()} // before the next read, which reuses the token's bytes
		if m.Value, err = read(dec); err != nil {
			return v, err
		}
		v.Members = append(v.Members, m)
	}
	_, err := dec.ReadToken()
	return v, err
}

// Append writes v as JSON without spaces.
func (v *Value) Append(b []byte) []byte {
	switch v.Kind {
	case Null:
		return append(b, "null"...)
	case Bool, Number:
		return append(b, v.Text...)
	case String:
		return AppendString(b, v.Text)
	case Array:
		b = append(b, '[')
		for i := range v.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = v.Items[i].Append(b)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for i := range v.Members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(AppendString(b, v.Members[i].Name), ':')
		b = v.Members[i].Value.Append(b)
	}
	return append(b, '}')
}

// JSON is Append to nothing.
func (v Value) JSON() []byte { return v.Append(nil) }

// MarshalJSON lets a Value stand inside a struct.
func (v Value) MarshalJSON() ([]byte, error) { return v.Append(nil), nil }

// AppendString writes s as a JSON string; bytes that are not UTF-8 become the
// replacement character.
func AppendString(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil {
		out, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\uFFFD"))
	}
	return out
}
