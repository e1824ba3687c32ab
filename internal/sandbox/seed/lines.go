package seed

import (
	"math/big"
	"math/rand/v2"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// writer makes the line items of one Bill and adds them up.
type writer struct {
	r        *rand.Rand
	seed     uint64
	bill     uint64
	a        Account
	from, to string // service period, RFC 3339; the end is exclusive
	rate     decimal.D
	items    []tree.Value
	total    decimal.D // billing currency
}

type productIndex uint64

const (
	dataAPI productIndex = iota
	storage
	platform
	prepayments // an accounting product
)

type productInfo struct{ id, name, code string }

func product(seed uint64, i productIndex) productInfo {
	names := [...][2]string{{"Data API", "data_api"}, {"Object storage", "object_storage"}, {"Platform", "platform"},
		{"Prepayments", "prepayments"}}
	return productInfo{uuid(seed, 3, uint64(i)), names[i][0], names[i][1]}
}

func (w *writer) id() string { return uuid(w.seed, 5, w.bill) }

func (w *writer) json() []byte { return tree.List(w.items...).JSON() }

// lines makes a Bill that has a fee, tiered and stair-step usage, and two of
// the rarer line item types in turn, so that a run of Bills shows them all.
func (w *writer) lines(s shape, more int) {
	if s == credit {
		w.plain(extra{"STANDING_CHARGE", "Standing Charge", platform, 49_0000, 60_0000})
		w.plain(extra{"CREDIT_MEMO", "Credit for the outage in the week of the 9th", platform, -450_1299, -380_0001})
		return
	}
	w.plain(extra{"STANDING_CHARGE", "Standing Charge", platform, 190_0000, 950_0000})
	w.tiered("USAGE", "API calls", dataAPI, "1k_calls", "")
	w.tiered("USAGE", "API calls", dataAPI, "1k_calls", "premium")
	w.stair("Storage", "eu-west-1")
	for i := range 2 {
		k := (int(w.bill)*2 + i) % (len(extras) + 3)
		switch k - len(extras) {
		case 0:
			w.tiered("OVERAGE_USAGE", "API calls over the commitment", dataAPI, "1k_calls", "")
		case 1:
			w.credited("USAGE_CREDIT", "API calls credited")
		case 2:
			w.tiered("COUNTER_RUNNING_TOTAL_CHARGE", "Seats", platform, "seat", "")
		default:
			w.plain(extras[k])
		}
	}
	for range more {
		w.tiered("USAGE", "API calls", dataAPI, "1k_calls", "batch")
	}
}

// extra is a line item type that is one amount; the bounds are in 1/10000 of
// the pricing currency.
type extra struct {
	kind, text string
	product    productIndex
	low, high  int64
}

var extras = []extra{
	{"MINIMUM_SPEND", "Data API Minimum Spend Adjustment", dataAPI, 20_0000, 180_0000},
	{"MINIMUM_SPEND_REFUND", "Data API Minimum Spend refunded", dataAPI, -60_0000, -10_0000},
	{"CREDIT_MEMO", "Goodwill credit", platform, -45_0000, -5_0000},
	{"DEBIT_MEMO", "Late correction of a meter", dataAPI, 3_0000, 40_0000},
	{"COMMITMENT_FEE", "Prepayment fee", prepayments, 500_0000, 2500_0000},
	{"COMMITMENT_CONSUMED", "Prepayment consumed", prepayments, -160_0000, -60_0000},
	{"OVERAGE_SURCHARGE", "Overage surcharge 10 %", dataAPI, 4_0000, 30_0000},
	{"BALANCE_FEE", "Balance top-up", platform, 100_0000, 400_0000},
	{"BALANCE_CONSUMED", "Balance consumed", platform, -90_0000, -20_0000},
	{"AD_HOC", "Onboarding workshop", platform, 250_0000, 900_0000},
	{"COUNTER_ADJUSTMENT_DEBIT", "Seats added in the month", platform, 9_0000, 90_0000},
	{"COUNTER_ADJUSTMENT_CREDIT", "Seats given back in the month", platform, -50_0000, -9_0000},
	{"CREDIT_DEDUCTION", "Deducted from credit", platform, -35_0000, -5_0000},
	{"MANUAL_ADJUSTMENT", "Rounding of last year's contract", platform, -2_0000, 2_0000},
}

func (w *writer) plain(e extra) {
	amount := decimal.New(e.low+w.r.Int64N(e.high-e.low+1), -4)
	v := w.line(e.kind, e.text, e.product, amount, "1", "1", "")
	if e.product == prepayments {
		p := product(w.seed, prepayments)
		v.Set("commitmentId", tree.Str(named(w.seed, 6, w.a.ID)))
		v.Set("accountingProductId", tree.Str(p.id))
		v.Set("accountingProductName", tree.Str(p.name))
		v.Set("accountingProductCode", tree.Str(p.code))
	}
	if e.kind == "BALANCE_FEE" || e.kind == "BALANCE_CONSUMED" {
		v.Set("balanceId", tree.Str(named(w.seed, 14, w.a.ID)))
	}
	w.items = append(w.items, v)
}

// tiered is usage of which each tier has its own unit price.
func (w *writer) tiered(kind, text string, p productIndex, unit, segment string) {
	units := 200 + w.r.Int64N(2600)
	bands, subtotal := w.bands([]int64{0, 500, 2000}, []int64{4873, 3991, 2507}, units)
	v := w.line(kind, text, p, subtotal, decimal.New(units*1000+w.r.Int64N(1000), 0).String(), decimal.New(units, 0).String(), unit)
	w.metered(&v, text, segment, bands)
}

// credited is usage given back, with a negative price.
func (w *writer) credited(kind, text string) {
	units := 10 + w.r.Int64N(60)
	bands, subtotal := w.bands([]int64{0}, []int64{-4873}, units)
	v := w.line(kind, text, dataAPI, subtotal, decimal.New(units*1000, 0).String(), decimal.New(units, 0).String(), "1k_calls")
	w.metered(&v, text, "", bands)
}

// stair is usage whose step has a fixed price.
func (w *writer) stair(text, region string) {
	units := decimal.New(500_000+w.r.Int64N(400_000), -3)
	price := decimal.New(75_0000+w.r.Int64N(90_0000), -4)
	band := w.band(decimal.New(500, 0), price, decimal.D{}, units)
	v := w.line("USAGE", text+" ("+region+")", storage, price, units.String(), units.String(), "GB")
	w.metered(&v, text, region, []tree.Value{band})
}

// bands spreads units over tiers that begin at the limits; prices are in
// 1/10000 of the pricing currency.
func (w *writer) bands(limits, prices []int64, units int64) ([]tree.Value, decimal.D) {
	var list []tree.Value
	var sum decimal.D
	for i, low := range limits {
		in := units - low
		if i+1 < len(limits) {
			in = min(in, limits[i+1]-low)
		}
		if in <= 0 {
			break
		}
		price, n := decimal.New(prices[i], -4), decimal.New(in, 0)
		list = append(list, w.band(decimal.New(low, 0), decimal.D{}, price, n))
		sum = sum.Add(price.Mul(n))
	}
	return list, sum
}

func (w *writer) band(low, fixed, price, units decimal.D) tree.Value {
	unitSubtotal := price.Mul(units)
	subtotal := fixed.Add(unitSubtotal)
	return tree.Obj(
		tree.M("pricingBandId", tree.Str(named(w.seed, 7, low.String()))), tree.M("lowerLimit", tree.Dec(low)),
		tree.M("fixedPrice", tree.Dec(fixed)), tree.M("unitPrice", tree.Dec(price)),
		tree.M("bandQuantity", tree.Dec(units)), tree.M("bandUnits", tree.Dec(units)),
		tree.M("unitSubtotal", tree.Dec(unitSubtotal)), tree.M("bandSubtotal", tree.Dec(subtotal)),
		tree.M("convertedBandSubtotal", tree.Dec(subtotal.Mul(w.rate))),
	)
}

func (w *writer) metered(v *tree.Value, aggregation, segment string, bands []tree.Value) {
	v.Set("aggregationId", tree.Str(named(w.seed, 8, aggregation)))
	v.Set("meterId", tree.Str(named(w.seed, 9, aggregation)))
	v.Set("pricingId", tree.Str(named(w.seed, 10, aggregation)))
	if segment != "" {
		v.Set("segment", tree.Obj(tree.M("region", tree.Str(segment))))
	}
	v.Set("usagePerPricingBand", tree.List(bands...))
	w.items = append(w.items, *v)
}

// line writes what every line item has, and adds it to the total.
func (w *writer) line(kind, text string, p productIndex, subtotal decimal.D, quantity, units, unit string) tree.Value {
	n := uint64(len(w.items))
	converted := subtotal.Mul(w.rate)
	w.total = w.total.Add(converted)
	info := product(w.seed, p)
	return tree.Obj(
		tree.M("id", tree.Str(uuid(w.seed, 11, w.bill<<20|n))), tree.M("lineItemType", tree.Str(kind)),
		tree.M("productId", tree.Str(info.id)), tree.M("productName", tree.Str(info.name)), tree.M("productCode", tree.Str(info.code)),
		tree.M("description", tree.Str(text)), tree.M("quantity", tree.Num(quantity)), tree.M("units", tree.Num(units)),
		tree.M("unit", tree.Str(unit)),
		tree.M("subtotal", tree.Dec(subtotal)), tree.M("currency", tree.Str(w.a.Pricing)),
		tree.M("conversionRate", tree.Dec(w.rate)), tree.M("convertedSubtotal", tree.Dec(converted)),
		tree.M("averageUnitPrice", tree.Num(quotient(subtotal.String(), units))),
		tree.M("servicePeriodStartDate", tree.Str(w.from)), tree.M("servicePeriodEndDate", tree.Str(w.to)),
		tree.M("planId", tree.Str(uuid(w.seed, 12, 1))), tree.M("contractId", tree.Str(uuid(w.seed, 13, w.bill%16))),
		tree.M("sequenceNumber", tree.Num(decimal.New(int64(n)+1, 0).String())),
	)
}

// quotient is a / b to six places: m3ter shows an average price, nobody pays it.
func quotient(a, b string) string {
	x, okA := new(big.Rat).SetString(a)
	y, okB := new(big.Rat).SetString(b)
	if !okA || !okB || y.Sign() == 0 {
		return "0"
	}
	return x.Quo(x, y).FloatString(6)
}
