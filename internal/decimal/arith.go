package decimal

import (
	"math"
	"math/big"
	"math/bits"
)

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
		return D{big: big.NewInt(coeff), exp: exp}
	}
	return D{coeff: coeff, exp: exp}
}

// wrap makes a D of a coefficient, which nobody may change any more, and keeps it
// as an int64 if it fits.
func wrap(coeff *big.Int, exp int32) D {
	if coeff.IsInt64() {
		return small(coeff.Int64(), exp)
	}
	return D{big: coeff, exp: exp}
}

// integer gives the coefficient of d, which must not be changed.
func (d D) integer() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.coeff)
}

// maxShift bounds by how many digits one number is moved to stand under another.
// Parse bounds what comes in to some hundreds; a sum that needs more is a fault.
const maxShift = 100_000

// shift returns c x 10^n, n not negative.
func shift(c *big.Int, n int) *big.Int {
	if n > maxShift {
		panic("decimal: a number of more than 100,000 digits")
	}
	if n == 0 {
		return c
	}
	unit := big.NewInt(10)
	unit.Exp(unit, big.NewInt(int64(n)), nil)
	return unit.Mul(unit, c)
}

// alignBig gives two numbers the smaller of their exponents.
func alignBig(a, b D) (x, y *big.Int, exp int32) {
	exp = min(a.exp, b.exp)
	return shift(a.integer(), int(a.exp)-int(exp)), shift(b.integer(), int(b.exp)-int(exp)), exp
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
	x, y, exp := alignBig(d, o)
	return wrap(new(big.Int).Add(x, y), exp)
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
	return wrap(new(big.Int).Mul(d.integer(), o.integer()), d.exp+o.exp)
}

// Neg returns -d.
func (d D) Neg() D {
	if d.big == nil {
		d.coeff = -d.coeff
		return d
	}
	return wrap(new(big.Int).Neg(d.big), d.exp)
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
	x, y, _ := alignBig(d, o)
	return x.Cmp(y)
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
		q, rest, ten := d.big, new(big.Int), big.NewInt(10)
		for {
			next, _ := new(big.Int).QuoRem(q, ten, rest)
			if rest.Sign() != 0 {
				break
			}
			q, d.exp = next, d.exp+1
		}
		if d = wrap(q, d.exp); d.big != nil {
			return d
		}
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
func (d D) Places() int { return max(0, -int(d.reduce().exp)) }

// Digits is the number of significant digits of d: 1200 and 0.0012 have 2.
func (d D) Digits() int {
	if d = d.reduce(); d.big != nil {
		return len(new(big.Int).Abs(d.big).String())
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
