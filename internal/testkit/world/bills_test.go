package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/seed"
)

// version is one version of a Bill, as m3ter gives it out.
type version struct {
	bill  string
	n     int
	total decimal.D // exact
	iso   string
	raw   []byte
}

// makeBills draws the Bills of a world in the order they come: many come again
// in newer versions, some of them with another sign, and while the one before is
// still on its way.
func makeBills(rnd *rand.Rand, accounts []seed.Account, n int) []version {
	type due struct {
		at int
		version
	}
	var all []due
	for i := range n {
		a := accounts[rnd.IntN(len(accounts)-1)] // NetSuite does not know the last
		sign := int64(1)
		if rnd.IntN(5) == 0 {
			sign = -1
		}
		at := i
		for v := 1; v == 1 || v < 5 && rnd.IntN(5) < 2; v++ {
			if v > 1 && rnd.IntN(3) == 0 {
				sign = -sign
			}
			all = append(all, due{at, makeVersion(rnd, fmt.Sprintf("bill-%03d", i), v, a, sign)})
			at += 1 + rnd.IntN(1+rnd.IntN(40))
		}
	}
	slices.SortStableFunc(all, func(a, b due) int { return a.at - b.at })
	out := make([]version, len(all))
	for i, d := range all {
		out[i] = d.version
	}
	return out
}

func makeVersion(rnd *rand.Rand, id string, n int, a seed.Account, sign int64) version {
	kind := "STANDING_CHARGE"
	if sign < 0 {
		kind = "CREDIT_MEMO"
	}
	var total decimal.D
	var lines []string
	for i := range 1 + rnd.IntN(4) {
		amount := decimal.New(sign*(1+rnd.Int64N(5_000_000)), -int32(rnd.IntN(5)))
		total = total.Add(amount)
		lines = append(lines, fmt.Sprintf(`{"id":"l%[1]d","lineItemType":%[2]q,"description":"Line %[1]d","quantity":1,"units":1,`+
			`"subtotal":%[3]s,"currency":%[4]q,"conversionRate":1,"convertedSubtotal":%[3]s,"servicePeriodStartDate":"2026-10-01T00:00:00Z",`+
			`"servicePeriodEndDate":"2026-11-01T00:00:00Z"}`, i, kind, amount, a.Currency))
	}
	raw := fmt.Sprintf(`{"id":%q,"version":%d,"accountId":%q,"accountCode":%q,"startDate":"2026-10-01","endDate":"2026-11-01",`+
		`"billDate":"2026-11-02",`+
		`"timezone":"UTC","currency":%q,"status":"APPROVED","lastCalculatedDate":"2026-11-01T00:0%d:00Z","billTotal":%s,"lineItems":[%s]}`,
		id, n, a.ID, a.Code, a.Currency, n, total, strings.Join(lines, ","))
	return version{id, n, total, a.Currency, []byte(raw)}
}
