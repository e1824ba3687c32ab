package currency

import "billferry/internal/decimal"

// Digits writes an amount for a person: with the digits it has, at least those of its
// currency, and a comma between thousands.
func Digits(d decimal.D, iso string) string {
	places, _ := Exponent(iso)
	return d.Round(max(places, d.Places())).Grouped()
}

// Money is Digits with the currency, if it is known: 1,234.50 USD.
func Money(d decimal.D, iso string) string {
	if iso == "" {
		return d.Grouped()
	}
	return Digits(d, iso) + " " + iso
}
