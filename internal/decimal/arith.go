package decimal

import (
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

var exact = apd.Context{Precision: 0, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Traps: apd.DefaultTraps}

// pow10 has the powers of ten that fit an int64.
var pow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// small makes a D of parts that may be the one int64 without a negative.
func small(coeff int64, exp int32) D {
	if coeff == math.MinInt64 {
		return D{big: apd.New(coeff, exp)}
	}
	return D{coeff: coeff, exp: exp}
}

// wrap makes a D of a library value and keeps it as an int64 if it fits.
func wrap(v *apd.Decimal) D {
	if v.Coeff.IsInt64() {
		c := v.Coeff.Int64() // a magnitude: never negative
		if v.Negative {
			c = -c
		}
		return D{coeff: c, exp: v.Exponent}
	}
	return D{big: v}
}

// apd gives d as a library value, which must not be changed.
func (d D) apd() *apd.Decimal {
	if d.big != nil {
		return d.big
	}
	return apd.New(d.coeff, d.exp)
}

// align gives two small numbers the smaller of their exponents, if they fit.
func align(a, b D) (x, y int64, exp int32, ok bool) {
	if a.big != nil || b.big != nil {
		return 0, 0, 0, false
	}
	if a.exp == b.exp {
		return a.coeff, b.coeff, a.exp, true
	}
	if a.exp < b.exp {
		y, ok = scale(b.coeff, int(b.exp)-int(a.exp))
		return a.coeff, y, a.exp, ok
	}
	x, ok = scale(a.coeff, int(a.exp)-int(b.exp))
	return x, b.coeff, b.exp, ok
}

// scale returns c x 10^n, n not negative.
func scale(c int64, n int) (int64, bool) {
	if n >= len(pow10) {
		return 0, c == 0
	}
	return mul(c, pow10[n])
}

func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(c int64) uint64 {
	if c < 0 {
		return uint64(-c)
	}
	return uint64(c)
}

// Add returns d + o.
func (d D) Add(o D) D {
	if x, y, exp, ok := align(d, o); ok {
		if sum := x + y; (x >= 0) != (y >= 0) || (sum >= 0) == (x >= 0) {
			return small(sum, exp)
		}
	}
	var r apd.Decimal
	must(exact.Add(&r, d.apd(), o.apd()))
	return wrap(&r)
}

// Sub returns d - o.
func (d D) Sub(o D) D { return d.Add(o.Neg()) }

// Mul returns d x o, with every digit.
func (d D) Mul(o D) D {
	if d.big == nil && o.big == nil {
		if c, ok := mul(d.coeff, o.coeff); ok {
			return D{coeff: c, exp: d.exp + o.exp}
		}
	}
	var r apd.Decimal
	must(exact.Mul(&r, d.apd(), o.apd()))
	return wrap(&r)
}

// Neg returns -d.
func (d D) Neg() D {
	if d.big == nil {
		d.coeff = -d.coeff
		return d
	}
	var r apd.Decimal
	r.Neg(d.big)
	return wrap(&r)
}

// Abs returns the magnitude of d.
func (d D) Abs() D {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// Cmp compares by value: 1.0 equals 1.
func (d D) Cmp(o D) int {
	if x, y, _, ok := align(d, o); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return d.apd().Cmp(o.apd())
}

// Equal tells whether d and o are the same number.
func (d D) Equal(o D) bool { return d.Cmp(o) == 0 }

// Sign is -1, 0 or 1.
func (d D) Sign() int {
	switch {
	case d.big != nil:
		return d.big.Sign()
	case d.coeff < 0:
		return -1
	case d.coeff > 0:
		return 1
	}
	return 0
}

// IsZero tells whether d is 0.
func (d D) IsZero() bool { return d.Sign() == 0 }

// Int64 returns d as an int64; ok is false when it has a fraction or is too large.
func (d D) Int64() (n int64, ok bool) {
	d = d.reduce()
	if d.big != nil || d.exp < 0 {
		return 0, false
	}
	return scale(d.coeff, int(d.exp))
}

// reduce takes the zeros off the end of the coefficient.
func (d D) reduce() D {
	if d.big != nil {
		var r apd.Decimal
		r.Reduce(d.big)
		return wrap(&r)
	}
	if d.coeff == 0 {
		return D{}
	}
	for d.coeff%10 == 0 {
		d.coeff /= 10
		d.exp++
	}
	return d
}

// Places is the number of digits after the point that d needs: 1.50 needs 1.
func (d D) Places() int { return max(0, -int(d.reduce().exponent())) }

// Digits is the number of significant digits of d: 1200 and 0.0012 have 2.
func (d D) Digits() int {
	if d = d.reduce(); d.big != nil {
		return int(d.big.NumDigits())
	}
	return countDigits(magnitude(d.coeff))
}

// countDigits is how many digits m has in writing: 0 has one.
func countDigits(m uint64) int {
	n := 1
	for n < len(pow10) && m >= uint64(pow10[n]) {
		n++
	}
	return n
}

func (d D) exponent() int32 {
	if d.big != nil {
		return d.big.Exponent
	}
	return d.exp
}

func must(_ apd.Condition, err error) {
	if err != nil {
		panic("decimal: " + err.Error()) // operands are bounded by Parse; see maxDigits
	}
}
