package widget

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"billferry/internal/decimal"
)

func TestCellsIsStringWidth(t *testing.T) {
	t.Parallel()
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"\x1b[1;94m", "\x1b[0m", "\x1b[", "\x1b]8;;http://x\x07", "e\u0301", "✓\ufe0f", "初", "é", "👩‍👩‍👧",
			"\u00ad", "\t", "\x00", "─", "▁▂█▒░"}),
		rapid.StringMatching(`[ -~]{0,5}`),
		rapid.StringOf(rapid.RuneFrom([]rune(narrow))),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		var s string
		for _, p := range rapid.SliceOfN(part, 0, 6).Draw(t, "parts") {
			s += p
		}
		if got, want := Cells(s), ansi.StringWidth(s); got != want {
			t.Fatalf("%q is %d cells wide, not %d", s, want, got)
		}
	})
}

func TestCutIsTruncate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.StringMatching(`(\x1b\[1m)?[a-z界é]{0,10}(\x1b\[0m)?`)).Draw(t, "s")
		width, tail := rapid.IntRange(0, 20).Draw(t, "width"), rapid.SampledFrom([]string{"", "…"}).Draw(t, "tail")
		if Cells(s) <= width {
			return // it is not cut
		}
		if got, want := cut(s, width, tail), ansi.Truncate(s, width, tail); got != want {
			t.Fatalf("%q becomes %q, not %q", s, got, want)
		}
	})
}

func TestAmountAndCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1204: "-1,204", 1234567: "1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
	for _, x := range []struct{ amount, iso, want string }{
		{"304135", "JPY", "304,135"}, {"304134.708043", "JPY", "304,134.708043"}, {"0", "JPY", "0"}, {"-1204.5", "USD", "-1,204.50"},
		{"1506.1289", "USD", "1,506.1289"}, {"1.5", "KWD", "1.500"}, {"7", "", "7.00"},
	} {
		if got := Amount(decimal.MustParse(x.amount), x.iso); got != x.want {
			t.Errorf("%s %s is written %s, and not %s", x.amount, x.iso, got, x.want)
		}
	}
}

func TestSumsAreWhole(t *testing.T) {
	t.Parallel()
	d := decimal.MustParse
	money := map[string]decimal.D{"USD": d("53843.42"), "EUR": d("18115.1"), "JPY": d("983917")}
	for width, want := range map[int]string{
		80: "53,843.42 USD, 18,115.10 EUR, 983,917 JPY",
		41: "53,843.42 USD, 18,115.10 EUR, 983,917 JPY",
		40: "53,843.42 USD, 18,115.10 EUR +1",
		31: "53,843.42 USD, 18,115.10 EUR +1",
		30: "53,843.42 USD +2",
		5:  "53,843.42 USD +2",
	} {
		if got := Sums(money, width); got != want {
			t.Errorf("in %d cells: %q, want %q", width, got, want)
		}
	}
	if got := Sums(nil, 10); got != "" {
		t.Errorf("nothing is %q", got)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	if got := Clean("a\x1b[31mb\x1b]0;title\x07\nc\u202ed\x00"); got != "ab cd" {
		t.Errorf("%q is left", got)
	}
}
