// Package decimal holds the one number type that money, quantities and rates
// have in billferry: an exact decimal that goes from the bytes of one JSON
// document to the bytes of another without ever being a float.
//
// It wraps github.com/cockroachdb/apd/v3 behind values that cannot be changed
// in place, so that a sum can be passed around as safely as an int.
// docs/DEPENDENCIES.md says why that library.
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

var exact = apd.Context{Precision: 0, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Traps: apd.DefaultTraps}

// D is an exact decimal. The zero value is 0. A D is immutable: copy it freely.
type D struct{ v apd.Decimal }

// New returns coeff x 10^exp.
func New(coeff int64, exp int32) D { return D{*apd.New(coeff, exp)} }

// Parse reads a JSON number: 12, -0.10, 1e3. It is exact; it errs with
// ErrSyntax or ErrRange.
func Parse(s string) (D, error) {
	if !number(s) {
		return D{}, fmt.Errorf("%w: %q", ErrSyntax, clip(s))
	}
	var d D
	if _, _, err := d.v.SetString(s); err != nil {
		return D{}, fmt.Errorf("%w: %q", ErrRange, clip(s))
	}
	if e := int64(d.v.Exponent); e > maxDigits || e < -maxDigits || d.v.NumDigits() > maxDigits {
		return D{}, fmt.Errorf("%w: %q", ErrRange, clip(s))
	}
	return d, nil
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

// number tells whether s has JSON's number grammar (RFC 8259, section 6).
func number(s string) bool {
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

// Add returns d + o.
func (d D) Add(o D) (r D) { must(exact.Add(&r.v, &d.v, &o.v)); return r }

// Sub returns d - o.
func (d D) Sub(o D) (r D) { must(exact.Sub(&r.v, &d.v, &o.v)); return r }

// Mul returns d x o, with every digit.
func (d D) Mul(o D) (r D) { must(exact.Mul(&r.v, &d.v, &o.v)); return r }

// Neg returns -d.
func (d D) Neg() (r D) { r.v.Neg(&d.v); return r.unsigned() }

// Abs returns the magnitude of d.
func (d D) Abs() (r D) { r.v.Abs(&d.v); return r }

// Cmp compares by value: 1.0 equals 1.
func (d D) Cmp(o D) int { return d.v.Cmp(&o.v) }

// Equal tells whether d and o are the same number.
func (d D) Equal(o D) bool { return d.Cmp(o) == 0 }

// Sign is -1, 0 or 1.
func (d D) Sign() int { return d.v.Sign() }

// IsZero tells whether d is 0.
func (d D) IsZero() bool { return d.v.IsZero() }

// Places is the number of digits after the point that d needs: 1.50 needs 1.
func (d D) Places() int {
	var r apd.Decimal
	r.Reduce(&d.v)
	return max(0, -int(r.Exponent))
}

// Round rounds to places digits after the point, halves away from zero: the
// way an accounting system rounds a line. The result always has that many.
func (d D) Round(places int) D { return d.quantize(places, apd.RoundHalfUp) }

// Floor rounds toward minus infinity.
func (d D) Floor(places int) D { return d.quantize(places, apd.RoundFloor) }

func (d D) quantize(places int, how apd.Rounder) (r D) {
	c := apd.Context{Precision: maxDigits * 8, Rounding: how, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}
	must(c.Quantize(&r.v, &d.v, int32(-places)))
	return r.unsigned()
}

// unsigned turns -0 into 0, which is how people write it.
func (d D) unsigned() D {
	if d.v.IsZero() {
		d.v.Negative = false
	}
	return d
}

// String writes d plainly, with the digits it has: never an exponent.
func (d D) String() string { return string(d.Append(nil)) }

// Append appends String to b.
func (d D) Append(b []byte) []byte {
	d = d.unsigned()
	return d.v.Append(b, 'f')
}

// Trim is String without zeros at the end of the fraction.
func (d D) Trim() string {
	var r D
	r.v.Reduce(&d.v)
	return r.String()
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

// Sum adds all of ds.
func Sum(ds ...D) (r D) {
	for _, d := range ds {
		r = r.Add(d)
	}
	return r
}

func must(_ apd.Condition, err error) {
	if err != nil {
		panic("decimal: " + err.Error()) // operands are bounded by Parse; see maxDigits
	}
}
