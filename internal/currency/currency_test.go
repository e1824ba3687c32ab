package currency

import "testing"

func TestExponent(t *testing.T) {
	t.Parallel()
	for iso, want := range map[string]int{"JPY": 0, "USD": 2, "EUR": 2, "KWD": 3, "CLF": 4} {
		if got, ok := Exponent(iso); !ok || got != want {
			t.Errorf("%s has %d digits, known %t; want %d", iso, got, ok, want)
		}
	}
	for _, iso := range []string{"", " ", "usd", "US", "USDX", "D A", "XXX", "EUR "} {
		if _, ok := Exponent(iso); ok {
			t.Errorf("%q is taken for a currency", iso)
		}
	}
}
