package mapping

import (
	"billferry/internal/currency"
	"billferry/internal/decimal"
)

// Exponent is currency.Exponent: documents are rounded by it.
func Exponent(iso string) (places int, ok bool) { return currency.Exponent(iso) }

// Money is currency.Money: sentences for a person have amounts so.
func Money(d decimal.D, iso string) string { return currency.Money(d, iso) }
