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
	at       int // the step of the world at which m3ter has it
	bill     string
	n        int
	total    decimal.D // exact
	approved bool
	gone     bool // m3ter has the Bill no longer
	acc      seed.Account
	lines    string
	raw      []byte
}

const (
	pending  = "PENDING"
	approved = "APPROVED"
)

// makeBills draws what happens to the Bills of a world in m3ter, in its order:
// they are calculated and approved; recalculated, some with another sign, and
// while the version before is still on its way; some lose their approval, and a
// few are withdrawn.
func (w *world) makeBills(accounts []seed.Account) []version {
	var all []version
	for i := range w.o.Bills {
		if !w.o.Script.bill(i) {
			continue
		}
		rnd := w.draws("bill", i)
		a := accounts[rnd.IntN(len(accounts)-1)] // NetSuite does not know the last
		sign := int64(1)
		if rnd.IntN(5) == 0 {
			sign = -1
		}
		v := version{at: rnd.IntN(w.span()), bill: billName(i), acc: a, approved: rnd.IntN(4) > 0}
		for v.n = 1; v.n < 9; v.n++ {
			switch {
			case v.n > 1 && !v.approved:
				v.approved = true
			case v.n > 1 && rnd.IntN(8) == 0:
				v.approved = false // and nothing else
			default:
				if v.n > 1 && rnd.IntN(3) == 0 {
					sign = -sign
				}
				v.approved = v.n > 1 && rnd.IntN(4) > 0 || v.n == 1 && v.approved
				v.calculate(rnd, sign)
			}
			v.write()
			all = append(all, v)
			if rnd.IntN(5) > w.lasting() && (v.approved || rnd.IntN(4) == 0) {
				break
			}
			v.at += 1 + rnd.IntN(1+rnd.IntN(20))
		}
		if rnd.IntN(40) == 0 {
			v.at, v.gone = v.at+1+rnd.IntN(10), true
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b version) int { return a.at - b.at })
	return all
}

// lasting is how often of five times a Bill changes again.
func (w *world) lasting() int {
	if w.amending.on {
		return 2
	}
	return 1
}

// span is the steps over which Bills come.
func (w *world) span() int { return 20 + w.o.Bills/2 }

// calculate gives the version lines, and their total.
func (v *version) calculate(rnd *rand.Rand, sign int64) {
	kind := "STANDING_CHARGE"
	if sign < 0 {
		kind = "CREDIT_MEMO"
	}
	var lines []string
	v.total = decimal.D{}
	for i := range 1 + rnd.IntN(4) {
		amount := decimal.New(sign*(1+rnd.Int64N(5_000_000)), -int32(rnd.IntN(5)))
		v.total = v.total.Add(amount)
		lines = append(lines, fmt.Sprintf(`{"id":"l%[1]d","lineItemType":%[2]q,"description":"Line %[1]d","quantity":1,"units":1,`+
			`"subtotal":%[3]s,"currency":%[4]q,"conversionRate":1,"convertedSubtotal":%[3]s,"servicePeriodStartDate":"2026-10-01T00:00:00Z",`+
			`"servicePeriodEndDate":"2026-11-01T00:00:00Z"}`, i, kind, amount, v.acc.Currency))
	}
	v.lines = strings.Join(lines, ",")
}

func (v *version) status() string {
	if v.approved {
		return approved
	}
	return pending
}

func (v *version) write() {
	v.raw = fmt.Appendf(nil, `{"id":%q,"version":%d,"accountId":%q,"accountCode":%q,"startDate":"2026-10-01","endDate":"2026-11-01",`+
		`"billDate":"2026-11-02",`+
		`"timezone":"UTC","currency":%q,"status":%q,"lastCalculatedDate":"2026-11-01T00:%02d:00Z","billTotal":%s,"lineItems":[%s]}`,
		v.bill, v.n, v.acc.ID, v.acc.Code, v.acc.Currency, v.status(), v.n, v.total, v.lines)
}

func billName(i int) string { return fmt.Sprintf("bill-%03d", i) }
