package currency

import (
	"testing"

	"billferry/internal/decimal"
)

func TestMoneyForAPerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, iso, want string }{
		{"1234567.5", "USD", "1,234,567.50 USD"}, {"-1234.5", "USD", "-1,234.50 USD"}, {"0", "USD", "0.00 USD"},
		{"12004110", "JPY", "12,004,110 JPY"}, {"0.125", "USD", "0.125 USD"}, {"1000", "KWD", "1,000.000 KWD"},
		{"1234.5", "", "1,234.5"},
	} {
		if got := Money(decimal.MustParse(c.amount), c.iso); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.amount, c.iso, got, c.want)
		}
	}
}
