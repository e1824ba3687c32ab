package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"billferry/internal/decimal"
)

// Why a quantity that is sent is not the true one, where that decides more than
// the words of the explanation.
const (
	noQuantity      = "the Bill tells no quantity"
	nothingUsed     = "nothing was used"
	differentPrices = "the lines have different prices"
	differentThings = "the lines count different things"
	pricesDisagree  = "its fixed price and its price per unit do not add up to it"
	someUncounted   = "only some of the lines have a quantity"
)

// scales are the multiples of a unit in which a price may be told when it is
// too small for the decimals of a rate: powers of ten, with what a reader calls them.
var scales = []struct {
	power int32
	name  string
}{{0, ""}, {3, "1,000"}, {6, "1,000,000"}, {9, "1,000,000,000"}}

// quantified is what is sent with an amount as quantity and rate.
type quantified struct {
	quantity, rate decimal.D
	per            string // the multiple of the unit they are told in; "" is the unit itself
	rounded        int    // rate is an average price that was rounded to so many decimals; 0: as it is
	why            string // why they are not the true ones; "" when they are
}

// quantityRate chooses the quantity and rate to send with an amount: the true
// ones; else the true ones per 1,000, 1,000,000 or 1,000,000,000 units, as long
// as that leaves a whole multiple; else quantity 1 at the amount. The destination
// must compute the amount from them, so that its books never depend on a number
// it cannot hold.
func quantityRate(p *part, amount decimal.D, places int, t *Terms) quantified {
	one := quantified{quantity: decimal.New(1, 0), rate: amount}
	switch {
	case p.mixed != "":
		one.why = p.mixed
	case p.quantity.IsZero() && amount.IsZero() && classOf(p.types[0]) == usageClass:
		one.why = nothingUsed
	case p.quantity.IsZero():
		one.why = noQuantity
	case p.quantity.Sign() < 0:
		one.why = "the quantity is negative"
	case p.quantity.Equal(one.quantity):
	default:
		return scaled(p, amount, places, t, one)
	}
	return one
}

// scaled tries the scales, the unit itself first; one is what is left when none
// gives the amount, and then says why the unit itself did not.
func scaled(p *part, amount decimal.D, places int, t *Terms, one quantified) quantified {
	for _, s := range scales {
		q := quantified{quantity: p.quantity.Mul(decimal.New(1, -s.power)), per: s.name, why: one.why}
		if s.power > 0 && q.quantity.Cmp(decimal.New(1, 0)) < 0 {
			break
		}
		price := p.rate.Mul(decimal.New(1, s.power))
		q.rate = price
		// A listed price is never altered; an average is a quotient to begin with.
		if most := t.Limits.Places; !p.listed && beyond(price.Places(), most) {
			q.rate, q.rounded = price.Round(most), most
		}
		fault := q.fault(amount, places, t)
		switch {
		case fault == "":
			return q
		case one.why != "": // the unit itself has said why
		case q.rounded > 0:
			one.why = tooFine(price, q.rounded)
		default:
			one.why = fault
		}
	}
	return one
}

// fault says why the destination would not come to the amount; "" when it does.
func (q quantified) fault(amount decimal.D, places int, t *Terms) string {
	switch most := &t.Limits; {
	case beyond(q.rate.Places(), most.Places):
		return tooFine(q.rate, most.Places)
	case beyond(q.quantity.Places(), most.Places):
		return fmt.Sprintf("the quantity has more than %d decimals", most.Places)
	case most.Width > 0 && (width(q.rate) > most.Width || width(q.quantity) > most.Width):
		return fmt.Sprintf("%s keeps %d characters of a number", t.System, most.Width)
	case !most.Quantity.IsZero() && q.quantity.Abs().Cmp(most.Quantity) >= 0:
		return t.System + " keeps quantities below " + grouped(most.Quantity.Trim())
	}
	if product := q.quantity.Mul(q.rate).Round(places); !product.Equal(amount) {
		return q.quantity.Trim() + " x " + q.rate.Trim() + " rounds to " + product.String()
	}
	return ""
}

// width is how many characters a number has.
func width(d decimal.D) int {
	var room [40]byte
	return len(d.AppendTrim(room[:0]))
}

func tooFine(price decimal.D, places int) string {
	return "the price " + price.Trim() + " has more than " + strconv.Itoa(places) + " decimals"
}

// grouped writes the digits of a whole number in groups of three.
func grouped(digits string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// arithmetic tells in words how a part came to its amount, and how that is sent.
func (q quantified) arithmetic(p *part, amount decimal.D) string {
	share := amount.Sub(p.amount)
	if share.IsZero() && q.rounded == 0 && q.why == "" {
		return p.money
	}
	var room [160]byte // most fit: then the string is all that is allocated
	b := append(room[:0], p.money...)
	if !share.IsZero() {
		b = appendSigned(append(b, ", rounding share "...), share)
	}
	if q.rounded > 0 {
		b = p.rate.AppendTrim(append(b, ", average price "...))
		b = append(strconv.AppendInt(append(b, " sent with "...), int64(q.rounded), 10), " decimals"...)
	}
	switch {
	case q.why == "":
		return string(b)
	case q.per != "":
		b = append(append(append(b, ", sent per "...), q.per...), ": "...)
	default:
		b = append(b, ", sent as quantity 1: "...)
	}
	return string(append(b, q.why...))
}

// note tells the true quantity, for the description, where the quantity that is
// sent does not.
func (q quantified) note(p *part) string {
	switch {
	case q.why == "" || p.quantity.IsZero() && q.why != nothingUsed:
		return ""
	case q.per != "":
		return between + clean(quantityText(p.quantity, p.unit)) + ", priced per " + q.per
	}
	return between + clean(quantityText(p.quantity, p.unit))
}

func quantityText(q decimal.D, unit string) string {
	return strings.TrimSpace("quantity " + q.Trim() + " " + unit)
}
