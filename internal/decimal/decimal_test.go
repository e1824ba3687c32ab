package decimal

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseIsExactAndStrict(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.10": "0.10", "1e3": "1000", "1E-3": "0.001", "1.5e+1": "15",
		"1234567890123.12345678": "1234567890123.12345678", "-12.340": "-12.340",
	} {
		d, err := Parse(in)
		if err != nil || d.String() != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", in, d, err, want)
		}
	}
	for _, in := range []string{"", "-", "01", "1.", ".5", "+1", "NaN", "Infinity", "0x1", "1e", "1_0", " 1", `"1"`} {
		if _, err := Parse(in); !errors.Is(err, ErrSyntax) {
			t.Errorf("Parse(%q): %v, want ErrSyntax", in, err)
		}
	}
	for _, in := range []string{"1e999999999", "1e-999999999", "1e401", "1e99999999999999999999"} {
		if _, err := Parse(in); !errors.Is(err, ErrRange) {
			t.Errorf("Parse(%q): %v, want ErrRange", in, err)
		}
	}
}

// What was read plainly is written with the same digits, and they are counted.
func TestStringIsWhatWasRead(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.(0{1,22}|[0-9]{1,22}|0{1,20}[0-9]{1,3}))?`)
	rapid.Check(t, func(t *rapid.T) {
		want := number.Draw(t, "number")
		figures := strings.Trim(strings.Trim(strings.Replace(want, ".", "", 1), "-"), "0")
		d := MustParse(want)
		if figures == "" { // zero has no sign
			want, figures = strings.TrimPrefix(want, "-"), "0"
		}
		if got := string(d.Append([]byte("x"))); got != "x"+want || d.String() != want {
			t.Fatalf("%q is written %q", want, got)
		}
		if d.Digits() != len(figures) {
			t.Fatalf("%s has %d digits, not %d", want, len(figures), d.Digits())
		}
	})
	if got := New(-42, 3).String() + New(0, 3).String(); got != "-420000" {
		t.Errorf("-42,000 and 0 are written %q", got)
	}
}

// Prefix reads what Parse reads, whatever stands behind it, or leaves it to Parse.
func TestPrefixIsParse(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,6})?(e-?[0-9])?`)
	behind := rapid.StringMatching(`([,}\] \n"x][-+.eE0-9]{0,3})?`)
	rapid.Check(t, func(t *rapid.T) {
		text := number.Draw(t, "number")
		d, n := Prefix(text + behind.Draw(t, "behind"))
		want, err := Parse(text)
		if n > 0 && (n != len(text) || err != nil || d != want) {
			t.Fatalf("%q: %s, %d long; Parse reads %s, %v", text, d, n, want, err)
		}
		if everyday := len(text) <= 18 && !strings.Contains(text, "e"); n == 0 && err == nil && everyday {
			t.Fatalf("%q is left to Parse", text)
		}
	})
}

func TestRoundHalvesAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		places int
		want   string
	}{
		{"0.005", 2, "0.01"}, {"-0.005", 2, "-0.01"}, {"0.004999", 2, "0.00"}, {"-0.001", 2, "0.00"},
		{"1.5", 0, "2"}, {"2.5", 0, "3"}, {"1", 3, "1.000"}, {"1e3", 2, "1000.00"},
	} {
		if got := MustParse(c.in).Round(c.places).String(); got != c.want {
			t.Errorf("round(%s, %d) = %s, want %s", c.in, c.places, got, c.want)
		}
	}
	if got := MustParse("-1.001").Floor(2).String(); got != "-1.01" {
		t.Errorf("floor = %s", got)
	}
}

