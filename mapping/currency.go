package mapping

import "billferry/internal/currency"

// Exponent is currency.Exponent: documents are rounded by it.
func Exponent(iso string) (places int, ok bool) { return currency.Exponent(iso) }
