package decimal

import (
	"math/big"
	"strconv"
	"strings"
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
	q, rem, unit := d.cutBig(places)
	if rem.Add(rem, rem).CmpAbs(unit) >= 0 {
		q.Add(q, big.NewInt(int64(d.Sign())))
	}
	return wrap(q, int32(-places))
}

// Floor rounds toward minus infinity.
func (d D) Floor(places int) D {
	if q, rem, _, ok := d.cut(places); ok {
		if rem < 0 {
			q--
		}
		return D{coeff: q, exp: int32(-places)}
	}
	q, rem, _ := d.cutBig(places)
	if rem.Sign() < 0 {
		q.Sub(q, big.NewInt(1))
	}
	return wrap(q, int32(-places))
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

// cutBig is cut for what does not fit an int64. What it returns may be changed.
func (d D) cutBig(places int) (q, rem, unit *big.Int) {
	over := -int(d.exp) - places
	if over <= 0 {
		return new(big.Int).Set(shift(d.integer(), -over)), new(big.Int), big.NewInt(1)
	}
	unit = shift(big.NewInt(1), over)
	q, rem = new(big.Int).QuoRem(d.integer(), unit, new(big.Int))
	return q, rem, unit
}

// String writes d plainly, with the digits it has: never an exponent.
func (d D) String() string {
	var room [32]byte // on the stack: the string is all that is allocated
	return string(d.Append(room[:0]))
}

// Append appends String to b.
func (d D) Append(b []byte) []byte {
	if d.big != nil {
		return d.appendBig(b)
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

func (d D) appendBig(b []byte) []byte {
	if d.big.Sign() < 0 {
		b = append(b, '-')
	}
	digits := new(big.Int).Abs(d.big).String()
	whole := len(digits) + int(d.exp) // how many are before the point
	if d.exp >= 0 {
		return append(append(b, digits...), strings.Repeat("0", int(d.exp))...)
	}
	if whole <= 0 {
		digits, whole = strings.Repeat("0", 1-whole)+digits, 1
	}
	return append(append(append(b, digits[:whole]...), '.'), digits[whole:]...)
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