// The library's answers are checked against rationals of the standard library.
func TestArithmeticIsExact(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,20})?(e-?[0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		x, y := MustParse(a), MustParse(b)
		rx, ry := rat(a), rat(b)
		same := func(op string, d D, want *big.Rat) {
			if rat(d.String()).Cmp(want) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", a, op, b, d, want.FloatString(30))
			}
		}
		same("+", x.Add(y), new(big.Rat).Add(rx, ry))
		same("-", x.Sub(y), new(big.Rat).Sub(rx, ry))
		same("*", x.Mul(y), new(big.Rat).Mul(rx, ry))
		if x.Cmp(y) != rx.Cmp(ry) {
			t.Fatalf("cmp(%s, %s) = %d", a, b, x.Cmp(y))
		}
		same("neg", x.Neg(), new(big.Rat).Neg(rx))
		if y.String() != MustParse(b).String() {
			t.Fatal("an operand changed")
		}
	})
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func TestJSONKeepsTheDigits(t *testing.T) {
	t.Parallel()
	var v struct{ A, B D }
	if err := json.Unmarshal([]byte(`{"A":0.10,"B":null}`), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil || string(out) != `{"A":0.10,"B":0}` {
		t.Fatalf("%s %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"1"}`), &v); !errors.Is(err, ErrSyntax) {
		t.Fatalf("a string was taken for a number: %v", err)
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0": "0", "-999.5": "-999.5", "1000": "1,000", "-1234567.8900": "-1,234,567.8900",
		"123456789012345678901234.5": "123,456,789,012,345,678,901,234.5", "0.12345": "0.12345"} {
		if got := MustParse(in).Grouped(); got != want {
			t.Errorf("%s is %s", in, got)
		}
	}
}

func TestTrimAndPlaces(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"1.500": "1.5", "1000": "1000", "0.00": "0", "-2.10": "-2.1"} {
		if got := MustParse(in).Trim(); got != want {
			t.Errorf("trim(%s) = %s", in, got)
		}
	}
	if p := MustParse("1.500").Places(); p != 1 {
		t.Errorf("places = %d", p)
	}
}

// Values on both sides of what an int64 holds must behave alike.
func TestSmallAndLargeAgree(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(
		`-?(0|[1-9][0-9]{0,3}|9223372036854775[0-9]{3}|[1-9][0-9]{15,20})(\.[0-9]{1,3}|\.[0-9]{17,19})?(e-?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, places := text.Draw(t, "a"), text.Draw(t, "b"), rapid.IntRange(0, 12).Draw(t, "places")
		x, y := MustParse(a), MustParse(b)
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		for op, d := range map[string]D{"+": x.Add(y), "-": x.Sub(y), "*": x.Mul(y), "neg": x.Neg(), "abs": x.Abs()} {
			want := map[string]*big.Rat{
				"+": new(big.Rat).Add(rat(a), rat(b)), "-": new(big.Rat).Sub(rat(a), rat(b)),
				"*": new(big.Rat).Mul(rat(a), rat(b)), "neg": new(big.Rat).Neg(rat(a)), "abs": new(big.Rat).Abs(rat(a)),
			}[op]
			if rat(d.String()).Cmp(want) != 0 || rat(d.Trim()).Cmp(want) != 0 || d.Sign() != want.Sign() {
				t.Fatalf("%s %s %s = %s", a, op, b, d)
			}
		}
		floor := x.Floor(places)
		rest := new(big.Rat).Sub(rat(a), rat(floor.String()))
		if rest.Sign() < 0 || rest.Cmp(unit) >= 0 || floor.Places() > places {
			t.Fatalf("floor(%s, %d) = %s", a, places, floor)
		}
		off := new(big.Rat).Sub(rat(a), rat(x.Round(places).String()))
		if half := new(big.Rat).Mul(unit, big.NewRat(1, 2)); new(big.Rat).Abs(off).Cmp(half) > 0 {
			t.Fatalf("round(%s, %d) = %s", a, places, x.Round(places))
		} else if off.Cmp(new(big.Rat).Neg(half)) == 0 && x.Sign() < 0 || off.Cmp(half) == 0 && x.Sign() > 0 {
			t.Fatalf("round(%s, %d) = %s went toward zero", a, places, x.Round(places))
		}
		n, whole := x.Int64()
		if r := rat(a); whole != (r.IsInt() && r.Num().IsInt64() && r.Num().Int64() != -1<<63) || whole && r.Num().Int64() != n {
			t.Fatalf("int64(%s) = %d, %t", a, n, whole)
		}
	})
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"0": 1, "1200": 2, "0.0012": 2, "-1.50": 2, "12345678901234567890.5": 21} {
		if got := MustParse(in).Digits(); got != want {
			t.Errorf("digits(%s) = %d, want %d", in, got, want)
		}
	}
	if got := New(-9223372036854775808, 0).Abs().String(); got != "9223372036854775808" {
		t.Errorf("abs of the least int64 = %s", got)
	}
}
