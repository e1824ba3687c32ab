// Package decimal holds the one number type that money, quantities and rates
// have in billferry: an exact decimal that goes from the bytes of one JSON
// document to the bytes of another without ever being a float.
//
// A number of up to 18 digits, which is nearly all of them, is an int64 and an
// exponent; anything longer, and any result that would overflow, is a big.Int
// and an exponent. Values cannot be changed in place, so a sum is passed around
// as safely as an int. docs/SPEED.md has the figures behind both choices.
package decimal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
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
	big   *big.Int // not nil: the coefficient, and coeff is unused; it is never changed
}

// New returns coeff x 10^exp.
func New(coeff int64, exp int32) D { return small(coeff, exp) }

// Parse reads a JSON number: 12, -0.10, 1e3. It is exact; it errs with
// ErrSyntax or ErrRange.
func Parse(s string) (D, error) {
	if d, n := Prefix(s); n > 0 && n == len(s) {
		return d, nil
	}
	if !Valid(s) {
		return D{}, fmt.Errorf("%w: %q", ErrSyntax, clip(s))
	}
	number, e, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(number, ".")
	exp, err := strconv.ParseInt(cmp.Or(e, "0"), 10, 32)
	exp -= int64(len(fraction))
	digits := strings.TrimLeft(strings.TrimPrefix(whole, "-")+fraction, "0")
	if err != nil || exp > maxDigits || exp < -maxDigits || len(digits) > maxDigits {
		return D{}, fmt.Errorf("%w: %q", ErrRange, clip(s))
	}
	v, _ := new(big.Int).SetString(whole+fraction, 10)
	return wrap(v, int32(exp)), nil
}

// Prefix reads the number that s begins with, where it has the everyday form:
// at most 18 digits and no exponent. n is how much of s it is; 0 for a number
// of another form, which Parse knows, and for what is none.
//
// It spares a reader of JSON, which does not know yet where the number ends, a
// second look at each digit.
func Prefix(s string) (d D, n int) {
	first := 0
	if s != "" && s[0] == '-' {
		first = 1
	}
	coeff, n := appendDigits(0, s, first)
	count := n - first
	if count == 0 || count > 1 && s[first] == '0' {
		return D{}, 0
	}
	fraction := 0
	if n < len(s) && s[n] == '.' {
		point := n
		coeff, n = appendDigits(coeff, s, point+1)
		if fraction = n - point - 1; fraction == 0 {
			return D{}, 0
		}
	}
	if count+fraction > 18 || n < len(s) && goesOn(s[n]) {
		return D{}, 0
	}
	if first > 0 {
		coeff = -coeff
	}
	return D{coeff: coeff, exp: int32(-fraction)}, n
}

// appendDigits puts the digits of s from i on behind those of coeff and tells
// where they end. It lets coeff overflow: whoever calls it counts.
func appendDigits(coeff int64, s string, i int) (int64, int) {
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		coeff = coeff*10 + int64(s[i]-'0')
	}
	return coeff, i
}

// goesOn tells whether a number that b stands behind is longer than its digits.
func goesOn(b byte) bool { return b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-' }

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
