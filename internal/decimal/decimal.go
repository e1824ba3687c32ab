// Package decimal holds the one number type that money, quantities and rates
// have in billferry: an exact decimal that goes from the bytes of one JSON
// document to the bytes of another without ever being a float.
//
// A number of up to 18 digits, which is nearly all of them, is an int64 and an
// exponent; anything longer, and any result that would overflow, is a
// github.com/cockroachdb/apd/v3 decimal. Values cannot be changed in place, so
// a sum is passed around as safely as an int. docs/DEPENDENCIES.md has the
// figures behind both choices.
package decimal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// maxDigits bounds a number that comes from outside: a Bill that says 1e999999
// must not make us write a million zeros.
const maxDigits = 400

// ErrSyntax is returned, wrapped, for text that is not a finite JSON number.
var ErrSyntax = errors.New("not a decimal number")

// ErrRange is returned, wrapped, for a number of more than 400 digits.
var ErrRange = errors.New("number too long")

// D is an exact decimal. The zero value is 0. A D is immutable: copy it freely.
type D struct {
	coeff int64 // never math.MinInt64, so that -coeff exists
	exp   int32
	big   *apd.Decimal // not nil: the value, and coeff and exp are unused
}

// New returns coeff x 10^exp.
func New(coeff int64, exp int32) D { return small(coeff, exp) }

// Parse reads a JSON number: 12, -0.10, 1e3. It is exact; it errs with
// ErrSyntax or ErrRange.
func Parse(s string) (D, error) {
	if d, ok := parseSmall(s); ok {
		return d, nil
	}
	if !Valid(s) {
		return D{}, fmt.Errorf("%w: %q", ErrSyntax, clip(s))
	}
	v := new(apd.Decimal)
	if _, _, err := v.SetString(s); err != nil {
		return D{}, fmt.Errorf("%w: %q", ErrRange, clip(s))
	}
	if e := int64(v.Exponent); e > maxDigits || e < -maxDigits || v.NumDigits() > maxDigits {
		return D{}, fmt.Errorf("%w: %q", ErrRange, clip(s))
	}
	return wrap(v), nil
}

// parseSmall reads the everyday form: at most 18 digits and no exponent.
func parseSmall(s string) (D, bool) {
	body := strings.TrimPrefix(s, "-")
	if len(body) == 0 || len(body) > 19 || len(body) > 1 && body[0] == '0' && body[1] != '.' {
		return D{}, false
	}
	var coeff int64
	point := -1
	for i := range len(body) {
		switch b := body[i]; {
		case b >= '0' && b <= '9':
			coeff = coeff*10 + int64(b-'0')
		case b == '.' && point < 0 && i > 0:
			point = i
		default:
			return D{}, false
		}
	}
	d := D{coeff: coeff}
	switch {
	case point >= 0:
		d.exp = int32(point + 1 - len(body))
		if d.exp == 0 {
			return D{}, false // "1."
		}
	case len(body) > 18:
		return D{}, false
	}
	if len(body) < len(s) {
		d.coeff = -d.coeff
	}
	return d, true
}

// MustParse is Parse for constants; it panics on an error.
func MustParse(s string) D {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// Valid tells whether s has JSON's number grammar (RFC 8259, section 6).
func Valid(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || (n > 1 && s[0] == '0') {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(s); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// MarshalJSON writes d as a JSON number.
func (d D) MarshalJSON() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalJSON reads a JSON number; null leaves d as it is.
func (d *D) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*d = v
	}
	return err
}
