package decimal

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Round rounds to places digits after the point, halves away from zero: the
// way an accounting system rounds a line. The result always has that many.
func (d D) Round(places int) D {
	if q, rem, unit, ok := d.cut(places); ok {
		if 2*magnitude(rem) >= uint64(unit) {
			if d.coeff < 0 {
				q--
			} else {
				q++
			}
		}
		return D{coeff: q, exp: int32(-places)}
	}
	return d.quantize(places, apd.RoundHalfUp)
}

// Floor rounds toward minus infinity.
func (d D) Floor(places int) D {
	if q, rem, _, ok := d.cut(places); ok {
		if rem < 0 {
			q--
		}
		return D{coeff: q, exp: int32(-places)}
	}
	// Not apd.RoundFloor: v3.2.3 gives 0 for the floor of -1e-20.
	r := d.quantize(places, apd.RoundDown)
	if r.Cmp(d) > 0 {
		r = r.Sub(New(1, int32(-places)))
	}
	return r
}

// cut divides a small d into whole units of 10^-places, toward zero, and the
// rest in units of its own exponent, of which unit make a whole.
func (d D) cut(places int) (q, rem, unit int64, ok bool) {
	over := -int(d.exp) - places // digits too many
	switch {
	case d.big != nil || over >= len(pow10):
		return 0, 0, 0, false
	case over <= 0:
		q, ok = scale(d.coeff, -over)
		return q, 0, 1, ok
	}
	unit = pow10[over]
	return d.coeff / unit, d.coeff % unit, unit, true
}

func (d D) quantize(places int, how apd.Rounder) D {
	c := apd.Context{Precision: maxDigits * 8, Rounding: how, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}
	var r apd.Decimal
	must(c.Quantize(&r, d.apd(), int32(-places)))
	return wrap(&r)
}

// String writes d plainly, with the digits it has: never an exponent.
func (d D) String() string {
	var room [32]byte // on the stack: the string is all that is allocated
	return string(d.Append(room[:0]))
}

// Append appends String to b.
func (d D) Append(b []byte) []byte {
	if d.big != nil {
		return d.big.Append(b, 'f')
	}
	if d.coeff < 0 {
		b = append(b, '-')
	}
	whole, fraction := magnitude(d.coeff), uint64(0)
	if d.exp >= 0 {
		b = strconv.AppendUint(b, whole, 10)
		if whole != 0 {
			for range d.exp {
				b = append(b, '0')
			}
		}
		return b
	}
	places := -int(d.exp)
	if places < len(pow10) {
		unit := uint64(pow10[places])
		whole, fraction = whole/unit, whole%unit
	} else {
		whole, fraction = 0, whole // of 19 digits at most, none is before the point
	}
	b = append(strconv.AppendUint(b, whole, 10), '.')
	for range places - countDigits(fraction) {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, fraction, 10)
}

// Grouped is String with a comma between thousands, for people.
func (d D) Grouped() string { return Group(d.String()) }

// Group puts a comma between the thousands of a number that is written plainly.
func Group(number string) string {
	sign := number[:len(number)-len(strings.TrimPrefix(number, "-"))]
	whole, fraction, point := strings.Cut(number[len(sign):], ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	return sign + whole
}

// Trim is String without zeros at the end of the fraction.
func (d D) Trim() string { return d.reduce().String() }

// AppendTrim appends Trim to b.
func (d D) AppendTrim(b []byte) []byte { return d.reduce().Append(b) }
