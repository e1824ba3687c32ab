// Package secret holds a value that never prints, logs or marshals. Whoever
// needs the text has to say Reveal, which is easy to find and to review.
package secret

import (
	"fmt"
	"log/slog"
	"strings"
)

const hidden = "[secret]"

// Value is a secret: a private key, an API secret, a token. The zero value is
// empty. It is safe to put into any struct that is printed, logged or
// marshalled: all of them show "[secret]".
type Value struct{ text *string }

// New wraps text.
func New(text string) Value { return Value{&text} }

// Reveal returns the text. Never log or format what it returns.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Empty tells whether there is no secret at all.
func (v Value) Empty() bool { return v.text == nil || *v.text == "" }

// String shows that there is a secret, never which.
func (v Value) String() string {
	if v.Empty() {
		return ""
	}
	return hidden
}

// Format implements fmt.Formatter, so that %#v and %+v hide the text as well.
func (v Value) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, v.String()) }

// GoString implements fmt.GoStringer.
func (v Value) GoString() string { return v.String() }

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText writes the mark, never the text; JSON and YAML follow it.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText takes a secret in, from a request body or a file. The mark
// itself is refused: it means that somebody sends back what they were shown.
func (v *Value) UnmarshalText(b []byte) error {
	if string(b) == hidden {
		return fmt.Errorf("a hidden secret cannot be read back: leave the field out to keep it, or send the real one")
	}
	*v = New(string(b))
	return nil
}

// keyBody is how long base64 is, at least, to be taken for a line of a private
// key. NetSuite's ids are shorter, or hexadecimal.
const keyBody = 64

// HoldsKey tells whether a text is a private key, or has one in it: somebody
// pasted it where it does not belong, and it must be neither shown nor kept.
func HoldsKey(text string) bool {
	if strings.Contains(text, "-----BEGIN") || strings.Contains(text, "PRIVATE KEY-----") {
		return true
	}
	body := strings.Join(strings.Fields(text), "")
	return len(body) >= keyBody && strings.HasPrefix(body, "MI") && // the begin of its ASN.1
		strings.IndexFunc(body, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/' || r == '=')
		}) < 0
}
